"""A page's button that has previews made, and what it says of those that there are not yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import FileResponse, Response

from trifold.studio.accounts.roles import Action
from trifold.studio.database.projects import Recording
from trifold.studio.database.work import Job
from trifold.studio.jobs import queue
from trifold.studio.previews.keeping import Standing, preview_of, standing
from trifold.studio.previews.kinds import has_picture
from trifold.studio.recordings.corrections import of_project
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Visit

KIND = "preview"


@dataclass(frozen=True)
class Preview:
    """How it stands with the preview of a recording.

    Attributes:
        recording: id of the recording; empty where nobody noted the file as one.
        state: ``none``, ``ready``, ``failed``, or ``going`` while a job makes it.
        path: of the preview, if it is ready.
    """

    recording: str = ""
    state: str = Standing.NONE
    path: Path | None = None


def preview(session: Session, recording: Recording | None, folder: Path, source: Path) -> Preview:
    """How it stands with the preview of a recording.

    Args:
        session: of the database.
        recording: None where nobody noted the file as one: then there is none, and none is made.
        folder: of the project.
        source: the file.
    """
    if recording is None:
        return Preview()
    found = standing(folder, recording.path, source)
    if found is Standing.READY:
        return Preview(recording.id, found, preview_of(folder, recording.path))
    wanted = [job.spec["recordings"] for job in _jobs(session, recording)]  # none: all
    going = any(not some or recording.id in some for some in wanted)
    return Preview(recording.id, "going" if going and found is Standing.NONE else str(found))


def played(source: Path, kind: str, found: Preview) -> Response:
    """What a player gets, or the range of it that it asks for: the preview where there is one."""
    if found.path is None:
        return FileResponse(source, media_type=kind)
    shown = "video/mp4" if has_picture(source) else "audio/mp4"
    return FileResponse(found.path, media_type=shown)


def _jobs(session: Session, recording: Recording) -> Sequence[Job]:
    here = Job.project_id == recording.project_id, Job.kind == KIND
    return session.scalars(select(Job).where(*here, Job.state.in_(queue.UNDER_WAY))).all()


def preview_start(visit: Visit) -> Response:
    """Have the preview of one recording made."""
    with visit.studio.database.writing() as session:
        one = of_project(session, visit.here.id, visit.request.path_params["recording"])
        job = _begin(session, visit, [one.id])
    visit.note("job_begun", job=job.id, kind=KIND)
    return visit.to("jobs_page", project=visit.here.id)


def previews_start(visit: Visit) -> Response:
    """Have previews made of all recordings of the project that browsers cannot play."""
    with visit.studio.database.writing() as session:
        job = _begin(session, visit, [])
    visit.note("job_begun", job=job.id, kind=KIND)
    return visit.to("jobs_page", project=visit.here.id)


def _begin(session: Session, visit: Visit, recordings: list[str]) -> Job:
    spec = {"recordings": recordings}
    return queue.enqueue(
        session, project_id=visit.here.id, account_id=visit.me.id, kind=KIND, spec=spec
    )


ROOT = "/projects/{project}/recordings"
PAGES = (
    Page(f"{ROOT}/previews", previews_start, Action.SEE_RECORDINGS, ("POST",)),
    Page(f"{ROOT}/{{recording}}/preview", preview_start, Action.SEE_RECORDINGS, ("POST",)),
)

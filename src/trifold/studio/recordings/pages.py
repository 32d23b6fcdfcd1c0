"""Pages of recordings: what is there, more of it, and what it is like."""

from __future__ import annotations

from pathlib import PurePosixPath

from sqlalchemy import delete
from starlette.responses import FileResponse, Response

from trifold.errors import InputError
from trifold.media.files.suffixes import VIDEO_SUFFIXES
from trifold.studio.accounts.roles import Action
from trifold.studio.database.projects import Candidate, Project, Recording
from trifold.studio.previews.keeping import forget_preview
from trifold.studio.previews.kinds import kind_of, plays
from trifold.studio.previews.pages import played, preview
from trifold.studio.recordings import listing
from trifold.studio.recordings.corrections import correct, of_project
from trifold.studio.recordings.files import (
    file_of,
    link_folder,
    linked_folders,
    unlink_folder,
    uploaded,
)
from trifold.studio.recordings.grouping import sort_recordings, strays_of
from trifold.studio.recordings.models import choices, chosen
from trifold.studio.recordings.names import KINDS
from trifold.studio.recordings.people_pages import PAGES as PEOPLE
from trifold.studio.recordings.uploads import tus
from trifold.studio.recordings.uploads.form import recordings_form
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Area, Visit


def recordings_page(visit: Visit) -> Response:
    """What is there, and a place to drop more."""
    search = visit.request.query_params.get("q", "")[:200].strip()
    with visit.studio.database.reading() as session:
        values = {
            "counts": listing.counts(session, visit.here.id),
            "part": listing.recordings(session, visit.here.id, search=search, page=visit.part),
        }
        return visit.page(
            "recordings_list.html.j2",
            values,
            search=search,
            links=linked_folders(visit.studio, visit.here.id),
            kinds=sorted(KINDS),
            strays=strays_of(visit.studio, visit.here.id),
        )


def recordings_sort(visit: Visit) -> Response:
    """Tell people by names again, as after an upload; what people said stays."""
    if (kind := visit.form.get("candidates")) is not None:
        if kind not in ("auto", "file", "folder"):
            raise InputError(expected="candidates among auto, file, folder", got=repr(kind))
        with visit.studio.database.writing() as session:
            session.get_one(Project, visit.here.id).candidates = str(kind)
        visit.note("candidates_told_by", rule=kind)
    sort_recordings(visit.studio, visit.here.id)
    return visit.to("people_page", project=visit.here.id)


def folder_link(visit: Visit) -> Response:
    """Take the recordings of a folder of the server in."""
    link_folder(visit.studio, visit.here.id, visit.field("folder"))
    sort_recordings(visit.studio, visit.here.id)
    visit.note("folder_linked")
    return visit.to("recordings_page", project=visit.here.id)


def folder_unlink(visit: Visit) -> Response:
    """Let go of one; its files stay where they are."""
    unlink_folder(visit.studio, visit.here.id, visit.field("name"))
    sort_recordings(visit.studio, visit.here.id)
    visit.note("folder_unlinked")
    return visit.to("recordings_page", project=visit.here.id)


def recording_page(visit: Visit) -> Response:
    """One recording: the file, whose it is, and its quality card."""
    with visit.studio.database.reading() as session:
        recording = of_project(session, visit.here.id, visit.request.path_params["recording"])
        whose = session.get(Candidate, recording.candidate_id) if recording.candidate_id else None
        visit.note("recording_seen", recording=recording.id, candidate=recording.candidate_id)
        path, codecs = PurePosixPath(recording.path), recording.quality.get("codecs", {})
        return visit.page(
            "recordings_one.html.j2",
            one=recording,
            whose=whose,
            is_video=path.suffix.lower() in VIDEO_SUFFIXES,
            plays=plays(path, codecs.get("video"), codecs.get("audio")),
            preview=preview(session, recording, visit.folder, file_of(visit.studio, recording)),
            measures=listing.measures(recording.quality),
            remarks=listing.remarks(recording.quality),
        )


def recording_media(visit: Visit) -> Response:
    """The file itself, or the part of it that a player asks for."""
    with visit.studio.database.reading() as session:
        recording = of_project(session, visit.here.id, visit.request.path_params["recording"])
        file = file_of(visit.studio, recording)
        found = preview(session, recording, visit.folder, file)
    if not file.is_file():
        raise InputError(expected="the file of a recording", got="none", where=recording.path)
    if "save" in visit.request.query_params:
        return FileResponse(file, media_type=kind_of(file), filename=file.name)
    return played(file, kind_of(file), found)


def recording_change(visit: Visit) -> Response:
    """Whose it is, which question, which speaker, or that it does not count."""
    recording_id = visit.request.path_params["recording"]
    with visit.studio.database.writing() as session:
        changed = correct(session, visit.here.id, visit.form, folder=visit.folder)
    if changed:
        visit.note("recordings_corrected", recordings=changed)
    return visit.to("recording_page", project=visit.here.id, recording=recording_id)


def recording_delete(visit: Visit) -> Response:
    """Delete an uploaded file; one of a folder of the server stays there and is let go."""
    recording_id = visit.request.path_params["recording"]
    with visit.studio.database.writing() as session:
        recording = of_project(session, visit.here.id, recording_id)
        file = uploaded(visit.studio, visit.here.id, recording.path)
        session.execute(delete(Recording).where(Recording.id == recording.id))
        file.unlink(missing_ok=True)
        forget_preview(visit.folder, recording.path)
        visit.note("recording_deleted", recording=recording_id, candidate=recording.candidate_id)
    sort_recordings(visit.studio, visit.here.id)  # its transcript is of no recording now
    return visit.to("recordings_page", project=visit.here.id)


def stray_delete(visit: Visit) -> Response:
    """Delete an uploaded transcript of no recording, which holds what somebody said."""
    path = visit.field("path")
    if path not in strays_of(visit.studio, visit.here.id):
        raise InputError(expected="a transcript of no recording", got="none")
    uploaded(visit.studio, visit.here.id, path).unlink(missing_ok=True)
    visit.note("transcript_deleted")
    sort_recordings(visit.studio, visit.here.id)
    return visit.to("recordings_page", project=visit.here.id)


def model_page(visit: Visit) -> Response:
    """Which model scores the project."""
    with visit.studio.database.reading() as session:
        found = choices(visit.studio, session, visit.here.id)
    return visit.page("recordings_model.html.j2", choices=found, error="")


def model_change(visit: Visit) -> Response:
    """Another model."""
    given = visit.field("path") or visit.field("model")
    try:
        with visit.studio.database.writing() as session:
            bundle = chosen(visit.studio, session, visit.here.id, given)
            session.get_one(Project, visit.here.id).bundle = bundle
    except InputError as error:
        with visit.studio.database.reading() as session:
            found = choices(visit.studio, session, visit.here.id)
        return visit.page(
            "recordings_model.html.j2", choices=found, error=visit.wrong(error), status=422
        )
    visit.note("model_chosen")
    return visit.to("recordings_page", project=visit.here.id)


SEE, CHANGE = Action.SEE_RECORDINGS, Action.CHANGE_RECORDINGS
ROOT, ONE = "/projects/{project}/recordings", "/projects/{project}/recordings/{recording}"
UPLOAD = "/projects/{project}/uploads/{upload}"
AREAS = (
    Area("recordings_page", "Recordings", "Upload them, see what they are like.", SEE),
    Area("people_page", "People", "Whose recordings they are, and which question.", SEE),
)
PAGES = (
    Page(ROOT, recordings_page, SEE),
    Page(ROOT, None, CHANGE, ("POST",), "recordings_form", recordings_form, checks_form=True),
    Page(f"{ROOT}/sort", recordings_sort, CHANGE, ("POST",)),
    Page(f"{ROOT}/link", folder_link, CHANGE, ("POST",)),
    Page(f"{ROOT}/unlink", folder_unlink, CHANGE, ("POST",)),
    Page(f"{ROOT}/strays/delete", stray_delete, CHANGE, ("POST",)),
    Page(ONE, recording_page, SEE),
    Page(ONE, recording_change, CHANGE, ("POST",)),
    Page(f"{ONE}/media", recording_media, SEE),
    Page(f"{ONE}/delete", recording_delete, CHANGE, ("POST",)),
    Page("/projects/{project}/model", model_page, Action.SCORE),
    Page("/projects/{project}/model", model_change, Action.SCORE, ("POST",)),
    Page("/projects/{project}/uploads", None, CHANGE, ("OPTIONS",), "", tus.upload_options),
    Page("/projects/{project}/uploads", None, CHANGE, ("POST",), "", tus.upload_begin),
    Page(UPLOAD, None, CHANGE, ("HEAD",), "", tus.upload_offset),
    Page(UPLOAD, None, CHANGE, ("PATCH",), "", tus.upload_append),
    Page(UPLOAD, None, CHANGE, ("DELETE",), "", tus.upload_end),
    *PEOPLE,
)

"""Pages of jobs: what waits, runs and has ended; begun, stopped and taken up again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from trifold.errors import InputError
from trifold.studio.accounts.roles import Action
from trifold.studio.database.people import Account
from trifold.studio.database.projects import Project
from trifold.studio.database.work import Job
from trifold.studio.jobs import queue
from trifold.studio.jobs.asking import ask
from trifold.studio.recordings.manifest import manifest_rows
from trifold.studio.recordings.models import terms_of
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Area, Visit
from trifold.terms import cleared

SHOWN = 100  # of the latest jobs
LOOK_S, BEAT_S, LISTEN_S = 0.5, 15.0, 300.0  # the browser comes again, and is checked again
PURPOSES = ("research", "commercial", "hiring")


def jobs_page(visit: Visit) -> Response:
    """The latest jobs."""
    with visit.studio.database.reading() as session:
        found = session.execute(
            select(Job, Account.name)
            .join(Account, Job.account_id == Account.id)
            .where(Job.project_id == visit.here.id)
            .order_by(Job.created_at.desc())
            .limit(SHOWN)
        )
        return visit.page("jobs_list.html.j2", jobs=list(found), purposes=PURPOSES)


async def jobs_events(visit: Visit) -> Response:
    """How jobs stand, as server-sent events; ends after minutes, when the browser comes again."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(visit), media_type="text/event-stream", headers=headers)


def look_start(visit: Visit) -> Response:
    """Look at all recordings that nobody has looked at."""
    return _start(visit, "look", {})


def score_start(visit: Visit) -> Response:
    """Score everybody with the project's model."""
    purpose = visit.field("purpose") if "purpose" in visit.form else PURPOSES[0]
    if purpose not in PURPOSES:
        raise InputError(expected=f"a purpose among {', '.join(PURPOSES)}", got=repr(purpose))
    with visit.studio.database.reading() as session:
        project = session.get_one(Project, visit.here.id)
        if not project.bundle:
            return visit.to("model_page", project=visit.here.id)
        spec = _cleared(purpose, terms_of(visit.studio, project.bundle), visit)
        if not manifest_rows(visit.studio, session, visit.here.id):
            raise InputError(expected="recordings of which it is known whose they are", got="none")
        spec["bundle"] = project.bundle
    return _start(visit, "score", spec, makes_run=True)


def _cleared(purpose: str, terms: str, visit: Visit) -> dict[str, str]:
    """A purpose that the terms of the training data allow, with why, where they do not say so.

    Raises:
        InputError: where nobody says why; a job would begin with that, and end.
    """
    rights = visit.field("rights") if "rights" in visit.form else ""
    try:
        cleared(purpose, terms, rights=rights)
    except InputError as error:
        raise InputError(
            expected="the reason why the model's training data may be used for this purpose",
            got="none",
        ) from error
    return {"purpose": purpose, **({"rights": rights} if rights else {})}


def job_cancel(visit: Visit) -> Response:
    """Stop one; what it has done stays, and it may go on."""
    job_id = visit.request.path_params["job"]
    with visit.studio.database.writing() as session:
        if queue.cancel(session, visit.here.id, job_id):
            visit.note("job_cancelled", job=job_id)
    return visit.to("jobs_page", project=visit.here.id)


def job_go_on(visit: Visit) -> Response:
    """Take one up again that was stopped or failed."""
    job_id = visit.request.path_params["job"]
    with visit.studio.database.writing() as session:
        if queue.go_on(session, visit.here.id, job_id):
            visit.note("job_taken_up", job=job_id)
    return visit.to("jobs_page", project=visit.here.id)


def _start(visit: Visit, kind: str, spec: dict[str, str], *, makes_run: bool = False) -> Response:
    ask(visit, kind, spec, makes_run=makes_run)
    return visit.to("jobs_page", project=visit.here.id)


async def _events(visit: Visit) -> AsyncIterator[str]:
    began_s = said_s = time.monotonic()
    said = ""
    while time.monotonic() - began_s < LISTEN_S:
        line = await run_in_threadpool(_standing, visit)
        if line != said:
            said, said_s = line, time.monotonic()
            yield f"data: {line}\n\n"
        elif time.monotonic() - said_s > BEAT_S:  # so that a closed window is noticed
            said_s = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(LOOK_S)


def _standing(visit: Visit) -> str:
    """The latest jobs as JSON."""
    with visit.studio.database.reading() as session:
        found = session.scalars(
            select(Job)
            .where(Job.project_id == visit.here.id)
            .order_by(Job.created_at.desc())
            .limit(SHOWN)
        )
        jobs = [
            {"id": j.id, "state": j.state, "progress": j.progress, "message": visit.told(j.message)}
            for j in found
        ]
    return json.dumps(jobs)


ROOT, ONE = "/projects/{project}/jobs", "/projects/{project}/jobs/{job}"
AREAS = (Area("jobs_page", "Jobs", "What runs, and how far it is.", Action.SEE_JOBS),)
PAGES = (
    Page(ROOT, jobs_page, Action.SEE_JOBS),
    Page(f"{ROOT}/events", None, Action.SEE_JOBS, streaming=jobs_events),
    Page(f"{ROOT}/look", look_start, Action.CHANGE_RECORDINGS, ("POST",)),
    Page(f"{ROOT}/score", score_start, Action.SCORE, ("POST",)),
    Page(f"{ONE}/cancel", job_cancel, Action.SEE_JOBS, ("POST",)),
    Page(f"{ONE}/go-on", job_go_on, Action.SEE_JOBS, ("POST",)),
)

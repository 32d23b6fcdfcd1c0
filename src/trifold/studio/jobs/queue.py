"""The durable queue of jobs: a table that workers take from, on SQLite and PostgreSQL.

A worker holds a job by a lease that it renews; who stops renewing is given up for dead, and the job
waits again. So a job is done at least once, and what it does must bear being begun again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from trifold.database.engine import Database
from trifold.studio.database.base import new_id, now
from trifold.studio.database.work import Job

LEASE_S = 20.0
MOST_ATTEMPTS = 20  # beginnings that ended in a death of the worker or of what it ran
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
UNDER_WAY, ENDED = (WAITING, RUNNING), (DONE, FAILED, CANCELLED)
GIVEN_UP = f"it was begun {MOST_ATTEMPTS} times and never came to an end"


def enqueue(
    session: Session,
    *,
    project_id: str,
    account_id: str,
    kind: str,
    spec: Mapping[str, Any],
    makes_run: bool = False,
    job_id: str | None = None,
) -> Job:
    """A job more; one of the same kind and spec that still waits in the project stands for it.

    Args:
        session: of the database.
        project_id: of the project.
        account_id: of who asks.
        kind: see ``jobs.kinds``.
        spec: what to do.
        makes_run: whether it makes a run, which then bears the job's id.
        job_id: of the job; None makes one up.
    """
    waiting = select(Job).where(
        Job.project_id == project_id, Job.kind == kind, Job.state == WAITING
    )
    for other in session.scalars(waiting):
        if other.spec == dict(spec) | ({"run": other.id} if makes_run else {}):
            return other
    job = Job(id=job_id or new_id(), project_id=project_id, account_id=account_id, kind=kind)
    job.spec = dict(spec) | ({"run": job.id} if makes_run else {})
    session.add(job)
    session.flush()
    return job


def claim(database: Database, worker: str) -> Job | None:
    """The oldest job that waits, which is this worker's from now on; None where none does.

    Any number of workers may ask at a time: PostgreSQL skips rows that another is taking, SQLite
    lets one write at a time.
    """
    with database.writing() as session:
        oldest = select(Job).where(Job.state == WAITING).order_by(Job.created_at, Job.id).limit(1)
        job = session.scalar(oldest.with_for_update(skip_locked=True))
        if job is None:
            return None
        job.state, job.worker, job.attempts = RUNNING, worker, job.attempts + 1
        job.begun_at, job.ended_at = now(), None
        job.lease_until = now() + timedelta(seconds=LEASE_S)
        job.progress, job.message = None, ""
        session.flush()
        session.expunge(job)
        return job


def renew(
    database: Database, job: Job, *, progress: float | None = None, message: str = ""
) -> bool:
    """Hold on to a job and say how it stands; False where it was cancelled or is another's."""
    until = now() + timedelta(seconds=LEASE_S)
    return _change(database, job, lease_until=until, progress=progress, message=message)


def finish(database: Database, job: Job, *, state: str, message: str = "") -> bool:
    """A job has ended; False where it was cancelled before or is another's."""
    full = {"progress": 1.0} if state == DONE else {}
    return _change(
        database, job, state=state, message=message, ended_at=now(), lease_until=None, **full
    )


def give_back(database: Database, job: Job, *, counted: bool, message: str = "") -> bool:
    """A job waits again: its worker stops (not counted), or what it ran died (counted)."""
    if counted and job.attempts >= MOST_ATTEMPTS:
        return finish(database, job, state=FAILED, message=message or GIVEN_UP)
    attempts = job.attempts if counted else job.attempts - 1
    return _change(
        database, job, state=WAITING, attempts=attempts, lease_until=None, message=message
    )


def requeue_dead(database: Database, *, worker: str | None = None) -> int:
    """Jobs whose lease is over wait again, or fail where that was often; returns how many.

    Args:
        database: of the queue.
        worker: that is known to be dead: its jobs do not wait for the end of their lease.
    """
    dead = Job.lease_until < now() if worker is None else Job.worker == worker
    often = Job.attempts >= MOST_ATTEMPTS
    with database.writing() as session:
        changed = session.execute(
            update(Job)
            .where(Job.state == RUNNING, dead)
            .values(
                state=case((often, FAILED), else_=WAITING),
                message=case((often, GIVEN_UP), else_=""),
                ended_at=case((often, now()), else_=None),
                lease_until=None,
            )
        )
        return int(changed.rowcount)  # type: ignore[attr-defined]


def cancel(session: Session, project_id: str, job_id: str) -> bool:
    """A job of a project shall not go on; its worker hears of it within seconds."""
    return _moved(
        session, project_id, job_id, UNDER_WAY, state=CANCELLED, ended_at=now(), lease_until=None
    )


def go_on(session: Session, project_id: str, job_id: str) -> bool:
    """A job that failed or was cancelled waits again, and goes on where it was."""
    again = {"state": WAITING, "attempts": 0, "ended_at": None, "message": ""}
    return _moved(session, project_id, job_id, (FAILED, CANCELLED), **again)


def _moved(
    session: Session, project_id: str, job_id: str, states: tuple[str, ...], **values: object
) -> bool:
    wanted = Job.id == job_id, Job.project_id == project_id, Job.state.in_(states)
    return bool(session.execute(update(Job).where(*wanted).values(**values)).rowcount)  # type: ignore[attr-defined]


def _change(database: Database, job: Job, **values: object) -> bool:
    """Change a job that this attempt of this worker still holds."""
    held = (
        Job.id == job.id,
        Job.state == RUNNING,
        Job.worker == job.worker,
        Job.attempts == job.attempts,
    )
    with database.writing() as session:
        return bool(session.execute(update(Job).where(*held).values(**values)).rowcount)  # type: ignore[attr-defined]

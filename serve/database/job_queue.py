"""Jobs that wait, taken by whichever gateway has a place free, on SQLite and PostgreSQL.

A gateway holds a job by a lease that it renews. Who stops renewing is given up for dead, and the
job waits again, so that it is done even though a gateway was killed with it. Who was only late
finds its job in other hands and keeps its answer to itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, Update, case, delete, func, select, update
from sqlalchemy.orm import Session, aliased

from trifold.database.engine import Database
from trifold.serve.database.job_store import now_of
from trifold.serve.database.sealed_jobs import Forget, SealedJobs
from trifold.serve.database.tables import BodyPart, JobRow
from trifold.serve.gateway.queued import DONE, QUEUED, RUNNING, QueuedJob
from trifold.serve.gateway.upstream import UpstreamResponse, lost
from trifold.serve.problems import CONTENT_TYPE

LEASE_S = 15.0
MOST_DEATHS = 3  # of gateways with one job, which may be what ends them


class JobQueue:
    """What one gateway takes and gives back.

    Args:
        database: that holds the jobs.
        sealed: reads and writes what is sealed in them.
        holder: names this gateway; the part before ``/`` is the same each time it is started.
    """

    def __init__(self, database: Database, sealed: SealedJobs, holder: str) -> None:
        self._database, self._sealed, self.holder = database, sealed, holder

    def claim(self) -> QueuedJob | None:
        """The job that is next, which is this gateway's from now on; None where none waits.

        Callers take turns: whoever has the fewest jobs under way is next, then who came first.
        PostgreSQL skips rows that another gateway is taking, SQLite lets one write at a time.
        """
        other = aliased(JobRow)
        under_way = (
            select(func.count(other.id))
            .where(other.caller == JobRow.caller, other.state == RUNNING)
            .scalar_subquery()
        )
        first = select(JobRow).where(JobRow.state == QUEUED)
        first = first.order_by(under_way, JobRow.created_s, JobRow.id).limit(1)
        with self._database.writing() as session:
            job = session.scalar(first.with_for_update(skip_locked=True, of=JobRow))
            if job is None:
                return None
            job.state, job.holder = RUNNING, self.holder
            job.lease_s = now_of(session) + LEASE_S
            return self._sealed.shown(job, self._sealed.ask(session, job))

    def renew(self) -> set[str]:
        """Hold on to what this gateway works on; returns the ids of jobs that still are its own.

        Not on what somebody is to be told of: where that fails, another turn comes.
        """
        mine = JobRow.holder == self.holder, JobRow.state == RUNNING
        with self._database.writing() as session:
            until_s = now_of(session) + LEASE_S
            session.execute(update(JobRow).where(*mine).values(lease_s=until_s))
            return set(session.scalars(select(JobRow.id).where(*mine)))

    def note_loss(self, job_id: str) -> None:
        """A worker died with a job."""
        with self._database.writing() as session:
            job = self._held(session, job_id)
            if job is not None:
                job.losses += 1

    def finish(
        self, job_id: str, answer: UpstreamResponse, forgotten: Collection[str]
    ) -> list[Forget]:
        """Note the answer of a job, whose request is then removed.

        Args:
            job_id: of a job that this gateway holds; of another's nothing happens.
            answer: to it.
            forgotten: candidates whose forgetting was carried out once more.

        Returns:
            Whom to forget first, where the answer is about somebody who was to be forgotten while
            the job was under way; the job is not done then.
        """
        with self._database.writing() as session:
            job = self._held(session, job_id)
            if job is None or job.state != RUNNING:
                return []
            self._sealed.set_answer(job, answer)
            late = self._late(job)
            left = [(ask, whom) for ask, whom in late if whom.candidate_id not in forgotten]
            if left:
                job.answer, job.people = None, []
                return left
            self._end(job, session)
            if not all(self._sealed.strip(job, whom.candidate_id) for _, whom in late):
                session.delete(job)
        self._database.shred()
        return []

    def untold(self) -> list[QueuedJob]:
        """Jobs that are done and nobody was told of, nor is any gateway about to tell."""
        wanted = JobRow.state == DONE, JobRow.is_told.is_(False), JobRow.holder.is_(None)
        with self._database.writing() as session:
            found = session.scalars(_locked(select(JobRow).where(*wanted))).all()
            for job in found:
                job.holder, job.lease_s = self.holder, now_of(session) + LEASE_S
            return [self._sealed.shown(job) for job in found]

    def told(self, job_id: str) -> None:
        """Somebody was told that a job is done."""
        with self._database.writing() as session:
            job = self._held(session, job_id)
            if job is not None:
                job.is_told, job.holder, job.lease_s = True, None, None

    def give_back(self) -> None:
        """This gateway stops: what it holds waits again."""
        with self._database.writing() as session:
            session.execute(_waiting_again().where(JobRow.holder == self.holder))

    def release(self, *, predecessors: bool = False) -> None:
        """What is held by gateways that died waits again, or fails where that was often.

        Args:
            predecessors: also what gateways of this name held before this one, which are known to
                be dead: their jobs do not wait for the end of their lease.
        """
        name = self.holder.partition("/")[0]
        with self._database.writing() as session:
            dead = JobRow.lease_s < now_of(session)
            if predecessors:
                dead |= JobRow.holder.startswith(f"{name}/", autoescape=True)
            # what this one works on is its own, whatever a clock says that was set
            dead &= (JobRow.holder != self.holder) | (JobRow.state == DONE)
            often = (JobRow.state == RUNNING) & (JobRow.deaths + 1 >= MOST_DEATHS)
            for job in session.scalars(_locked(select(JobRow).where(dead, often))):
                self._sealed.set_answer(job, _worker_died())
                self._end(job, session)
            session.flush()
            session.execute(_waiting_again(deaths=JobRow.deaths + 1).where(dead))

    def _end(self, job: JobRow, session: Session) -> None:
        """There is an answer; the request is not needed any more."""
        session.execute(delete(BodyPart).where(BodyPart.job_id == job.id))
        job.state, job.done_s, job.forgets = DONE, now_of(session), None
        job.holder, job.lease_s = None, None

    def _late(self, job: JobRow) -> list[Forget]:
        held = self._sealed.forgets(job)
        return [(ask, whom) for ask, whom in held if self._sealed.is_about(job, whom.candidate_id)]

    def _held(self, session: Session, job_id: str) -> JobRow | None:
        mine = JobRow.id == job_id, JobRow.holder == self.holder
        return session.scalar(select(JobRow).where(*mine).with_for_update())


def _locked(wanted: Select[Any]) -> Select[Any]:
    return wanted.with_for_update(skip_locked=True)


def _waiting_again(**also: object) -> Update:
    state = case((JobRow.state == RUNNING, QUEUED), else_=JobRow.state)
    return update(JobRow).values(state=state, holder=None, lease_s=None, **also)


def _worker_died() -> UpstreamResponse:
    problem = lost()
    return UpstreamResponse(problem.status, problem.body(), CONTENT_TYPE, problem.headers)

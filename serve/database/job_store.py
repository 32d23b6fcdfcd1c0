"""Jobs in the database, for their callers: taken, looked up, forgotten; for a while, and sealed.

Whoever works on them uses ``job_queue``. Calls take as long as a disk or a network does, so they
are made from a thread of their own.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from trifold.codes import Code
from trifold.database.engine import Database
from trifold.serve.database.sealed_jobs import SealedJobs, plain_of
from trifold.serve.database.sealing import SALT_BYTES, Sealer
from trifold.serve.database.tables import JobRow
from trifold.serve.gateway.bodies import digest_of
from trifold.serve.gateway.queued import DONE, QUEUED, RUNNING, QueuedJob
from trifold.serve.gateway.upstream import UpstreamRequest
from trifold.serve.problems import Problem
from trifold.serve.worker.forgotten import ForgottenCandidate, entries_of

LOCK = 7_240_123
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class JobLimits:
    """How many jobs are held.

    Attributes:
        ttl_s: how long an answer can be fetched.
        most: jobs held at a time.
        most_bytes: of requests held at a time.
        share: how many of so many one caller may have.
    """

    ttl_s: float = 900.0
    most: int = 1000
    most_bytes: int = 1 << 29
    share: Callable[[int], int] = int


class JobStore:
    """What callers ask of jobs.

    Args:
        database: that holds them.
        sealer: of what they say.
        limits: for all gateways together.
    """

    def __init__(self, database: Database, sealer: Sealer, limits: JobLimits) -> None:
        self.database, self.limits = database, limits
        self.sealed = SealedJobs(sealer)

    def standing(self) -> dict[str, tuple[int, float]]:
        """How many jobs there are in each state, and how many seconds ago the first came."""
        of_state = select(JobRow.state, func.count(), func.min(JobRow.created_s))
        with self.database.reading() as session:
            now_s, rows = now_of(session), session.execute(of_state.group_by(JobRow.state)).all()
        found = {state: (int(n), max(0.0, now_s - first_s)) for state, n, first_s in rows}
        return {state: found.get(state, (0, 0.0)) for state in (QUEUED, RUNNING, DONE)}

    def submit(self, ask: UpstreamRequest, idempotency: str | None) -> QueuedJob:
        """A new job, or the one that this caller submitted under the same name before.

        Raises:
            Problem: 409 where the name stands for another request, 429 where the caller has its
                share of jobs, 503 where there is no room.
        """
        name, digest = None, ""
        if idempotency is not None:
            name = self.sealed.pseudonym("repeats", ask.caller, idempotency)
            asked = digest_of(ask.path, ask.body, ask.content_type)
            digest = self.sealed.pseudonym("digest", asked)
        with self.database.writing(lock=LOCK) as session:
            self._expire(session)
            same = JobRow.repeats == name
            before = None if name is None else session.scalar(select(JobRow).where(same))
            if before is not None:
                if before.digest != digest:
                    raise Problem(
                        409,
                        Code.IDEMPOTENCY_MISMATCH,
                        "this Idempotency-Key stands for another request",
                    )
                return self.sealed.shown(before)
            self._check_room(session, ask)
            job = JobRow(
                id=secrets.token_urlsafe(16),
                caller=ask.caller,
                repeats=name,
                digest=digest,
                state=QUEUED,
                ask=plain_of(ask),
                size=len(ask.body),
                salt=secrets.token_bytes(SALT_BYTES),
                created_s=now_of(session),
            )
            session.add(job)
            session.flush()
            for part in self.sealed.body_parts(job, ask.body):
                session.add(part)
                session.flush()
                session.expunge(part)  # a body is large; one piece at a time is enough
            return self.sealed.shown(job)

    def find(self, job_id: str, caller: str) -> QueuedJob:
        """A job of this caller.

        Raises:
            Problem: 404 where there is none, or it is another's.
        """
        with self.database.reading() as session:
            job = session.get(JobRow, job_id) if _ID.fullmatch(job_id) else None
            gone_s = now_of(session) - self.limits.ttl_s
            if job is None or job.caller != caller or (job.done_s or gone_s) < gone_s:
                raise Problem(
                    404,
                    Code.NO_SUCH_JOB,
                    f"no such job; answers are kept for {self.limits.ttl_s:g} s",
                )
            return self.sealed.shown(job)

    def note_read(self, job_id: str) -> None:
        """The answer of a job was handed out."""
        with self.database.writing() as session:
            job = session.get(JobRow, job_id)
            if job is not None:
                job.is_read = True

    def remove(self, job_id: str, caller: str) -> None:
        """Forget a job, whoever works on it.

        Raises:
            Problem: 404.
        """
        self.find(job_id, caller)
        with self.database.writing() as session:
            session.execute(delete(JobRow).where(JobRow.id == job_id))
        self.database.shred()

    def forget(self, ask: UpstreamRequest, whom: ForgottenCandidate) -> int:
        """Drop answers about a candidate; returns how many.

        Of a job that is not done yet nobody knows whom it is about. Where it is about this
        candidate, the request is carried out once more then, for what it may have kept.

        Args:
            ask: the request to forget, which was carried out.
            whom: the candidate; of this caller, or of all.
        """
        about = 0
        with self.database.writing() as session:
            for job in self._mine(session, ask.caller, everyone=whom.everyone, locked=True):
                if job.state != DONE:
                    self.sealed.add_forget(job, ask, whom)
                elif self.sealed.is_about(job, whom.candidate_id):
                    about += 1
                    if not self.sealed.strip(job, whom.candidate_id):
                        session.delete(job)
        if about:
            self.database.shred()
        return about

    def answers_about(self, candidate_id: str, caller: str, *, everyone: bool) -> list[object]:
        """What answers that are held say of a candidate; of one caller, or of all."""
        with self.database.reading() as session:
            held = [
                self.sealed.answer(job).body
                for job in self._mine(session, caller, everyone=everyone)
                if self.sealed.is_about(job, candidate_id)
            ]
        return [entry for body in held for entry in entries_of(body, candidate_id)]

    def expire(self) -> None:
        """Forget jobs whose answers have been there for long enough."""
        with self.database.writing() as session:
            gone = self._expire(session)
        if gone:
            self.database.shred()

    def _expire(self, session: Session) -> int:
        old = JobRow.done_s < now_of(session) - self.limits.ttl_s
        return int(session.execute(delete(JobRow).where(old)).rowcount)  # type: ignore[attr-defined]

    def _mine(
        self, session: Session, caller: str, *, everyone: bool, locked: bool = False
    ) -> Sequence[JobRow]:
        mine = select(JobRow) if everyone else select(JobRow).where(JobRow.caller == caller)
        mine = mine.order_by(JobRow.id)  # so that two who take locks wait for each other in turn
        return session.scalars(mine.with_for_update() if locked else mine).all()

    def _check_room(self, session: Session, ask: UpstreamRequest) -> None:
        waiting = func.coalesce(func.sum(JobRow.size).filter(JobRow.state != DONE), 0)
        counted = select(func.count(JobRow.id), waiting)
        own, own_bytes = session.execute(counted.where(JobRow.caller == ask.caller)).one()
        jobs, held_bytes = session.execute(counted).one()
        limits, size = self.limits, len(ask.body)
        if own >= limits.share(limits.most) or own_bytes + size > limits.share(limits.most_bytes):
            raise Problem(429, Code.TOO_MANY_JOBS, "this caller has its share of jobs; delete some")
        if jobs >= limits.most or held_bytes + size > limits.most_bytes:
            raise Problem(503, Code.TOO_MANY_JOBS, "more jobs wait than this server holds")


def now_of(session: Session) -> float:
    """Seconds of Unix, by the one clock that all gateways share: the database's."""
    if session.get_bind().dialect.name == "sqlite":
        return time.time()
    return float(session.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0.0)

"""Requests that are answered later: in memory, for a while, and for their caller alone.

A job and its media live in this process; a restart loses them, and nothing of them is on a disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from trifold.codes import Code
from trifold.serve.gateway.bodies import digest_of
from trifold.serve.gateway.queued import DONE, QUEUED, RUNNING, QueuedJob
from trifold.serve.gateway.upstream import LOST, UpstreamRequest, UpstreamResponse
from trifold.serve.problems import CONTENT_TYPE, Problem, place_of
from trifold.serve.telemetry.exposition import Family, Source
from trifold.serve.worker.forgotten import ForgottenCandidate, entries_of, people_of, without

TRIES, FIRST_WAIT_S = 6, 1.0
WORTH_WAITING = (Code.OVERLOADED, Code.NOT_READY)
logger = logging.getLogger(__name__)


class Jobs:
    """Jobs of all callers; a few are worked on at a time.

    Args:
        run: answers a request, or raises what came instead.
        notify: told of each job that is done.
        ttl_s: how long an answer can be fetched.
        most: jobs held at a time.
        most_bytes: of requests held at a time.
        at_once: jobs worked on at a time.
        share: how many of so many one caller may have.
    """

    def __init__(
        self,
        run: Callable[[UpstreamRequest], Awaitable[UpstreamResponse]],
        notify: Callable[[QueuedJob], Awaitable[None]],
        *,
        ttl_s: float,
        most: int = 1000,
        most_bytes: int = 1 << 29,
        at_once: int = 2,
        share: Callable[[int], int] = int,
    ) -> None:
        self._run, self._notify, self._ttl_s = run, notify, ttl_s
        self._most, self._most_bytes = most, most_bytes
        self._jobs: dict[str, QueuedJob] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(at_once)
        self._own_turn: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(at_once)
        )
        self._share = share

    def submit(self, ask: UpstreamRequest, idempotency: str | None) -> QueuedJob:
        """A new job, or the one that this caller submitted under the same name before.

        Raises:
            Problem: 409 where the name stands for another request, 429 where the caller has its
                share of jobs, 503 where there is no room.
        """
        self._expire()
        digest = digest_of(ask.path, ask.body, ask.content_type) if idempotency else ""
        for job in self._jobs.values():
            if idempotency and (job.caller, job.idempotency) == (ask.caller, idempotency):
                if job.digest != digest:
                    raise Problem(
                        409,
                        Code.IDEMPOTENCY_MISMATCH,
                        "this Idempotency-Key stands for another request",
                    )
                return job
        self._check_room(ask)
        job = QueuedJob(ask.caller, digest, ask, idempotency)
        self._jobs[job.job_id] = job
        self._tasks[job.job_id] = asyncio.create_task(self._work(job))
        return job

    def find(self, job_id: str, caller: str) -> QueuedJob:
        """A job of this caller.

        Raises:
            Problem: 404 where there is none, or it is another's.
        """
        self._expire()
        job = self._jobs.get(job_id)
        if job is None or job.caller != caller:
            raise Problem(
                404, Code.NO_SUCH_JOB, f"no such job; answers are kept for {self._ttl_s:g} s"
            )
        return job

    def remove(self, job_id: str, caller: str) -> None:
        """Forget a job, and stop waiting for it.

        Raises:
            Problem: 404.
        """
        self.find(job_id, caller)
        self._drop(job_id)

    def forget(self, ask: UpstreamRequest, whom: ForgottenCandidate) -> int:
        """Drop answers about a candidate; returns how many.

        Of a job that is not done yet nobody knows whom it is about. Where it is about this
        candidate, the request is carried out once more then, for what it may have kept.

        Args:
            ask: the request to forget, which was carried out.
            whom: the candidate; of this caller, or of all.
        """
        mine = [j for j in self._jobs.values() if whom.everyone or j.caller == ask.caller]
        for job in mine:
            if job.answer is None and (ask, whom) not in job.forget:
                job.forget.append((ask, whom))
        about = [job for job in mine if whom.candidate_id in job.people]
        for job in about:
            self._strip(job, whom.candidate_id)
        return len(about)

    def answers_about(self, candidate_id: str, caller: str, *, everyone: bool) -> list[object]:
        """What answers that are held say of a candidate; of one caller, or of all."""
        self._expire()
        mine = [j for j in self._jobs.values() if everyone or j.caller == caller]
        held = [j.answer.body for j in mine if j.answer and candidate_id in j.people]
        return [entry for body in held for entry in entries_of(body, candidate_id)]

    def families(self) -> Source:
        """What Prometheus reads: how many there are, and how long the first has waited."""
        now_s = time.monotonic()
        ages = {
            status: [now_s - j.made_s for j in self._jobs.values() if j.status == status]
            for status in (QUEUED, RUNNING, DONE)
        }
        numbers = [("", {"status": status}, float(len(found))) for status, found in ages.items()]
        yield Family("trifold_jobs", "gauge", "Jobs that are held, by status.", numbers)
        oldest = [("", {"status": s}, max(ages[s], default=0.0)) for s in (QUEUED, RUNNING)]
        meaning = "How long ago the first job came that is not done."
        yield Family("trifold_job_oldest_seconds", "gauge", meaning, oldest)

    async def close(self) -> None:
        """Stop all work."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _check_room(self, ask: UpstreamRequest) -> None:
        jobs = list(self._jobs.values())
        own = [job for job in jobs if job.caller == ask.caller]
        most, most_bytes = self._share(self._most), self._share(self._most_bytes)
        if len(own) >= most or _held(own) + len(ask.body) > most_bytes:
            raise Problem(429, Code.TOO_MANY_JOBS, "this caller has its share of jobs; delete some")
        if len(jobs) >= self._most or _held(jobs) + len(ask.body) > self._most_bytes:
            raise Problem(503, Code.TOO_MANY_JOBS, "more jobs wait than this server holds")

    async def _work(self, job: QueuedJob) -> None:
        async with self._own_turn[job.caller], self._turn:  # callers take turns
            job.status = RUNNING
            try:
                job.answer = await self._answer(job.ask)
                job.people = people_of(job.answer.body)
            except Exception as error:  # a job that never ends would never go either
                logger.error("internal error: %s", place_of(error))
                job.answer = _refused(Problem(500, Code.INTERNAL_ERROR, "please report this"))
            job.ask, job.status, job.done_s = None, DONE, time.monotonic()
            await self._forget_late(job)
        try:
            if job.job_id in self._jobs:
                await self._notify(job)
        finally:
            self._tasks.pop(job.job_id, None)

    async def _forget_late(self, job: QueuedJob) -> None:
        """Who was to be forgotten while this job was under way."""
        late = [(ask, whom) for ask, whom in job.forget if whom.candidate_id in job.people]
        for _, whom in late:
            self._strip(job, whom.candidate_id)
        for ask, _ in late:
            await self._answer(ask)

    def _strip(self, job: QueuedJob, candidate_id: str) -> None:
        left = without(job.answer.body, candidate_id) if job.answer else None
        if job.answer is None or left is None:
            self._jobs.pop(job.job_id, None)
        else:
            job.answer = replace(job.answer, body=left)
            job.people -= {candidate_id}

    async def _answer(self, ask: UpstreamRequest | None) -> UpstreamResponse:
        """Nobody waits at the other end, so a server without room is asked again.

        A request that was lost is sent once more; it may be what ends the workers.
        """
        found, lost = _refused(Problem(503, Code.OVERLOADED, "not answered")), 0
        for turn in range(TRIES):
            if ask is None:
                break
            try:
                found, again = await self._run(ask), True  # a worker that does nothing now
            except Problem as problem:
                lost += problem.code == LOST
                again = problem.code in WORTH_WAITING or (problem.code == LOST and lost == 1)
                found = _refused(problem)
            if found.status != 503 or not again:
                break
            await asyncio.sleep(FIRST_WAIT_S * 2**turn)
        return found

    def _expire(self) -> None:
        before_s = time.monotonic() - self._ttl_s
        for job in [j for j in self._jobs.values() if j.status == DONE and j.done_s < before_s]:
            self._drop(job.job_id)

    def _drop(self, job_id: str) -> None:
        self._jobs.pop(job_id, None)
        task = self._tasks.pop(job_id, None)
        if task is not None:
            task.cancel()


def _held(jobs: Iterable[QueuedJob]) -> int:
    return sum(len(job.ask.body) for job in jobs if job.ask is not None)


def _refused(problem: Problem) -> UpstreamResponse:
    return UpstreamResponse(problem.status, problem.body(), CONTENT_TYPE, problem.headers)

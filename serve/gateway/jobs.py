"""Requests that are answered later: for a while, and for their caller alone.

They are kept in the database, sealed, so that neither a restart nor a kill loses one; with
``jobs=memory`` in a database in memory. A few are worked on at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from trifold.codes import Code
from trifold.serve.database.asking import OneThread
from trifold.serve.database.job_queue import LEASE_S, JobQueue
from trifold.serve.database.job_store import JobStore
from trifold.serve.database.opened import reachable, reason_of
from trifold.serve.gateway.queued import QUEUED, RUNNING, QueuedJob
from trifold.serve.gateway.upstream import LOST, UpstreamRequest, UpstreamResponse, lost
from trifold.serve.problems import CONTENT_TYPE, Problem, place_of
from trifold.serve.telemetry.exposition import Family, Source
from trifold.serve.worker.forgotten import ForgottenCandidate, people_of

TRIES, FIRST_WAIT_S = 6, 1.0
WORTH_WAITING = (Code.OVERLOADED, Code.NOT_READY)
LOOK_EVERY_S = 0.5  # for jobs that other gateways took
MOST_LOSSES = 2  # of workers with one job
P = ParamSpec("P")
T = TypeVar("T")
Answerer = Callable[[UpstreamRequest], Awaitable[UpstreamResponse]]
logger = logging.getLogger(__name__)


class Jobs:
    """Jobs of all callers; this gateway works on a few of them at a time.

    Args:
        run: answers a request, or raises what came instead.
        notify: told of each job that is done.
        store: where callers' jobs are.
        queue: where this gateway takes them from.
        at_once: jobs worked on at a time.
    """

    def __init__(
        self,
        run: Answerer,
        notify: Callable[[QueuedJob], Awaitable[None]],
        store: JobStore,
        queue: JobQueue,
        *,
        at_once: int = 2,
    ) -> None:
        self._run, self._notify, self._at_once = run, notify, at_once
        self._store, self._queue = store, queue
        self._thread = OneThread("jobs")  # what lives in memory is used by one alone
        self._call = self._thread.call
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._tellings: set[asyncio.Task[None]] = set()
        self._standing: dict[str, tuple[int, float]] = {}  # a few seconds old
        self._something_new = asyncio.Event()
        self._loops = [
            asyncio.create_task(self._forever(self._take, LOOK_EVERY_S)),
            asyncio.create_task(self._forever(self._keep, LEASE_S / 3)),
        ]

    async def submit(self, ask: UpstreamRequest, idempotency: str | None) -> QueuedJob:
        """A new job, or an old one; see ``JobStore.submit``."""
        job = await self._asked(self._store.submit, ask, idempotency)
        self._something_new.set()
        return job

    async def find(self, job_id: str, caller: str) -> QueuedJob:
        """A job of this caller; see ``JobStore.find``."""
        return await self._asked(self._store.find, job_id, caller)

    async def note_read(self, job_id: str) -> None:
        """The answer of a job was handed out."""
        await self._asked(self._store.note_read, job_id)

    async def remove(self, job_id: str, caller: str) -> None:
        """Forget a job, and stop waiting for it; see ``JobStore.remove``."""
        await self._asked(self._store.remove, job_id, caller)
        task = self._tasks.get(job_id)
        if task is not None:
            task.cancel()

    async def forget(self, ask: UpstreamRequest, whom: ForgottenCandidate) -> int:
        """Drop answers about a candidate; see ``JobStore.forget``."""
        return await self._asked(self._store.forget, ask, whom)

    async def answers_about(
        self, candidate_id: str, caller: str, *, everyone: bool
    ) -> list[object]:
        """What answers that are held say of a candidate; of one caller, or of all."""
        return await self._asked(self._store.answers_about, candidate_id, caller, everyone=everyone)

    def families(self) -> Source:
        """What Prometheus reads: how many there are, and how long the first has waited."""
        counts = [("", {"status": state}, float(n)) for state, (n, _) in self._standing.items()]
        yield Family("trifold_jobs", "gauge", "Jobs that are held, by status.", counts)
        ages = [("", {"status": s}, self._standing.get(s, (0, 0.0))[1]) for s in (QUEUED, RUNNING)]
        meaning = "How long ago the first job came that is not done."
        yield Family("trifold_job_oldest_seconds", "gauge", meaning, ages)

    async def close(self) -> None:
        """Stop all work; what is under way waits for whoever comes next."""
        work = [*self._loops, *self._tasks.values(), *self._tellings]
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        try:
            await self._call(self._queue.give_back)
        except SQLAlchemyError as error:  # the leases end by themselves
            logger.error("jobs: %s", reason_of(error))
        self._thread.close()

    async def _forever(self, step: Callable[[], Awaitable[None]], every_s: float) -> None:
        """Do something again and again, whatever comes: the database may be away, a row damaged."""
        while True:
            try:
                await step()
            except Exception as error:
                logger.error("jobs: %s", _said(error))
                await asyncio.sleep(every_s)

    async def _take(self) -> None:
        """Begin what can be begun, then wait for something new."""
        self._something_new.clear()
        while len(self._tasks) < self._at_once and (job := await self._call(self._queue.claim)):
            self._tasks[job.job_id] = asyncio.create_task(self._work(job))
        for job in await self._call(self._queue.untold):
            telling = asyncio.create_task(self._tell(job))
            self._tellings.add(telling)
            telling.add_done_callback(self._tellings.discard)
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._something_new.wait()
        except TimeoutError:
            pass

    async def _keep(self) -> None:
        """Hold on to what is under way here, take up what others left, forget what is old."""
        under_way = set(self._tasks)
        for job_id in under_way - await self._call(self._queue.renew):
            if job_id in self._tasks:  # deleted, or taken up by another
                self._tasks[job_id].cancel()
        await self._call(self._queue.release)
        await self._call(self._store.expire)
        self._standing = await self._call(self._store.standing)
        await asyncio.sleep(LEASE_S / 3)

    async def _work(self, job: QueuedJob) -> None:
        try:
            answer = await self._answer_to(job)
            forgotten: set[str] = set()
            while late := await self._noted(job.job_id, answer, forgotten):
                for ask, whom in late:
                    await self._forget_again(ask)
                    forgotten.add(whom.candidate_id)
        finally:
            self._tasks.pop(job.job_id, None)
            self._something_new.set()

    async def _answer_to(self, job: QueuedJob) -> UpstreamResponse:
        try:
            if job.ask is None or job.losses >= MOST_LOSSES:
                return _refused(lost())
            answer = await self._answer(job.ask, job)
            people_of(answer.body)
        except Exception as error:  # a job that never ends would never go either
            logger.error("internal error: %s", place_of(error))
            return _refused(Problem(500, Code.INTERNAL_ERROR, "please report this"))
        return answer

    async def _noted(
        self, job_id: str, answer: UpstreamResponse, forgotten: set[str]
    ) -> list[tuple[UpstreamRequest, ForgottenCandidate]]:
        """Note an answer, however long the database is away; returns whom to forget before."""
        while True:
            try:
                return await self._call(self._queue.finish, job_id, answer, forgotten)
            except SQLAlchemyError as error:
                logger.error("jobs: %s", reason_of(error))
                await asyncio.sleep(LOOK_EVERY_S)

    async def _forget_again(self, ask: UpstreamRequest) -> None:
        """Carry out a request to forget, however long there is nobody to do it."""
        while (answer := await self._answer(ask)).status == 503:
            logger.error("jobs: nobody can forget at the moment; asked again")
            await asyncio.sleep(LOOK_EVERY_S)
        if answer.forgotten is None:  # such as HTTP 404 for a version that is gone
            logger.error("jobs: a response may still be kept: HTTP %d", answer.status)

    async def _tell(self, job: QueuedJob) -> None:
        """Have somebody told; where that fails, again once the lease has ended."""
        try:
            await self._notify(job)
            await self._call(self._queue.told, job.job_id)
        except Exception as error:
            logger.error("jobs: nobody was told: %s", _said(error))

    async def _answer(self, ask: UpstreamRequest, job: QueuedJob | None = None) -> UpstreamResponse:
        """Nobody waits at the other end, so a server without room is asked again.

        A request that was lost is sent once more; it may be what ends the workers.
        """
        found, losses = _refused(Problem(503, Code.OVERLOADED, "not answered")), 0
        if job is not None:
            losses = job.losses
        for turn in range(TRIES):
            try:
                found, again = await self._run(ask), True  # a worker that does nothing now
            except Problem as problem:
                if problem.code == LOST:
                    losses += 1
                    if job is not None:
                        await self._call(self._queue.note_loss, job.job_id)
                again = problem.code in WORTH_WAITING or (
                    problem.code == LOST and losses < MOST_LOSSES
                )
                found = _refused(problem)
            if found.status != 503 or not again:
                break
            await asyncio.sleep(FIRST_WAIT_S * 2**turn)
        return found

    async def _asked(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a caller asks for.

        Raises:
            Problem: 503 while the database is away.
        """
        with reachable():
            return await self._call(work, *args, **kwargs)


def _said(error: Exception) -> str:
    """What went wrong; a message that is not the database's may quote what was sent."""
    return reason_of(error) if isinstance(error, SQLAlchemyError) else place_of(error)


def _refused(problem: Problem) -> UpstreamResponse:
    return UpstreamResponse(problem.status, problem.body(), CONTENT_TYPE, problem.headers)

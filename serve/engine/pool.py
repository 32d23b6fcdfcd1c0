"""Workers of one version of a model, and the requests that wait for them.

Who dies is started anew after 1, 2, 4 … s and takes no more than what it was doing along.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from trifold.codes import Code
from trifold.serve.engine.metrics import Metrics
from trifold.serve.engine.process import WorkerGoneError, WorkerProcess
from trifold.serve.engine.replies import facts_of, responses_in
from trifold.serve.engine.store import StoredModel
from trifold.serve.engine.waiting import Waiting
from trifold.serve.engine.worker import WorkerTask
from trifold.serve.engine.workers import Workers
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse, lost, not_ready
from trifold.serve.operations.server import ServerError
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.telemetry.identifiers import Work
from trifold.serve.worker.folders import sweep
from trifold.serve.worker.timings import STAGES

LONGEST_WAIT_S = 60.0  # before a worker is started anew that could not load its model
LONGEST_WARM_S = 4.0  # or that could: the others wait for it
# beyond the limit that a worker keeps itself, for what never comes back from a library
SPARE_S = 5.0
logger = logging.getLogger(__name__)


class Pool(Workers):
    """Keeps workers of the gateway's own, and gives them what waits.

    Args:
        model, settings, metrics: see ``Workers``.
        workers: how many there are at first; all that the model has by default.
    """

    def __init__(
        self,
        model: StoredModel,
        settings: Settings,
        metrics: Metrics,
        workers: int | None = None,
    ) -> None:
        super().__init__(model, settings, metrics)
        self._workers: dict[int, WorkerProcess] = {}  # those that are warm
        self._cannot_start: set[int] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self._start(model.serving.workers if workers is None else workers)

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that are warm."""
        return [worker.pid for worker in self._workers.values() if worker.pid is not None]

    def _start(self, workers: int) -> None:
        numbers = range(len(self._keepers), workers)
        self._keepers += [asyncio.create_task(self._keep(number)) for number in numbers]

    async def grow(self, metrics: Metrics) -> None:
        """See ``Workers.grow``."""
        self._metrics = metrics
        self._start(self.model.serving.workers)
        await self.warm()

    async def warm(self) -> None:
        """See ``Workers.warm``."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: len(self._workers) == len(self._keepers) or self.failure
            )
        if self.failure is not None:
            raise self.failure

    async def ask(self, ask: UpstreamRequest) -> UpstreamResponse:
        """See ``Workers.ask``."""
        if len(self._cannot_start) == len(self._keepers):
            raise not_ready()
        waiting = self.line.put(ask)
        async with self._until_answered(waiting):
            return await waiting.answer

    async def close(self) -> None:
        """See ``Workers.close``."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _keep(self, number: int) -> None:
        """One worker after the other."""
        ends = 0
        while True:
            if await self._live(number):
                ends = 0
            self._metrics.ends += 1
            longest_s = LONGEST_WAIT_S if number in self._cannot_start else LONGEST_WARM_S
            await asyncio.sleep(min(longest_s, 2.0**ends))
            ends += 1

    async def _live(self, number: int) -> bool:
        """A worker from its start to its end; whether it answered anything."""
        model, answered = self.model, False
        task = WorkerTask(
            model.bundle, model.version, self._settings, number, model.serving.workers
        )
        worker = WorkerProcess(task, model.serving.batch_size)
        try:
            await worker.start()
            await self._now(number, worker)
            while batch := await self.line.next(worker.ended, model.serving):
                answered |= await self._answer(worker, batch)
        except (WorkerGoneError, ServerError, OSError) as error:
            if number not in self._workers:
                self._cannot_start.add(number)
                self.failure = error if isinstance(error, ServerError) else None
                logger.error("a worker does not start: %s", error or type(error).__name__)
        finally:
            self._workers.pop(number, None)
            await worker.reap()
            with suppress(OSError):
                await asyncio.to_thread(sweep, self._settings)
            await self._tell()
        return answered

    async def _now(self, number: int, worker: WorkerProcess) -> None:
        """From now on it answers."""
        self._workers[number] = worker
        self._cannot_start.discard(number)
        self.failure = None
        await self._tell()

    async def _answer(self, worker: WorkerProcess, batch: list[Waiting]) -> bool:
        """Have a batch answered, one way or the other; whether the worker did."""
        limit_s = self._settings.max_seconds * len(batch) + SPARE_S
        bodies = [waiting.ask.body for waiting in batch]
        for waiting in batch:
            waiting.taken_s = time.time()
            self._metrics.add_wait(self.model.name, waiting.taken_s - waiting.since_s)
        try:
            asked = [facts_of(waiting.ask, waiting.context) for waiting in batch]
            message = await worker.ask({"requests": asked}, bodies, limit_s)
            responses, measured = responses_in(message, len(batch))
        except BaseException as error:
            problem = lost()
            if isinstance(error, TimeoutError) and len(batch) == 1:
                said = f"not done within {self._settings.max_seconds:g} s"
                problem = Problem(422, Code.OUT_OF_TIME, said)
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(problem)
            if isinstance(error, WorkerGoneError | TimeoutError | ValueError):
                worker.end()
                return False
            raise
        done_s = time.time()
        for waiting, response, one in zip(batch, responses, measured, strict=True):
            if waiting.context is not None:
                stages = {name: s for name, s in one.seconds.items() if name in STAGES}
                seen = Work(waiting.since_s, waiting.taken_s, done_s, stages)
                waiting.context.work.append(seen)
            if not waiting.answer.done():
                waiting.answer.set_result(response)
        self._metrics.add(self.model.name, self.model.version, measured)
        return True

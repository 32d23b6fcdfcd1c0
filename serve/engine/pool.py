"""Workers of one version of a model, and the requests that wait for them.

Who dies is started anew after 1, 2, 4 … s and takes no more than what it was doing along.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from trifold.codes import Code
from trifold.serve.engine.metrics import Metrics
from trifold.serve.engine.process import WorkerGoneError, WorkerProcess
from trifold.serve.engine.replies import facts_of, responses_in
from trifold.serve.engine.store import StoredModel
from trifold.serve.engine.worker import WorkerTask
from trifold.serve.engine.workers import Workers
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse, lost, not_ready
from trifold.serve.operations.server import ServerError
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.worker.folders import sweep

LONGEST_WAIT_S = 60.0  # before a worker is started anew that could not load its model
LONGEST_WARM_S = 4.0  # or that could: the others wait for it
# beyond the limit that a worker keeps itself, for what never comes back from a library
SPARE_S = 5.0
logger = logging.getLogger(__name__)


@dataclass
class _Waiting:
    """A request, and where its answer goes."""

    ask: UpstreamRequest
    answer: asyncio.Future[UpstreamResponse] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Pool(Workers):
    """Keeps workers of the gateway's own, and gives them what waits; see ``Workers``."""

    def __init__(self, model: StoredModel, settings: Settings, metrics: Metrics) -> None:
        super().__init__(model, settings, metrics)
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._workers: dict[int, WorkerProcess] = {}  # those that are warm
        self._cannot_start: set[int] = set()
        self._keepers = [
            asyncio.create_task(self._keep(number)) for number in range(model.serving.workers)
        ]

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that are warm."""
        return [worker.pid for worker in self._workers.values() if worker.pid is not None]

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
        waiting = _Waiting(ask)
        self._queue.put_nowait(waiting)
        async with self._waiting():
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
            while batch := await self._next(worker):
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

    async def _next(self, worker: WorkerProcess) -> list[_Waiting]:
        """What to do next, together; nothing when the worker has ended."""
        first = await self._first(worker, None)
        batch = [] if first is None else [first]
        until_s = asyncio.get_running_loop().time() + self.model.serving.batch_delay_ms / 1000
        while batch and len(batch) < self.model.serving.batch_size:
            left_s = until_s - asyncio.get_running_loop().time()
            another = await self._first(worker, max(0.0, left_s))
            if another is None:
                break
            batch.append(another)
        return batch

    async def _first(self, worker: WorkerProcess, wait_s: float | None) -> _Waiting | None:
        """The next request that still waits; None when time or the worker ended."""
        while True:
            if not self._queue.empty():
                waiting = self._queue.get_nowait()
            else:
                coming = asyncio.ensure_future(self._queue.get())
                either: set[asyncio.Future[Any]] = {coming, worker.ended}
                try:
                    await asyncio.wait(
                        either,
                        timeout=wait_s,
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                finally:
                    if not coming.done():
                        coming.cancel()
                if not coming.done():
                    return None
                waiting = coming.result()
            if worker.ended.done():
                self._queue.put_nowait(waiting)
                return None
            if not waiting.answer.done():
                return waiting

    async def _answer(self, worker: WorkerProcess, batch: list[_Waiting]) -> bool:
        """Have a batch answered, one way or the other; whether the worker did."""
        limit_s = self._settings.max_seconds * len(batch) + SPARE_S
        asked = [waiting.ask for waiting in batch]
        try:
            message = await worker.ask(
                {"requests": [facts_of(ask) for ask in asked]}, [ask.body for ask in asked], limit_s
            )
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
        for waiting, response in zip(batch, responses, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(response)
        self._metrics.add(self.model.name, measured)
        return True

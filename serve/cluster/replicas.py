"""Replicas of one version of a model, as the gateway sees them."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from trifold.codes import Code
from trifold.errors import InputError
from trifold.serve.cluster.messages import of_request, response_of
from trifold.serve.cluster.options import ClusterOptions
from trifold.serve.cluster.ray_serve import RayServe
from trifold.serve.cluster.replica import FAILED
from trifold.serve.engine.metrics import Metrics
from trifold.serve.engine.models import MakeWorkers
from trifold.serve.engine.pool import LONGEST_WAIT_S, SPARE_S
from trifold.serve.engine.store import Store, StoredModel
from trifold.serve.engine.waiting import Waiting
from trifold.serve.engine.workers import Workers
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse, lost, not_ready
from trifold.serve.operations.server import RAY, STORE, ServerError
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.telemetry.identifiers import Work
from trifold.serve.worker.timings import STAGES

LOOK_EVERY_S, MOVE_AFTER_S = 1.0, 0.5
# machines that a request may lose: what is in it ends a worker there, and no replica
MOST_MOVES = 5
logger = logging.getLogger(__name__)


class Replicas(Workers):
    """Keeps an application of Ray Serve, and gives it what comes; see ``Workers``.

    Args:
        model, settings, metrics: see ``Workers``.
        workers: None for all that the model has.
        cluster: where it runs.

    Raises:
        InputError: when there shall be others at first, as of a version that is only tried.
    """

    def __init__(
        self,
        model: StoredModel,
        settings: Settings,
        metrics: Metrics,
        workers: int | None = None,
        *,
        cluster: RayServe,
    ) -> None:
        if workers is not None:
            raise InputError(expected="the engine built_in", got=RAY, where="shadow")
        super().__init__(model, settings, metrics)
        self._cluster, self._count = cluster, 0
        self._handle: Any = None
        self._keeper = asyncio.create_task(self._keep())

    @property
    def pids(self) -> list[int]:
        """Numbers of the replicas that are warm; their processes are Ray's."""
        return list(range(1, self._count + 1))

    async def grow(self, metrics: Metrics) -> None:
        """See ``Workers.grow``; it has all of them."""
        self._metrics = metrics
        await self.warm()

    async def warm(self) -> None:
        """See ``Workers.warm``."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._count or self.failure)
        if self.failure is not None:
            raise self.failure

    async def ask(self, ask: UpstreamRequest) -> UpstreamResponse:
        """See ``Workers.ask``; a request whose machine was lost moves to another one."""
        waiting = Waiting(ask)
        self.line.open.add(waiting)
        data = of_request(ask, waiting.context)
        async with self._until_answered(waiting):
            self._take()
            for _ in range(MOST_MOVES):
                answer = await self._once(data, waiting)
                if answer is not None:
                    return answer
                await asyncio.sleep(MOVE_AFTER_S)
            raise lost()

    async def close(self) -> None:
        """See ``Workers.close``."""
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        self._handle, self._count = None, 0
        await asyncio.to_thread(self._cluster.remove, self.model)

    async def _tell(self) -> None:
        self._take()
        await super()._tell()

    def _take(self) -> None:
        """Note who is with a worker by now, as Ray gives them out in the order they came."""
        most = self._count * self.model.serving.batch_size
        for waiting in sorted(self.line.open, key=lambda one: one.since_s)[:most]:
            if not waiting.taken_s:
                waiting.taken_s = time.time()
                self._metrics.add_wait(self.model.name, waiting.taken_s - waiting.since_s)

    async def _once(self, data: bytes, waiting: Waiting) -> UpstreamResponse | None:
        """An answer of a replica; None where it was lost, or has no worker at the moment."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._handle or self.failure)
        if self._handle is None:
            raise not_ready()
        sent: Any = self._handle.remote(data)
        try:
            answer, measured, ends = response_of(await self._said(sent, waiting))
        except (*self._cluster.gone, RuntimeError, TimeoutError, ValueError) as error:  # type: ignore[misc]
            logger.error("a replica was lost: %s", type(error).__name__)
            sent.cancel()
            return None
        except asyncio.CancelledError:
            sent.cancel()
            raise
        self._metrics.add(self.model.name, self.model.version, measured)
        self._metrics.ends += ends
        if waiting.context is not None and measured:  # the last is of this request
            stages = {name: s for name, s in measured[-1].seconds.items() if name in STAGES}
            taken_s = waiting.taken_s or waiting.since_s
            waiting.context.work.append(Work(waiting.since_s, taken_s, time.time(), stages))
        if isinstance(answer, Problem):
            if answer.code == Code.NOT_READY:
                return None
            raise answer
        return answer

    async def _said(self, sent: Any, waiting: Waiting) -> bytes:
        """What a replica says, as long as it may work on it: a machine without power says no word.

        Raises:
            TimeoutError: when nothing came.
        """

        async def said() -> bytes:
            return bytes(await sent)

        limit_s = self._settings.max_seconds * self.model.serving.batch_size + 2 * SPARE_S
        begun_s, saying = time.time(), asyncio.ensure_future(said())
        try:
            while not (await asyncio.wait([saying], timeout=LOOK_EVERY_S))[0]:
                taken_s = max(begun_s, waiting.taken_s)
                if waiting.taken_s and time.time() - taken_s > limit_s:
                    raise TimeoutError
            return saying.result()
        finally:
            saying.cancel()

    async def _keep(self) -> None:
        """Deploy it, look how it is, and deploy it anew where it is gone."""
        while True:
            try:
                self._handle = await asyncio.to_thread(self._cluster.deploy, self.model)
                self.failure = None
                await self._look()
                logger.error("an application is gone from the cluster")
            except (*self._cluster.gone, RuntimeError, TimeoutError) as error:  # type: ignore[misc]
                self._handle, self._count = None, 0
                self.failure = failure_in(str(error))
                logger.error("an application does not start: %s", self.failure)
                await self._tell()
                await asyncio.sleep(LONGEST_WAIT_S)

    async def _look(self) -> None:
        """Count its replicas, again and again, while there is such an application."""
        while (count := await asyncio.to_thread(self._cluster.count, self.model)) is not None:
            if count != self._count:
                self._count = count
                await self._tell()
            await asyncio.sleep(LOOK_EVERY_S)


def failure_in(message: str) -> ServerError:
    """What a replica said that could not start, in what Ray says of it."""
    said = message.rpartition(FAILED)[2] if FAILED in message else ""
    try:
        facts, _ = json.JSONDecoder().raw_decode(said)
        return ServerError(**{name: str(facts[name]) for name in ("expected", "got", "where")})
    except (ValueError, LookupError):
        lines = message.strip().splitlines() or ["nothing"]
        return ServerError(expected="replicas that start", got=lines[-1][:300], where="ray")


@asynccontextmanager
async def on_cluster(folder: Path, settings: Settings) -> AsyncIterator[MakeWorkers]:
    """A cluster while the block lasts; gives what starts replicas on it.

    Args:
        folder: of the endpoint.
        settings: limits and folders.

    Raises:
        InputError: see ``RayServe``.
    """
    options = ClusterOptions.read(folder)
    models = Store(folder / STORE, settings).models()
    fewest = sum(model.serving.workers for model in models)
    cluster = RayServe(folder, settings, options, max(fewest, options.max_workers))
    try:
        yield partial(Replicas, cluster=cluster)
    finally:
        await asyncio.to_thread(cluster.close)

"""Requests that wait for a worker, or are with one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.operations.staging import Serving
from trifold.serve.telemetry.identifiers import CURRENT, RequestContext


@dataclass(eq=False)
class Waiting:
    """One request.

    Attributes:
        ask: what is asked.
        context: on whose behalf.
        since_s: when it came, in seconds since 1970.
        taken_s: when a worker got it; 0 until then.
        answer: where its answer goes.
    """

    ask: UpstreamRequest
    context: RequestContext | None = field(default_factory=CURRENT.get)
    since_s: float = field(default_factory=time.time)
    taken_s: float = 0.0
    answer: asyncio.Future[UpstreamResponse] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class WaitingLine:
    """Requests in the order in which they came.

    Attributes:
        open: those that are not answered yet, whoever has them.
    """

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue()
        self.open: set[Waiting] = set()

    @property
    def queued(self) -> int:
        """Requests that no worker has."""
        return sum(not waiting.taken_s for waiting in self.open)

    @property
    def oldest_s(self) -> float:
        """How long the first of them has waited, in seconds."""
        since = [waiting.since_s for waiting in self.open if not waiting.taken_s]
        return max(0.0, time.time() - min(since)) if since else 0.0

    def put(self, ask: UpstreamRequest) -> Waiting:
        """Let a request wait; whoever put it takes it out of ``open``."""
        waiting = Waiting(ask)
        self._queue.put_nowait(waiting)
        self.open.add(waiting)
        return waiting

    async def next(self, ended: asyncio.Future[None], serving: Serving) -> list[Waiting]:
        """What a worker is to do next, together; nothing when it has ended.

        Args:
            ended: done once the worker is.
            serving: how many requests are done together, and how long one waits for another.
        """
        first = await self._first(ended, None)
        batch = [] if first is None else [first]
        until_s = asyncio.get_running_loop().time() + serving.batch_delay_ms / 1000
        while batch and len(batch) < serving.batch_size:
            left_s = until_s - asyncio.get_running_loop().time()
            another = await self._first(ended, max(0.0, left_s))
            if another is None:
                break
            batch.append(another)
        return batch

    async def _first(self, ended: asyncio.Future[None], wait_s: float | None) -> Waiting | None:
        """The next request that still waits; None when time or the worker ended."""
        while True:
            if not self._queue.empty():
                waiting = self._queue.get_nowait()
            else:
                coming = asyncio.ensure_future(self._queue.get())
                either: set[asyncio.Future[Any]] = {coming, ended}
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
            if ended.done():
                self._queue.put_nowait(waiting)
                return None
            if not waiting.answer.done():
                return waiting

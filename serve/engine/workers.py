"""What answers for one version of a model, wherever it runs."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trifold.serve.engine.metrics import Metrics
from trifold.serve.engine.store import StoredModel
from trifold.serve.engine.waiting import Waiting, WaitingLine
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse, late
from trifold.serve.operations.server import ServerError
from trifold.serve.settings import Settings


class Workers(ABC):
    """Workers of a version, and who waits for them.

    Args:
        model: what they score with, and how many they are.
        settings: limits and folders.
        metrics: what they measure.

    Attributes:
        line: requests that wait, or are with a worker.
        failure: what a worker said that could not load the model, while that is so.
    """

    def __init__(self, model: StoredModel, settings: Settings, metrics: Metrics) -> None:
        self.model, self._settings, self._metrics = model, settings, metrics
        self.line = WaitingLine()
        self._changed = asyncio.Condition()
        self.failure: ServerError | None = None

    @property
    @abstractmethod
    def pids(self) -> list[int]:
        """Process ids of the workers that are warm."""

    @property
    def pending(self) -> int:
        """Requests that are not answered yet."""
        return len(self.line.open)

    @abstractmethod
    async def grow(self, metrics: Metrics) -> None:
        """Have all workers that the model has, measured by something else from now on.

        Raises:
            ServerError: see ``warm``.
        """

    @abstractmethod
    async def warm(self) -> None:
        """Wait until all workers are warm.

        Raises:
            ServerError: with what a worker says that cannot load the model.
        """

    @abstractmethod
    async def ask(self, ask: UpstreamRequest) -> UpstreamResponse:
        """Let a worker answer.

        Raises:
            Problem: 503 ``WORKER_DIED`` where the worker was lost with it, ``NOT_READY`` where none
                can be started, ``TIMEOUT`` where none came to it in ``patience_s``; 422 where it
                took too long.
        """

    async def drain(self) -> None:
        """Wait until nobody waits."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self.line.open)

    @abstractmethod
    async def close(self) -> None:
        """End all workers; nothing of what they did is left on the disk."""

    @asynccontextmanager
    async def _until_answered(self, waiting: Waiting) -> AsyncIterator[None]:
        """Somebody waits while the block lasts, and no longer than the patience that is set."""
        try:
            async with asyncio.timeout(self._settings.patience_s):
                yield
        except TimeoutError as error:
            raise late() from error
        finally:
            self.line.open.discard(waiting)
            await self._tell()

    async def _tell(self) -> None:
        """Those who wait for a change look again."""
        async with self._changed:
            self._changed.notify_all()

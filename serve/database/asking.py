"""How a gateway asks its database: in threads, so that its event loop never waits for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from trifold.serve.database.opened import reachable

P = ParamSpec("P")
T = TypeVar("T")


class OneThread:
    """Makes calls in the order in which they come, also those that nobody waits for any more.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, name)

    async def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a call returns, once it is its turn.

        Raises:
            Exception: as the call does.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """End the thread once all calls are made."""
        self._thread.shutdown()


async def asked(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the database says to a caller, in any thread.

    Raises:
        Problem: 503 while it is away.
    """
    with reachable():
        return await asyncio.to_thread(work, *args, **kwargs)

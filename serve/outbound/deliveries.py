"""Telling others, again and again while they do not answer, with growing waits and for hours."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from trifold.serve.outbound.outbox import Delivery, Outbox
from trifold.serve.problems import place_of

FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 3600.0
EVERY_S = 1.0  # how often it is looked whether something is due
MOST_AT_ONCE, MOST_OF_ONE = 64, 4  # a receiver that hangs takes no place of another's
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of one try: done, or again, not before so many seconds; or never."""

    is_done: bool
    again_s: float = 0.0
    is_hopeless: bool = False


Sender = Callable[[Delivery], Awaitable[Outcome]]


class Deliveries:
    """Works through the outbox.

    Args:
        outbox: what waits.
        senders: how to tell it, by kind.
        hours: after which somebody who does not answer is given up.
        given_up: told of each delivery that is.
    """

    def __init__(
        self,
        outbox: Outbox,
        senders: Mapping[str, Sender],
        *,
        hours: float,
        given_up: Callable[[Delivery], None] = lambda _: None,
    ) -> None:
        self._outbox, self._senders, self._given_up = outbox, dict(senders), given_up
        self._longest_s = hours * 3600
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._of = Counter[str]()
        self._wake = asyncio.Event()

    def add(self, caller: str, kind: str, body: bytes, target: str = "") -> None:
        """Have something told; where too much waits already, a line of the log says so.

        Raises:
            sqlite3.Error: when it cannot be kept, as on a full disk.
        """
        if not self._outbox.add(caller, kind, body, time.time(), target):
            logger.error("webhooks: more wait for one caller than are kept")
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block lasts, what is due is told; what is left, after the next start."""
        work = asyncio.create_task(self._run())
        try:
            yield
        finally:
            for task in (work, *self._busy.values()):
                task.cancel()
            await asyncio.gather(work, *self._busy.values(), return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                now_s = time.time()
                for delivery in self._outbox.due(now_s, self._busy, 2 * MOST_OF_ONE):
                    self._begin(delivery, now_s)
            except sqlite3.Error as error:
                logger.error("webhooks: %s", place_of(error))
            with suppress(TimeoutError):  # of Python 3.11, wait_for may lose that it was cancelled
                async with asyncio.timeout(EVERY_S):
                    await self._wake.wait()

    def _begin(self, delivery: Delivery, now_s: float) -> None:
        has_room = len(self._busy) < MOST_AT_ONCE and self._of[delivery.caller] < MOST_OF_ONE
        if has_room and self._outbox.claim(delivery, now_s):
            self._of[delivery.caller] += 1
            self._busy[delivery.id] = asyncio.create_task(self._deliver(delivery))

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            sender = self._senders.get(delivery.kind)
            outcome = Outcome(False, is_hopeless=True) if sender is None else await sender(delivery)
            self._note(delivery, outcome)
        except asyncio.CancelledError:
            self._outbox.later(delivery, time.time())
            raise
        except Exception as error:  # one that cannot be told is due again when its lease ends
            logger.error("webhooks: %s", place_of(error))
        finally:
            self._busy.pop(delivery.id, None)
            self._of[delivery.caller] -= 1
            self._wake.set()

    def _note(self, delivery: Delivery, outcome: Outcome) -> None:
        now_s = time.time()
        wait_s = max(outcome.again_s, wait_for(delivery.tries))
        late = now_s + wait_s - delivery.created_s > self._longest_s
        if outcome.is_done or outcome.is_hopeless or late:
            if not outcome.is_done:
                self._given_up(delivery)
            self._outbox.remove(delivery)
        else:
            self._outbox.later(delivery, now_s + wait_s)


def wait_for(tries: int) -> float:
    """Seconds until the next try: doubled each time; by chance, so that not all come at once."""
    most = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(tries, 30))
    return most * random.uniform(0.75, 1.25)  # noqa: S311

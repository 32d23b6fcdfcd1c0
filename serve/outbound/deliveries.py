"""Telling others, again and again while they do not answer, with growing waits and for hours."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from trifold.serve.database.asking import OneThread
from trifold.serve.database.opened import reason_of
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
    """Works through the outbox, as other gateways do that share it.

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
        self._busy: dict[str, tuple[Delivery, asyncio.Task[None]]] = {}
        self._wake, self._is_over = asyncio.Event(), False
        self._thread = OneThread("outbox")  # what is noted first is there first
        self._call = self._thread.call

    async def add(
        self, caller: str, kind: str, body: bytes, target: str = "", *, event: str = ""
    ) -> None:
        """Have something told, see ``add_to``; of too much that waits a line of the log says so.

        Raises:
            SQLAlchemyError: when it cannot be kept.
        """
        self.noted(await self._call(self._outbox.add, caller, kind, body, target, event=event))

    def noted(self, is_kept: bool) -> None:
        """Something was added to the outbox, or too much waited there."""
        if not is_kept:
            logger.error("webhooks: more wait for one caller than are kept")
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block lasts, what is due is told; what is left, by whoever comes next."""
        work = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._is_over = True
            self._wake.set()
            # what it is taking is in hand first, and can be given back
            await asyncio.gather(work, return_exceptions=True)
            held = list(self._busy.values())
            for _, task in held:
                task.cancel()
            await asyncio.gather(*(task for _, task in held), return_exceptions=True)
            try:
                await self._call(self._outbox.give_back, [delivery for delivery, _ in held])
            except SQLAlchemyError as error:  # the leases end by themselves
                logger.error("webhooks: %s", reason_of(error))
            self._thread.close()

    async def _run(self) -> None:
        while not self._is_over:
            self._wake.clear()
            in_hand = [delivery for delivery, _ in self._busy.values()]
            try:
                taken = await self._call(
                    self._outbox.take,
                    self._senders,
                    in_hand,
                    most=MOST_AT_ONCE - len(in_hand),
                    most_of_one=MOST_OF_ONE,
                    longest_s=self._longest_s,
                )
            except SQLAlchemyError as error:
                logger.error("webhooks: %s", reason_of(error))
                taken = []
            for one in taken:
                self._busy[one.id] = one, asyncio.create_task(self._deliver(one))
            with suppress(TimeoutError):  # of Python 3.11, wait_for may lose that it was cancelled
                async with asyncio.timeout(EVERY_S):
                    await self._wake.wait()

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            sender = self._senders.get(delivery.kind)  # none where it waited too long for one
            outcome = Outcome(False, is_hopeless=True) if sender is None else await sender(delivery)
            await self._note(delivery, outcome)
        except SQLAlchemyError as error:  # it is due again when its lease ends
            logger.error("webhooks: %s", reason_of(error))
        except Exception as error:  # so is one that cannot be told
            logger.error("webhooks: %s", place_of(error))
        finally:
            self._busy.pop(delivery.id, None)
            self._wake.set()

    async def _note(self, delivery: Delivery, outcome: Outcome) -> None:
        wait_s = max(outcome.again_s, wait_for(delivery.tries))
        late = delivery.age_s + wait_s > self._longest_s
        if outcome.is_done or outcome.is_hopeless or late:
            if not outcome.is_done:
                self._given_up(delivery)
            await self._call(self._outbox.remove, delivery)
        else:
            await self._call(self._outbox.later, delivery, wait_s)


def wait_for(tries: int) -> float:
    """Seconds until the next try: doubled each time; by chance, so that not all come at once."""
    most = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(tries, 30))
    return most * random.uniform(0.75, 1.25)  # noqa: S311

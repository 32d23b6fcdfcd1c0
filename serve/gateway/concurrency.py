"""Who may be here at a time: of all callers together, and of each one.

A request counts as an upload until its body is here, and as one that waits from then on, so that
bodies that trickle take no place of those that are scored. Bytes count as they come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from trifold.codes import Code
from trifold.serve.problems import Problem
from trifold.serve.settings import MIB, Settings

UPLOADS, WAITING, HELD = "uploads", "waiting", "held"
UPLOADS_PER_PLACE = 8  # a body that comes slowly costs a connection and little else


class Quotas:
    """Counts, with a bound for all and a share of it for each caller.

    Args:
        settings: limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._most = {
            UPLOADS: UPLOADS_PER_PLACE * settings.max_waiting,
            WAITING: settings.max_waiting,
            HELD: settings.max_held_mib * MIB,
        }
        self._share = {kind: settings.share_of(most) for kind, most in self._most.items()}
        self._share[HELD] = max(self._share[HELD], settings.max_request_mib * MIB)
        self._all, self._own = Counter[str](), Counter[tuple[str, str]]()

    @contextmanager
    def reserve(self, caller: str) -> Iterator[Reservation]:
        """A place for one request; what it took is given back when the block ends."""
        place = Reservation(self, caller)
        try:
            yield place
        finally:
            for kind in (UPLOADS, WAITING, HELD):
                place.leave(kind)

    def check(self, caller: str, kind: str, count: int) -> None:
        """Find out whether there is room for so many.

        Raises:
            Problem: 429 where the caller has its share already, 503 where all of it is taken.
        """
        if self._own[caller, kind] + count > self._share[kind]:
            raise Problem(
                429,
                Code.TOO_MANY_REQUESTS,
                "more requests of this caller are here than its share; try again later",
            )
        if self._all[kind] + count > self._most[kind]:
            raise Problem(503, Code.OVERLOADED, "more requests wait than this server holds")

    def add(self, caller: str, kind: str, count: int) -> None:
        """Count so many more, or less."""
        self._all[kind] += count
        self._own[caller, kind] += count
        if not self._own[caller, kind]:
            del self._own[caller, kind]


class Reservation:
    """What one request takes."""

    def __init__(self, quotas: Quotas, caller: str) -> None:
        self._quotas, self._caller, self._taken = quotas, caller, Counter[str]()

    def check(self, kind: str, count: int = 1) -> None:
        """As ``Quotas.check``."""
        self._quotas.check(self._caller, kind, count)

    def take(self, kind: str, count: int = 1) -> None:
        """Take so many, as far as there is room.

        Raises:
            Problem: 429 or 503, as ``Quotas.check``.
        """
        self.check(kind, count)
        self._quotas.add(self._caller, kind, count)
        self._taken[kind] += count

    def leave(self, kind: str) -> None:
        """Give back what was taken of a kind."""
        self._quotas.add(self._caller, kind, -self._taken.pop(kind, 0))

"""Who has used up what: refusals with ``Retry-After``, and headers that say how much is left.

``RateLimit`` and ``RateLimit-Policy`` are those of the IETF's draft (RateLimit header fields for
HTTP, draft-ietf-httpapi-ratelimit-headers): ``"requests_day";r=998;t=3600``.
"""

from __future__ import annotations

import logging
import math
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from trifold.codes import Code
from trifold.serve.problems import Problem, place_of
from trifold.serve.usage.counts import Counts
from trifold.serve.usage.limits import JOBS, KINDS, MINUTES, REQUESTS, Limits, Period, periods_at

logger = logging.getLogger(__name__)


class QuotaProblem(Problem):
    """429 until a day or a month is over."""

    def __init__(self, name: str, most: int, wait_s: int) -> None:
        said = f"the quota {name} of {most} is used up"
        super().__init__(429, Code.QUOTA_USED, said, extra={"quota": name})
        self._wait_s = wait_s

    @property
    def headers(self) -> dict[str, str]:
        """When to come again."""
        return {"Retry-After": str(self._wait_s)}


class Usage:
    """Counts what callers ask for, and refuses what is beyond their quotas.

    Requests and jobs are counted when they are taken, minutes of media when they were scored: who
    has a minute left may send an hour, once.

    Args:
        counts: what was used.
        limits: gives those of a caller as they are now.
        clock: tells the time.
    """

    def __init__(
        self,
        counts: Counts,
        limits: Callable[[str], Limits],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._counts, self._limits, self._clock = counts, limits, clock

    def admit(self, caller: str, *, job: bool = False) -> None:
        """Count a request, and a job where it is one, as far as the quotas have room for it.

        Raises:
            QuotaProblem: 429.
        """
        now, most = self._clock(), self._limits(caller).most
        kinds = (REQUESTS, JOBS, MINUTES) if job else (REQUESTS, MINUTES)
        for period in periods_at(now):
            used = self._used(caller, period)
            for kind in kinds:
                name = f"{kind}_{period.kind}"
                if name in most and used[kind] >= most[name]:
                    raise QuotaProblem(name, most[name], _left_s(period, now))
        for kind in kinds[:-1]:
            self._add(caller, kind, 1.0)

    def scored(self, caller: str, media_s: str) -> None:
        """Count media that were scored, as a worker says in a header."""
        try:
            seconds = float(media_s or 0)
        except ValueError:
            return
        if 0 < seconds < math.inf:
            self._add(caller, MINUTES, seconds / 60)

    def headers(self, caller: str) -> dict[str, str]:
        """What an answer tells of a caller's quotas; nothing where it has none."""
        most, now = self._limits(caller).most, self._clock()
        policies, left = [], []
        for period in periods_at(now):
            used = self._used(caller, period) if most else {}
            for kind in KINDS:
                name = f"{kind}_{period.kind}"
                if name in most:
                    policies.append(f'"{name}";q={most[name]};w={period.seconds}')
                    rest = max(0, math.ceil(most[name] - used[kind]))
                    left.append(f'"{name}";r={rest};t={_left_s(period, now)}')
        if not policies:
            return {}
        return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}

    def to_dict(self, caller: str) -> dict[str, Any]:
        """What a caller used, and may use."""
        found: dict[str, Any] = {"caller": caller}
        for period in periods_at(self._clock()):
            used = self._used(caller, period)
            found[period.kind] = {
                "from": period.start.isoformat(),
                "until": period.end.isoformat(),
                REQUESTS: int(used[REQUESTS]),
                JOBS: int(used[JOBS]),
                MINUTES: round(used[MINUTES], 3),
            }
        return found | {"quota": dict(self._limits(caller).most)}

    def _used(self, caller: str, period: Period) -> Mapping[str, float]:
        try:
            return self._counts.used(caller, period)
        except sqlite3.Error as error:
            _tell(error)
            return dict.fromkeys(KINDS, 0.0)

    def _add(self, caller: str, kind: str, amount: float) -> None:
        """Count; a disk that is full keeps nobody from being served."""
        try:
            self._counts.add(caller, kind, amount, self._clock())
        except sqlite3.Error as error:
            _tell(error)


def _left_s(period: Period, now: datetime) -> int:
    return max(1, math.ceil((period.end - now).total_seconds()))


def _tell(error: sqlite3.Error) -> None:
    logger.error("usage is not counted: %s", place_of(error))

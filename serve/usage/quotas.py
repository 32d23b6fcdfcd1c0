"""Who has used up what: refusals with ``Retry-After``, and headers that say how much is left.

``RateLimit`` and ``RateLimit-Policy`` are those of the IETF's draft (RateLimit header fields for
HTTP, draft-ietf-httpapi-ratelimit-headers): ``"requests_day";r=998;t=3600``.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from trifold.codes import Code
from trifold.serve.database.asking import OneThread
from trifold.serve.database.opened import reachable, reason_of
from trifold.serve.problems import Problem
from trifold.serve.usage.counts import Counts
from trifold.serve.usage.limits import JOBS, KINDS, MINUTES, REQUESTS, Limits, Period, periods_at

EVERY_S = 1.0  # how often is written what nobody waits for
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
    has a minute left may send an hour, once. Who has a quota waits until the database has counted
    its request, once for all gateways; what nobody is bound by is gathered, and written together.

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
        self._thread = OneThread("usage")  # what comes first is counted first
        self._call = self._thread.call
        self._gathered: defaultdict[tuple[str, str, str], float] = defaultdict(float)
        self._failing = False

    async def admit(self, caller: str, *, job: bool = False) -> None:
        """Count a request, and a job where it is one, as far as the quotas have room for it.

        Raises:
            QuotaProblem: 429.
        """
        now, most = self._clock(), self._limits(caller).most
        kinds = (REQUESTS, JOBS) if job else (REQUESTS,)
        if most:
            await self.flush()
            try:
                beyond = await self._call(self._counts.take, caller, kinds, most, now)
            except SQLAlchemyError as error:  # that keeps nobody from being served
                self._tell(error)
            else:
                if beyond is not None:
                    name, period = beyond
                    raise QuotaProblem(name, most[name], _left_s(period, now))
                return
        for kind in kinds:
            self._gather(caller, kind, 1.0)

    def scored(self, caller: str, media_s: str) -> None:
        """Count media that were scored, as a worker says in a header."""
        try:
            seconds = float(media_s or 0)
        except ValueError:
            return
        if 0 < seconds < math.inf:
            self._gather(caller, MINUTES, seconds / 60)

    async def headers(self, caller: str) -> dict[str, str]:
        """What an answer tells of a caller's quotas; nothing where it has none, or none is known.

        What other gateways scored within a second may not be in it.
        """
        most, now = self._limits(caller).most, self._clock()
        if not most:
            return {}
        await self.flush()
        try:
            found = await self._call(self._counts.used, caller, now)
        except SQLAlchemyError as error:
            self._tell(error)
            return {}
        policies, left = [], []
        for period in periods_at(now):
            used = found[period.kind]
            for kind in KINDS:
                name = f"{kind}_{period.kind}"
                if name in most:
                    policies.append(f'"{name}";q={most[name]};w={period.seconds}')
                    rest = max(0, math.ceil(most[name] - used[kind]))
                    left.append(f'"{name}";r={rest};t={_left_s(period, now)}')
        return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}

    async def to_dict(self, caller: str) -> dict[str, Any]:
        """What a caller used, and may use.

        Raises:
            Problem: 503 while the database is away.
        """
        await self.flush()
        now = self._clock()
        with reachable():
            held = await self._call(self._counts.used, caller, now)
        found: dict[str, Any] = {"caller": caller}
        for period in periods_at(now):
            used = held[period.kind]
            found[period.kind] = {
                "from": period.start.isoformat(),
                "until": period.end.isoformat(),
                REQUESTS: int(used[REQUESTS]),
                JOBS: int(used[JOBS]),
                MINUTES: round(used[MINUTES], 3),
            }
        return found | {"quota": dict(self._limits(caller).most)}

    async def keep_written(self) -> None:
        """Write what was gathered, again and again."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what was gathered; what cannot be written is gathered still."""
        if not self._gathered:
            return
        gathered, self._gathered = self._gathered, defaultdict(float)
        try:
            await self._call(self._counts.add, gathered)
            self._failing = False
        except SQLAlchemyError as error:
            for row, amount in gathered.items():
                self._gathered[row] += amount
            self._tell(error)

    async def close(self) -> None:
        """Write what is left."""
        await self.flush()
        self._thread.close()

    def _gather(self, caller: str, kind: str, amount: float) -> None:
        for period in periods_at(self._clock()):
            self._gathered[caller, period.key, kind] += amount

    def _tell(self, error: SQLAlchemyError) -> None:
        """A line in the log, once until it works again."""
        if not self._failing:
            logger.error("usage is not counted: %s", reason_of(error))
        self._failing = True


def _left_s(period: Period, now: datetime) -> int:
    return max(1, math.ceil((period.end - now).total_seconds()))

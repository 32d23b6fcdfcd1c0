"""Quotas: how many requests, jobs and minutes of media a caller may have in a day or a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trifold.errors import InputError, unknown

REQUESTS, JOBS, MINUTES = "requests", "jobs", "minutes"
DAY, MONTH = "day", "month"
KINDS, PERIODS = (REQUESTS, JOBS, MINUTES), (DAY, MONTH)
NAMES = tuple(f"{kind}_{period}" for kind in KINDS for period in PERIODS)
NONE = "none"


@dataclass(frozen=True)
class Limits:
    """What a caller may have, by ``requests_day`` and the like; what is not named has no bound."""

    most: Mapping[str, int]


def limits_of(text: str, where: object = "quota") -> Limits:
    """Limits such as ``requests_day=1000,minutes_month=6000``.

    Raises:
        InputError: when one of them is unknown, no whole number, or there twice.
    """
    most: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        if name not in NAMES:
            raise unknown(name[:60], NAMES, what="quotas", where=where)
        if not (value.isascii() and value.isdecimal()) or len(value) > 12:
            raise InputError(expected=f"{name}=NUMBER", got=repr(value[:60]), where=where)
        if name in most:
            raise InputError(expected=f"{name} once", got="twice", where=where)
        most[name] = int(value)
    return Limits(most)


@dataclass(frozen=True)
class Period:
    """A day or a month of the calendar, in UTC.

    Attributes:
        kind: ``day`` or ``month``.
        start: its first moment.
        end: the first moment of the next.
    """

    kind: str
    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """Its name among all: ``2027-01-31`` or ``2027-01``."""
        return self.start.strftime("%Y-%m-%d" if self.kind == DAY else "%Y-%m")

    @property
    def seconds(self) -> int:
        """How long it is."""
        return int((self.end - self.start).total_seconds())


def periods_at(now: datetime) -> tuple[Period, Period]:
    """The day and the month that it is."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    month = day.replace(day=1)
    following = (month + timedelta(days=32)).replace(day=1)
    return Period(DAY, day, day + timedelta(days=1)), Period(MONTH, month, following)

"""What callers used and may use, as the gateway counts it."""

from __future__ import annotations

from trifold.database.engine import Database
from trifold.serve.access.api_keys import Callers
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.usage.counts import Counts
from trifold.serve.usage.limits import Limits, limits_of
from trifold.serve.usage.quotas import Usage


def usage_of(database: Database, callers: Callers, settings: Settings) -> Usage:
    """Counts of all callers, with each one's own quota, or the one of the settings.

    Raises:
        InputError: when that one is none.
    """
    usual, counts = limits_of(settings.quota), Counts(database)
    counts.expire()

    def limits(caller: str) -> Limits:
        try:
            entry = callers.current().get(caller)
        except Problem:  # nobody is let in then
            entry = None
        return limits_of(entry.quota) if entry is not None and entry.quota else usual

    return Usage(counts, limits)

"""What callers used: requests, jobs and seconds of media by day and month, in the file of state."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from trifold.serve.state import FILE, State
from trifold.serve.usage.limits import KINDS, MINUTES, Period, periods_at

KEPT_DAYS, KEPT_MONTHS = 62, 25
_TABLE = """CREATE TABLE IF NOT EXISTS usage (caller TEXT, period TEXT, kind TEXT, amount REAL,
    PRIMARY KEY (caller, period, kind)) WITHOUT ROWID"""
_ADD = """INSERT INTO usage VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET amount = amount + excluded.amount"""


class Counts:
    """Counts that outlive the gateway.

    Args:
        state: where they are kept.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        state.run(_TABLE)

    def add(self, caller: str, kind: str, amount: float, now: datetime) -> None:
        """Count so much more of a kind, in this day and this month."""
        for period in periods_at(now):
            self._state.run(_ADD, (caller, period.key, kind, amount))

    def used(self, caller: str, period: Period) -> dict[str, float]:
        """Amounts by kind."""
        rows = self._state.run(
            "SELECT kind, amount FROM usage WHERE caller = ? AND period = ?", (caller, period.key)
        )
        return dict.fromkeys(KINDS, 0.0) | {row["kind"]: row["amount"] for row in rows}

    def expire(self) -> None:
        """Remove all but the last 62 days and 25 months in which somebody used something."""
        for keep, length in ((KEPT_DAYS, 10), (KEPT_MONTHS, 7)):
            self._state.run(
                "DELETE FROM usage WHERE length(period) = ? AND period NOT IN (SELECT DISTINCT "
                "period FROM usage WHERE length(period) = ? ORDER BY period DESC LIMIT ?)",
                (length, length, keep),
            )


def usage_lines(folder: Path, now: datetime) -> dict[str, str]:
    """What callers used today and this month, in words by caller, without a running gateway."""
    if not (folder / FILE).is_file():
        return {}
    state = State(folder)
    try:
        counts = Counts(state)
        names = [row["caller"] for row in state.run("SELECT DISTINCT caller FROM usage")]
        return {name: _line(counts, name, now) for name in names}
    except sqlite3.Error:
        return {}
    finally:
        state.close()


def _line(counts: Counts, caller: str, now: datetime) -> str:
    said = []
    for period, word in zip(periods_at(now), ("today", "this month"), strict=True):
        used = counts.used(caller, period)
        parts = [f"{used[kind]:.0f} {kind}" for kind in KINDS if kind != MINUTES]
        said.append(f"{word} {', '.join(parts)}, {used[MINUTES]:.1f} minutes")
    return "; ".join(said)

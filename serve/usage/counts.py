"""What callers used: requests, jobs and seconds of media by day and month, in the database.

All gateways of a database count together. What was counted outlives a kill of them; nobody waits
for the disk, so that a power cut of the database's machine may take what was counted just before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from trifold.database.engine import Database
from trifold.serve.database.tables import UsageRow
from trifold.serve.usage.limits import DAY, KINDS, MINUTES, MONTH, Period, periods_at

KEPT = {DAY: 62, MONTH: 25}
LENGTHS = {DAY: len("2027-01-31"), MONTH: len("2027-01")}  # of the names of periods
Amounts = Mapping[tuple[str, str, str], float]  # by caller, period and kind


class Counts:
    """Counts of all callers.

    Args:
        database: that holds them; several gateways may share it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, amounts: Amounts) -> None:
        """Count so much more.

        Raises:
            SQLAlchemyError: when it cannot be written; then nothing of it is.
        """
        with self._database.writing(lasting=False) as session:
            self._add(session, amounts)

    def take(
        self, caller: str, kinds: Sequence[str], most: Mapping[str, int], now: datetime
    ) -> tuple[str, Period] | None:
        """Count one more of each kind, or nothing where one of them is used up.

        Rows that are counted are held until all were looked at, so that no gateway lets through
        what another has let through.

        Args:
            caller: who asks.
            kinds: what is asked for.
            most: bounds by name, such as ``requests_day``; minutes are looked at, not counted.
            now: what time it is.

        Returns:
            The name and the period of what is used up; None where it was counted.

        Raises:
            SQLAlchemyError: when it cannot be written.
        """
        periods = periods_at(now)
        wanted = {(caller, p.key, kind): 1.0 for p in periods for kind in kinds}
        wanted |= {(caller, p.key, MINUTES): 0.0 for p in periods if f"{MINUTES}_{p.kind}" in most}
        with self._database.writing(lasting=False) as session:
            after = self._add(session, wanted)
            for period in periods:
                for kind in KINDS:
                    name, row = f"{kind}_{period.kind}", (caller, period.key, kind)
                    if name in most and row in wanted and after[row] - wanted[row] >= most[name]:
                        session.rollback()
                        return name, period
        return None

    def used(self, caller: str, now: datetime) -> dict[str, dict[str, float]]:
        """Amounts by kind, of the day and of the month that it is.

        Raises:
            SQLAlchemyError: when they cannot be read.
        """
        periods = {period.key: period.kind for period in periods_at(now)}
        wanted = select(UsageRow.period, UsageRow.kind, UsageRow.amount)
        wanted = wanted.where(UsageRow.caller == caller, UsageRow.period.in_(periods))
        found = {kind: dict.fromkeys(KINDS, 0.0) for kind in periods.values()}
        with self._database.reading() as session:
            for period, kind, amount in session.execute(wanted):
                found[periods[period]][kind] = amount
        return found

    def expire(self) -> None:
        """Remove all but the last 62 days and 25 months in which somebody used something."""
        with self._database.writing() as session:
            for kind, length in LENGTHS.items():
                of_kind = func.length(UsageRow.period) == length
                last = select(UsageRow.period).where(of_kind).distinct()
                kept = session.scalars(last.order_by(UsageRow.period.desc()).limit(KEPT[kind]))
                old = UsageRow.period < min(kept, default="")
                session.execute(delete(UsageRow).where(of_kind, old))

    def _add(self, session: Session, amounts: Amounts) -> dict[tuple[str, str, str], float]:
        """Count; returns what there is now. Rows come in one order, so that no two wait in turn."""
        names = ("caller", "period", "kind")
        values = [
            dict(zip(names, row, strict=True)) | {"amount": amount}
            for row, amount in sorted(amounts.items())
        ]
        insert: Any = sqlite.insert if self._database.is_sqlite else postgresql.insert
        added = insert(UsageRow.__table__)
        added = added.on_conflict_do_update(
            index_elements=names, set_={"amount": UsageRow.amount + added.excluded.amount}
        )
        columns = UsageRow.caller, UsageRow.period, UsageRow.kind, UsageRow.amount
        found = session.execute(added.returning(*columns), values)
        return {(caller, period, kind): amount for caller, period, kind, amount in found}


def usage_lines(database: Database, now: datetime) -> dict[str, str]:
    """What callers used today and this month, in words by caller, without a running gateway."""
    counts = Counts(database)
    try:
        with database.reading() as session:
            names = session.scalars(select(UsageRow.caller).distinct()).all()
        return {name: _line(counts.used(name, now)) for name in names}
    except SQLAlchemyError:
        return {}


def _line(found: Mapping[str, Mapping[str, float]]) -> str:
    said = []
    for period, word in ((DAY, "today"), (MONTH, "this month")):
        used = found[period]
        parts = [f"{used[kind]:.0f} {kind}" for kind in KINDS if kind != MINUTES]
        said.append(f"{word} {', '.join(parts)}, {used[MINUTES]:.1f} minutes")
    return "; ".join(said)

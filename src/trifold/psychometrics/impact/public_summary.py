"""The public summary that New York City's Local Law 144 asks for, as data and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from trifold.errors import InputError
from trifold.psychometrics.impact.local_law_144 import DISCLAIMER, LocalLaw144
from trifold.psychometrics.statistics.plain import plain


@dataclass(frozen=True)
class PublicSummary:
    """What § 5-303 asks an employer to publish.

    Attributes:
        audited_on: date of the most recent audit.
        distributed_on: day from which the tool was used.
        data_source: where the data are from, and what they are.
        test_data_reason: why test data were used and how they were made; empty for historical data.
        result: tables.
    """

    audited_on: date
    distributed_on: date
    data_source: str
    test_data_reason: str
    result: LocalLaw144

    def __post_init__(self) -> None:
        """Refuse a summary without its source.

        Raises:
            InputError: where the source and explanation of the data is empty.
        """
        if not self.data_source.strip():
            raise InputError(expected="the source and explanation of the data", got="nothing")

    @property
    def data_kind(self) -> str:
        """``historical`` or ``test``."""
        return "test" if self.test_data_reason.strip() else "historical"

    def current(self, on: date) -> bool:
        """Whether the audit is at most a year old (§ 5-301 a)."""
        return 0 <= (on - self.audited_on).days <= 365

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return {**plain(self), "data_kind": self.data_kind, "note": DISCLAIMER}

    def as_table(self) -> pd.DataFrame:
        """A row per category and one per table for the unknown, to download as CSV."""
        rows: list[dict[str, Any]] = []
        for table in self.result.tables:
            rows += [{"table": table.name, **plain(row)} for row in table.rows]
            rows.append({"table": table.name, "category": "unknown", "n": table.unknown})
        wide = pd.DataFrame(rows).drop(columns="flags")
        return wide.assign(
            audited_on=self.audited_on.isoformat(),
            distributed_on=self.distributed_on.isoformat(),
            data_kind=self.data_kind,
            note=DISCLAIMER,
        )

"""The consent table: what each candidate was told and agreed to, one row per candidate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from trifold.errors import InputError
from trifold.policy.facts import Consent
from trifold.tables.cells import is_missing, plain
from trifold.tables.headers import match
from trifold.tables.ids import id_key, read_ids
from trifold.tables.reading import read_table
from trifold.tables.table import Table

DATES = ("notice_on", "explained_on", "consent_on", "release_on", "withdrawn_on")
COLUMNS = ("candidate_id", "notice_id", *DATES)


class Consents(Mapping[str, Consent]):
    """Candidate id to what is recorded, which any spelling of an id finds."""

    def __init__(self, of: Mapping[str, Consent]) -> None:
        self._of = dict(of)
        self._by_key = {id_key(name): told for name, told in of.items()}

    def __getitem__(self, name: str) -> Consent:
        """What is recorded of a person."""
        return self._by_key[id_key(name)]

    def __iter__(self) -> Iterator[str]:
        """Ids as the table writes them."""
        return iter(self._of)

    def __len__(self) -> int:
        """How many people there are."""
        return len(self._of)


def read_consents(path: str | Path | None) -> Consents:
    """Candidate id to what is recorded; empty without a table.

    Args:
        path: a table with ``candidate_id`` and any of ``notice_id``, ``notice_on``,
            ``explained_on``, ``consent_on``, ``release_on`` and ``withdrawn_on``; other columns
            are not read. Dates are written as 2026-11-29; an empty cell is nothing recorded.

    Raises:
        InputError: when it cannot be read, lacks ``candidate_id``, has a person twice, or a date
            is none.
    """
    if not path:
        return Consents({})
    table = read_table(Path(path), known=COLUMNS, what="a consent table")
    table = match(table, COLUMNS, required=("candidate_id",))
    found: dict[str, Consent] = {}
    for row, candidate in enumerate(read_ids(table)[0]):
        if candidate in found:
            got = f"'{candidate}' again in {table.place(row)}"
            raise InputError(expected="each candidate once", got=got, where=table.where)
        days = {name: _day(table, name, row) for name in DATES}
        found[candidate] = Consent(_cell(table, "notice_id", row), **days)
    return Consents(found)


def _cell(table: Table, column: str, row: int) -> str:
    if column not in table.columns:
        return ""
    cell = table.rows[row][table.columns.index(column)]
    return "" if is_missing(cell) else plain(cell)


def _day(table: Table, column: str, row: int) -> date | None:
    text = _cell(table, column, row)
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])  # a time behind it is a spreadsheet's
    except ValueError as error:
        raise InputError(
            expected=f"a date such as 2026-11-29 in column '{column}'",
            got=f"{text[:30]!r} in {table.place(row)}",
            where=table.where,
        ) from error

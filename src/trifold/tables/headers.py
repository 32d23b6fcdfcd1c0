"""Which column is which: names without case, spaces and hyphens, other names, near misses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher

from trifold.errors import InputError
from trifold.tables.table import Table

NEAR = 0.84  # likeness of two long names from which one is the other, mistyped
LONG = 6


def key(name: str) -> str:
    """What is compared of a name: ``Candidate ID``, ``candidate-id`` and ``candidateId`` agree."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def match(
    table: Table,
    names: Sequence[str],
    *,
    required: Collection[str] = (),
    aliases: Mapping[str, Sequence[str]] | None = None,
) -> Table:
    """The table with the wanted columns under their own names; other columns keep theirs.

    Args:
        table: as read.
        names: of the columns that are known.
        required: those that must be there.
        aliases: known name to other names for the same, used where the known one is absent.

    Raises:
        InputError: when a required column is absent, two columns go by one name, or a column is
            nearly called like a known one that is absent.
    """
    found = {name: _column_of(table, name, (aliases or {}).get(name, ())) for name in names}
    used = {position for position in found.values() if position is not None}
    absent = [name for name in names if found[name] is None]
    for name in absent:
        _refuse_near(table, name, used, required=name in required)
    missing = [name for name in names if name in required and found[name] is None]
    if missing:
        raise missing_column(missing[0], table)
    columns = [
        column if i in used or column not in names else "" for i, column in enumerate(table.columns)
    ]
    notes = []
    for name, position in found.items():
        if position is not None:
            if key(table.columns[position]) != key(name):
                notes.append(f"column '{table.columns[position]}' is read as '{name}'")
            columns[position] = name
    return table.renamed(columns, notes)


def missing_column(name: str, table: Table) -> InputError:
    """The error about a column that is absent."""
    came = ", ".join(column for column in table.columns[:12] if column)
    return InputError(expected=f"a column '{name}'", got=f"columns {came}", where=table.where)


def _column_of(table: Table, name: str, others: Sequence[str]) -> int | None:
    """Position of the column: by its exact name, by its key, or by another name's key."""
    exact = [i for i, column in enumerate(table.columns) if column == name]
    by_key = [i for i, column in enumerate(table.columns) if key(column) == key(name)]
    by_alias = [i for i, column in enumerate(table.columns) if key(column) in map(key, others)]
    if len(exact) == 1 and len(by_key) == 1:
        return exact[0]
    for positions in (by_key, by_alias):
        if len(positions) > 1:
            came = " and ".join(repr(table.columns[i]) for i in positions)
            raise InputError(expected=f"one column '{name}'", got=came, where=table.where)
        if positions:
            return positions[0]
    return None


def _refuse_near(table: Table, name: str, used: Collection[int], *, required: bool) -> None:
    for position, column in enumerate(table.columns):
        if position not in used and _near(key(column), key(name)):
            advice = "rename it" if required else "rename it or remove it"
            raise InputError(
                expected=f"a column '{name}'", got=f"'{column}': {advice}", where=table.where
            )


def _near(one: str, other: str) -> bool:
    """Whether a name is another with letters swapped, an s more, or in long ones a letter wrong."""
    if sorted(one) == sorted(other) or one == f"{other}s":
        return True
    return len(other) >= LONG and SequenceMatcher(None, one, other).ratio() >= NEAR

"""Self-reported groups, in a file of their own that only commands about impact may read.

Nothing that encodes, trains or scores imports this module; ``tests/test_import_table.py`` and
``tests/attacks/test_groups.py`` hold the code to it. Groups are never guessed: there is no other
way to them than this table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trifold.errors import InputError
from trifold.tables.cells import is_declined, is_missing, looks_like_code, number, plain
from trifold.tables.headers import match
from trifold.tables.ids import one_spelling, read_ids
from trifold.tables.numbers import SURE, codes_in
from trifold.tables.reading import read_table

UNKNOWN = ""  # nothing was said, or the person would not say
PROVENANCE = "self-report"


@dataclass(frozen=True)
class Groups:
    """What people reported of themselves.

    Attributes:
        columns: names of the groupings, such as ``sex``.
        of: candidate id to the group in each column; ``UNKNOWN`` where nothing was said.
        where: the file.
        provenance: always a self-report.
    """

    columns: tuple[str, ...]
    of: dict[str, tuple[str, ...]]
    where: Path
    provenance: str = PROVENANCE

    def column(self, name: str) -> dict[str, str]:
        """Candidate id to group in one column.

        Raises:
            InputError: when there is no such column.
        """
        if name not in self.columns:
            known = ", ".join(self.columns)
            raise InputError(expected=f"a grouping among {known}", got=repr(name), where=self.where)
        place = self.columns.index(name)
        return {candidate: groups[place] for candidate, groups in self.of.items()}

    def intersection(self, *names: str) -> dict[str, str]:
        """Candidate id to groups of several columns at once, unknown where one of them is."""
        parts = [self.column(name) for name in names]
        found = {}
        for candidate in self.of:
            own = [part[candidate] for part in parts]
            found[candidate] = UNKNOWN if UNKNOWN in own else ", ".join(own)
        return found


def read_groups(path: str | Path, *, person: Sequence[str] = ()) -> Groups:
    """Read and check a table with ``candidate_id`` and one column per grouping.

    Args:
        path: of the table.
        person: other names of the person's column, the likeliest first.

    Raises:
        InputError: when it cannot be read, has no grouping, holds a person twice, or has a column
            whose name says that it was guessed.
    """
    table = match(
        read_table(Path(path), known=("candidate_id", *person), what="a table of groups"),
        ("candidate_id",),
        required=("candidate_id",),
        aliases={"candidate_id": person},
    )
    columns = tuple(c for c in table.columns if c and c != "candidate_id")
    if not columns:
        raise InputError(expected="a column for a grouping", got="none", where=table.where)
    _refuse_guesses(columns, table.where)
    cells = {name: one_spelling(_groups(table.named_cells(name)))[0] for name in columns}
    found: dict[str, tuple[str, ...]] = {}
    for row, candidate in enumerate(read_ids(table)[0]):
        if candidate in found:
            got = f"'{candidate}' again in {table.place(row)}"
            raise InputError(expected="each candidate once", got=got, where=table.where)
        found[candidate] = tuple(cells[name][row] for name in columns)
    return Groups(columns, found, table.where)


def _groups(cells: Sequence[str]) -> list[str]:
    """Groups as one line of text; nothing where nothing was said, also by a survey's -99.

    A 9 may be a group of its own, as no number says; it stands in the tables for all to see.
    """
    texts = [plain(cell) for cell in cells]
    values = [number(text) for text in texts]
    known = [value for value in values if value is not None]
    codes = {code for code in codes_in(known) if code >= SURE}
    codes |= {value for value in known if looks_like_code(value) and not 0 <= value < 100}
    return [
        UNKNOWN if is_missing(text) or value in codes or is_declined(text) else text
        for text, value in zip(texts, values, strict=True)
    ]


def _refuse_guesses(columns: tuple[str, ...], where: Path) -> None:
    """A column such as ``gender_inferred`` is no report of anybody about themselves."""
    marks = ("inferred", "predicted", "guessed", "imputed", "estimated", "perceived", "apparent")
    for name in columns:
        if any(mark in name.casefold() for mark in marks):
            raise InputError(
                expected="groups that people reported themselves",
                got=f"a column '{name}'",
                where=where,
            )

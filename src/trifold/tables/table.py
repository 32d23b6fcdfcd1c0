"""A table as its file has it: text in cells, and rows numbered as people see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from trifold.errors import InputError

MAX_BYTES = 2**28  # of a file
MAX_ROWS, MAX_COLUMNS = 2_000_000, 16_384


@dataclass(frozen=True)
class Table:
    """Cells as text, whatever the file format; a missing cell is an empty one.

    Attributes:
        columns: names as the file writes them, without space around; ``""`` where there is none.
        rows: each with one cell per column. Nothing has gone through a float: ``007`` and numbers
            of twenty digits are what they were.
        numbers: of the rows, as a spreadsheet shows them: the header is row 1.
        where: the file.
        unit: what ``numbers`` count: ``row``, or ``line`` where there is no header.
        notes: what was guessed or passed over, one line each.
        labels: position of a column to what its codes stand for, as SPSS and Stata keep it; cells
            hold the codes, as scales need them.
        written: column to what the file calls it, where that differs.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    where: Path
    unit: str = "row"
    notes: tuple[str, ...] = ()
    labels: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)

    def cells(self, column: str) -> list[str]:
        """One column, from top to bottom.

        Raises:
            InputError: when several columns of that name differ.
        """
        first, *others = (i for i, name in enumerate(self.columns) if name == column)
        if any(row[first] != row[other] for other in others for row in self.rows):
            raise InputError(
                expected=f"one column '{column}'",
                got=f"{1 + len(others)} that differ: rename them",
                where=self.where,
            )
        return [row[first] for row in self.rows]

    def named_cells(self, column: str) -> list[str]:
        """One column, with the labels of its codes where there are any."""
        labels = self.labels.get(self.columns.index(column), {})
        return [labels.get(cell, cell) for cell in self.cells(column)]

    def place(self, index: int) -> str:
        """Where a row stands, e.g. ``row 3``."""
        return f"{self.unit} {self.numbers[index]}"

    def renamed(self, columns: Sequence[str], notes: Sequence[str] = ()) -> Table:
        """The table with other column names, and more to say."""
        pairs = zip(columns, self.columns, strict=True)
        written = {new: self.written.get(old, old) for new, old in pairs if new not in ("", old)}
        return replace(
            self,
            columns=tuple(columns),
            notes=(*self.notes, *notes),
            written={**self.written, **written},
        )

    def with_cells(self, columns: Mapping[int, Sequence[str]], notes: Sequence[str] = ()) -> Table:
        """The table with other cells in some columns, by position, and more to say."""
        rows = tuple(
            tuple(columns[j][i] if j in columns else cell for j, cell in enumerate(row))
            for i, row in enumerate(self.rows)
        )
        return replace(self, rows=rows, notes=(*self.notes, *notes))

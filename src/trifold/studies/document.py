"""What a study says: sections of sentences, tables and plots, for a page, tables and JSON alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from trifold.codes import Code
from trifold.decimals import decimal
from trifold.messages import say
from trifold.psychometrics.estimate import Estimate
from trifold.studies.plots import Drawing

DASH = "\N{EN DASH}"  # in a cell: not known
Cell = str | int | float | Estimate | None


@dataclass(frozen=True)
class Table:
    """Rows for people and for programs.

    Attributes:
        name: of its CSV file, without suffix.
        title: what it shows.
        columns: headings; the first names the row.
        rows: one cell per column.
        note: how to read it.
        whole: estimates are numbers of things, such as of answers.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Plot:
    """A picture: its file's name without suffix, what it shows in words, and what is drawn."""

    name: str
    alt: str
    drawing: Drawing


@dataclass(frozen=True)
class Section:
    """One topic of a study.

    Attributes:
        key: stable, of JSON and of links.
        title: its heading.
        sentences: what was found, in plain words.
        tables, plots: that show it.
        facts: the same for programs, JSON-ready.
        refused: why there is no finding, where there is none.
        points: more of what was found, each a line of a list after the sentences.
    """

    key: str
    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    refused: str | None = None
    points: tuple[str, ...] = ()

    @property
    def flags(self) -> list[Code]:
        """Codes that some estimate of its tables carries, each once."""
        cells = (cell for table in self.tables for row in table.rows for cell in row)
        found = (code for cell in cells if isinstance(cell, Estimate) for code in cell.flags)
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Document:
    """A study: what it is of, and its sections.

    Attributes:
        title: of the page.
        lead: what was studied, on whom, and how it was read.
        sections: in the order of reading.
        source: the file or folder that was read.
        terms: of the data, as the foot of the page prints them.
        synthetic: whether the people are generated ones.
    """

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    source: str
    terms: str = say("those of the table's owner")
    synthetic: bool = False

    @property
    def flags(self) -> list[Code]:
        """Codes that some section carries, each once."""
        return list(dict.fromkeys(code for section in self.sections for code in section.flags))


def without_empty(table: Table) -> Table:
    """The table without columns that hold nothing."""
    kept = [
        i
        for i in range(len(table.columns))
        if any(row[i] is not None and row[i] != "" for row in table.rows)
    ]
    rows = tuple(tuple(row[i] for i in kept) for row in table.rows)
    return replace(table, columns=tuple(table.columns[i] for i in kept), rows=rows)


def row(*cells: Cell) -> tuple[Cell, ...]:
    """A row of a table."""
    return cells


def text_of(cell: Cell, *, whole: bool = False) -> str:
    """A cell as a page shows it: estimates with their interval, or the code that says why not.

    Args:
        cell: of a table.
        whole: an estimate is a number of things, which has no decimals.
    """
    if isinstance(cell, Estimate):
        return _with_interval(cell, whole=whole)
    if isinstance(cell, float):
        return DASH if cell != cell else _signed(cell)
    return "" if cell is None else decimal(cell, 0, grouped=True) if isinstance(cell, int) else cell


def flat(table: Table) -> list[dict[str, Any]]:
    """Rows for CSV: an estimate becomes its value, ends, n, method and flags."""
    return [_flat_row(table.columns, row) for row in table.rows]


def _flat_row(columns: Sequence[str], row: Sequence[Cell]) -> dict[str, Any]:
    flat_row: dict[str, Any] = {}
    for name, cell in zip(columns, row, strict=True):
        key = name.replace(" ", "_")
        if not isinstance(cell, Estimate):
            undefined = isinstance(cell, float) and cell != cell
            flat_row[key] = None if undefined else cell
            continue
        facts = cell.as_json()
        flat_row[key] = facts["estimate"]
        flat_row |= {f"{key}_{end}": facts[end] for end in ("low", "high", "n", "method")}
        flat_row[f"{key}_flags"] = " ".join(facts["flags"])
    return flat_row


def _with_interval(value: Estimate, *, whole: bool) -> str:
    shown = _whole if whole else _signed
    if value.estimate != value.estimate:
        return f"{DASH} ({value.flags[0]})" if value.flags else DASH
    if value.low != value.low or value.high != value.high:
        return shown(value.estimate)
    return say(
        "%(value)s (%(low)s to %(high)s)",
        value=shown(value.estimate),
        low=shown(value.low),
        high=shown(value.high),
    )


def _whole(value: float) -> str:
    return decimal(value, 0, grouped=True) if abs(value) < float("inf") else say("no number")


def _signed(value: float) -> str:
    """Two decimals below ten in size, one below a thousand, none above."""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    return decimal(value, digits, grouped=True)

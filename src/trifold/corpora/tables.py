"""Reading the tables of published data sets, with errors that name file, row and column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.contracts import Array, Finding, TargetSchema
from trifold.errors import CorpusError, TrifoldError
from trifold.tables.cells import clean_id
from trifold.tables.headers import match
from trifold.tables.numbers import check_between, read_numbers
from trifold.tables.reading import read_table
from trifold.tables.table import Table


@contextmanager
def corpus_errors() -> Iterator[None]:
    """Errors of the body about a table as errors about a corpus."""
    try:
        yield
    except CorpusError:
        raise
    except TrifoldError as error:
        raise CorpusError(expected=error.expected, got=error.got, where=error.where) from error


def read_columns(
    path: Path,
    columns: Sequence[str],
    *,
    required: Sequence[str] | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
    separator: str | None = None,
) -> pd.DataFrame:
    """Read a table as strings and check that the named columns are there.

    What is not UTF-8 is read by a guess, which ``attrs["notes"]`` says; ``attrs["places"]`` holds
    where each row stands in the file.

    Args:
        path: of the table.
        columns: that are known.
        required: those that must be there; None takes all.
        aliases: column to other names that it goes by.
        separator: between cells; None finds it.

    Raises:
        CorpusError: when the file is missing, unreadable, empty or lacks a column, or when one is
            nearly called like a known one that is absent.
    """
    with corpus_errors():
        table = match(
            read_table(path, known=columns, delimiter=separator),
            columns,
            required=columns if required is None else required,
            aliases=aliases,
        )
    return frame_of(table)


def frame_of(table: Table) -> pd.DataFrame:
    """The named columns as pandas has them; of two with one name the first."""
    kept = {name: i for i, name in reversed(list(enumerate(table.columns))) if name}
    order = sorted(kept, key=lambda name: kept[name])
    cells = {name: [row[kept[name]] for row in table.rows] for name in order}
    frame = pd.DataFrame(cells, dtype="str")
    frame.attrs["notes"] = table.notes
    frame.attrs["places"] = [table.place(i) for i in range(len(table.rows))]
    return frame


def encoding_finding(tables: Mapping[str, pd.DataFrame]) -> Finding:
    """Which of the tables, by file name, are not UTF-8."""
    said = {name: " ".join(t.attrs.get("notes", ())) for name, t in tables.items()}
    odd = {name: note for name, note in said.items() if "is not UTF-8" in note}
    guesses = sorted({note.rpartition("read as ")[2] for note in odd.values()})
    action = f"read as {' and '.join(guesses)}" if odd else "none"
    return Finding("encoding", len(odd), len(tables), "tables are not UTF-8", action, tuple(odd))


def numbers(table: pd.DataFrame, columns: Sequence[str], path: Path) -> Array:
    """(rows, columns) float64; empty cells are NaN.

    Raises:
        CorpusError: for a cell that is no number.
    """
    cells = [(name, table[name].tolist()) for name in columns]
    with corpus_errors():
        found = read_numbers(cells, place=lambda row: _place(table, row), where=path)
    return np.array(found, dtype=np.float64).T.reshape(len(table), len(columns))


def check_scale(
    labels: Array, schema: TargetSchema, columns: Sequence[str], path: Path, table: pd.DataFrame
) -> None:
    """Refuse labels off the schema's scale.

    Raises:
        CorpusError: naming the first one.
    """
    for column, target, name in zip(labels.T, schema.targets, columns, strict=True):
        with corpus_errors():
            check_between(
                column,
                target.low,
                target.high,
                column=name,
                cells=table[name].tolist(),
                place=lambda row: _place(table, row),
                where=path,
            )


def unique_ids(table: pd.DataFrame, column: str, path: Path) -> list[str]:
    """The ids of a table with one row per candidate.

    Raises:
        CorpusError: for one that is missing or occurs twice.
    """
    ids = []
    for row, cell in enumerate(table[column]):
        with corpus_errors():
            what = f"an id in column '{column}' in {_place(table, row)}"
            ids.append(clean_id(str(cell), what=what, where=path))
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise CorpusError(expected="each candidate once", got=f"'{twice[0]}' twice", where=path)
    return ids


def _place(table: pd.DataFrame, row: int) -> str:
    places = table.attrs.get("places", ())
    return places[row] if len(places) == len(table) else f"row {row + 2}"

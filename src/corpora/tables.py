"""Reading the tables of published data sets, with errors that name file, row and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from src.contracts import Array, Finding, TargetSchema
from src.errors import CorpusError

ENCODINGS = ("utf-8-sig", "cp1252")


def read_columns(path: Path, columns: Sequence[str], *, separator: str = ",") -> pd.DataFrame:
    """Read a delimited text table as strings and check that the named columns are there.

    UTF-8 with or without a byte order mark; what is not UTF-8 is read as Windows-1252, which
    ``attrs["encoding"]`` says.

    Raises:
        CorpusError: when the file is missing, unreadable, empty or lacks a column.
    """
    table = _decoded(path, separator)
    missing = [column for column in columns if column not in table.columns]
    if missing:
        came = ", ".join(map(str, table.columns[:12]))
        raise CorpusError(expected=f"a column '{missing[0]}'", got=f"columns {came}", where=path)
    if table.empty:
        raise CorpusError(expected="at least one row", got="none", where=path)
    return table


def _decoded(path: Path, separator: str) -> pd.DataFrame:
    reason = "another encoding"
    for encoding in ENCODINGS:
        try:
            table = pd.read_csv(
                path, sep=separator, dtype=str, keep_default_na=False, encoding=encoding
            )
        except UnicodeDecodeError as error:
            reason = str(error)
            continue
        except (OSError, ValueError, pd.errors.ParserError) as error:
            reason = str(error).splitlines()[0]
            break
        table.attrs["encoding"] = encoding
        table.columns = table.columns.str.strip()
        return table
    raise CorpusError(expected="a readable table", got=reason, where=path)


def encoding_finding(tables: Mapping[str, pd.DataFrame]) -> Finding:
    """Which of the tables, by file name, are not UTF-8."""
    odd = [name for name, t in tables.items() if t.attrs.get("encoding") != ENCODINGS[0]]
    what = "tables are not UTF-8"
    action = f"read as {ENCODINGS[1]}" if odd else "none"
    return Finding("encoding", len(odd), len(tables), what, action, tuple(odd))


def numbers(table: pd.DataFrame, columns: Sequence[str], path: Path) -> Array:
    """(rows, columns) float64; empty cells are NaN.

    Raises:
        CorpusError: for a cell that is no number.
    """
    text = table[list(columns)].apply(lambda column: column.str.strip())
    values = text.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(values) & ~text.isin(["", "NA", "NaN", "nan"]).to_numpy()
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        raise CorpusError(
            expected=f"a number in column '{columns[column]}'",
            got=f"{text.iloc[row, column]!r} in row {row + 1}",
            where=path,
        )
    return values


def check_scale(labels: Array, schema: TargetSchema, columns: Sequence[str], path: Path) -> None:
    """Refuse labels off the schema's scale.

    Raises:
        CorpusError: naming the first one.
    """
    for column, target, name in zip(labels.T, schema.targets, columns, strict=True):
        off = (column < target.low) | (column > target.high)
        if off.any():
            row = int(np.flatnonzero(off)[0])
            raise CorpusError(
                expected=f"{target.low:g} to {target.high:g} in column '{name}'",
                got=f"{column[row]:g} in row {row + 1}",
                where=path,
            )


def unique_ids(table: pd.DataFrame, column: str, path: Path) -> list[str]:
    """The ids of a table with one row per candidate.

    Raises:
        CorpusError: for an id that occurs twice.
    """
    ids = table[column].str.strip()
    if ids.duplicated().any():
        twice = ids[ids.duplicated()].iloc[0]
        raise CorpusError(expected="each candidate once", got=f"'{twice}' twice", where=path)
    return ids.tolist()

"""Reading the tables of published data sets, with errors that name file, row and column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from src.contracts import Array, TargetSchema
from src.errors import CorpusError


def read_columns(path: Path, columns: Sequence[str], *, separator: str = ",") -> pd.DataFrame:
    """Read a delimited text table as strings and check that the named columns are there.

    Raises:
        CorpusError: when the file is missing, unreadable, empty or lacks a column.
    """
    try:
        table = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        reason = str(error).splitlines()[0]
        raise CorpusError(expected="a readable table", got=reason, where=path) from error
    missing = [column for column in columns if column not in table.columns]
    if missing:
        came = ", ".join(map(str, table.columns[:12]))
        raise CorpusError(expected=f"a column '{missing[0]}'", got=f"columns {came}", where=path)
    if table.empty:
        raise CorpusError(expected="at least one row", got="none", where=path)
    return table


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

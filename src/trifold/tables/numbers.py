"""Columns of numbers, with errors that name the cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from trifold.errors import InputError
from trifold.tables.cells import (
    decimal_mark,
    is_grouped,
    is_missing,
    looks_like_code,
    number,
    plain,
)

Place = Callable[[int], str]


def read_numbers(
    columns: Sequence[tuple[str, Sequence[str]]], *, place: Place, where: object
) -> list[list[float]]:
    """The numbers of each column, NaN where a cell holds nothing.

    Decimals are written with a point or a comma. Where the columns together use one of them,
    ``4.200`` with the other is refused: it may mean four thousand.

    Args:
        columns: names and cells.
        place: where a row stands, e.g. ``row 3``.
        where: the file.

    Raises:
        InputError: for the first cell that is no number for certain.
    """
    mark = decimal_mark([cell for _, cells in columns for cell in cells])
    found = []
    for name, cells in columns:
        values = []
        for index, cell in enumerate(cells):
            value = math.nan if is_missing(cell) else number(cell)
            if value is None or is_grouped(cell, mark):
                raise InputError(
                    expected=f"a number in column '{name}'",
                    got=f"{plain(cell)!r} in {place(index)}",
                    where=where,
                )
            values.append(value)
        found.append(values)
    return found


def check_between(
    values: Sequence[float],
    low: float,
    high: float,
    *,
    column: str,
    cells: Sequence[str],
    place: Place,
    where: object,
) -> None:
    """Refuse numbers off a scale.

    Raises:
        InputError: naming the first one, and asking about 99 and its like.
    """
    for index, value in enumerate(values):
        if value < low or value > high:
            hint = ""
            if looks_like_code(value):
                hint = f" (is {value:g} a code for missing? make the cell empty)"
            raise InputError(
                expected=f"{low:g} to {high:g} in column '{column}'",
                got=f"{plain(cells[index])!r} in {place(index)}{hint}",
                where=where,
            )

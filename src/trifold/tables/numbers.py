"""Columns of numbers, with errors that name the cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from trifold.errors import InputError
from trifold.tables.cells import (
    decimal_mark,
    is_missing,
    looks_like_code,
    may_be_thousands,
    number,
    plain,
)

Place = Callable[[int], str]


def read_numbers(
    columns: Sequence[tuple[str, Sequence[str]]], *, place: Place, where: object
) -> list[list[float]]:
    """The numbers of each column, NaN where a cell holds nothing.

    Decimals are written with a point or a comma. What may mean thousands is refused: ``4.200``
    where the columns together write decimals with the other mark, or in a column that also holds
    whole numbers of three digits.

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
        thousands = may_be_thousands(cells, mark)
        values = []
        for index, cell in enumerate(cells):
            value = math.nan if is_missing(cell) else number(cell)
            if value is None or cell in thousands:
                hint = ", which may mean thousands" if cell in thousands else ""
                raise InputError(
                    expected=f"a number in column '{name}'",
                    got=f"{plain(cell)!r} in {place(index)}{hint}",
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


def refuse_codes(
    values: Sequence[float], *, column: str, cells: Sequence[str], place: Place, where: object
) -> None:
    """Refuse numbers far off all others that surveys write where nothing was answered.

    That is a code such as 99 where all others are below a fifth of it, or -9 where no other is
    negative. Of a column whose scale is known ``check_between`` says more.

    Raises:
        InputError: naming the first one.
    """
    others = [v for v in values if math.isfinite(v) and not looks_like_code(v)]
    if not others or min(others) < 0:
        return
    for index, value in enumerate(values):
        far = value < 0 or value > 5 * max(others)
        if looks_like_code(value) and far and max(others) > 0:
            raise InputError(
                expected=f"scores as the others of column '{column}', up to {max(others):g}",
                got=f"{plain(cells[index])!r} in {place(index)} (is {value:g} a code for missing? "
                "make the cell empty)",
                where=where,
            )

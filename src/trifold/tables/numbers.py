"""Columns of numbers, with errors that name the cell."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

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
ONCE, AGAIN = 5, 2  # times the largest other, beyond which a code lies that comes once or again
SURE = 66.0  # the smallest code above the points of any scale
BELOW = frozenset((-1.0, -2.0, -6.0, -7.0, -8.0))  # codes that may also be points of a scale
FROM_ONE = 4  # the least highest point of a scale that starts at 1
FEWEST, MANY = 5, 20  # answers on it that tell codes: -8, and -1 or -2


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
            raise InputError(
                expected=f"{low:g} to {high:g} in column '{column}'",
                got=f"{plain(cells[index])!r} in {place(index)}{code_hint(value)}",
                where=where,
            )


def code_hint(value: float | None) -> str:
    """A question about 99 and its like; empty for other numbers."""
    if value is None or not (looks_like_code(value) or value in BELOW):
        return ""
    return f" (is {value:g} a code for missing? make the cell empty)"


def codes_in(values: Iterable[float]) -> frozenset[float]:
    """Numbers far off all others of a column that surveys write where nothing was answered.

    That is a code such as 99 where all others are below a fifth of it, or below half of it where
    it comes again (a 9 may be a point of a scale); -9 where no other is negative; and -1 or -8
    beside points of a scale from 1 on.
    """
    counts = Counter(value for value in values if math.isfinite(value))
    codes = {value for value in counts if looks_like_code(value)}
    codes |= _below_points(counts)
    others = counts.keys() - codes
    if not others or min(others) < 0 or max(others) == 0:
        return frozenset()
    twice = {value for value in codes if counts[value] > 1 and value >= SURE}
    reach = {value: (AGAIN if value in twice else ONCE) * max(others) for value in codes}
    return frozenset(value for value in codes if value < 0 or value > reach[value])


def _below_points(counts: Counter[float]) -> set[float]:
    """Negative codes of a column that else holds points of a scale that starts at 1."""
    points = [value for value in counts if value >= 0 and not looks_like_code(value)]
    low = {value for value in counts if value < 0 and not looks_like_code(value)}
    is_scale = len(points) > 2 and all(value.is_integer() and value > 0 for value in points)
    if not (low and low <= BELOW and is_scale and max(points) >= FROM_ONE):
        return set()
    near = min(low) > min(BELOW) / 2  # a change of -1 is one, and comes with some of 0
    return low if sum(counts[p] for p in points) >= (MANY if near else FEWEST) else set()


def refuse_codes(
    values: Sequence[float], *, column: str, cells: Sequence[str], place: Place, where: object
) -> None:
    """Refuse what ``codes_in`` finds. Of a column whose scale is known ``check_between`` says more.

    Raises:
        InputError: naming the first one.
    """
    codes = codes_in(values)
    for index, value in enumerate(values):
        if value in codes:
            top = max(v for v in values if v not in codes and math.isfinite(v))
            raise InputError(
                expected=f"numbers as the others of column '{column}', up to {top:g}",
                got=f"{plain(cells[index])!r} in {place(index)}{code_hint(value)}",
                where=where,
            )

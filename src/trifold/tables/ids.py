"""Ids of people, raters and clips: one spelling for each, within a table and between tables.

Spreadsheets and word processors write one id in several ways: other capitals, curly apostrophes,
hyphens of several kinds, digits as wide as Chinese characters, ``7.0`` for ``7``. None of it makes
another person; kept apart, the same person would stand in training and test.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from trifold.errors import InputError, TrifoldError
from trifold.tables.cells import clean_id, is_missing, is_moment, number, plain
from trifold.tables.table import Table

_FOLDED = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u02b9\u2032\u00b4`\uff07"), "'")
_FOLDED |= dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63"), "-")
_FOLDED |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code not in _FOLDED}
_WITH_POINT, _WHOLE = re.compile(r"\d+\.\d+"), re.compile(r"\d+\.0")
_SUMMARY = re.compile(
    r"(?:grand |overall |gesamt|\u00f8 ?)?"
    r"(?:means?|averages?|avg|totals?|sums?|median|std|stdev|st\. dev\.|standard deviation|"
    r"mittelwerte?|durchschnitt|summen?|standardabweichung|gesamt|insgesamt|mw|\u00f8|x\u0304|"
    r"moyennes?|ecart[- ]type|promedio|suma|media|medie|gemiddelde|overall)"
    r"(?: (?:scores?|ratings?|values?|of .*|row|all|gesamt|\(.*\)|n ?= ?\d+|\+/- ?sd))*"
    r"|all (?:candidates|people|persons|participants)|n ?= ?\d+",
)
_ABOVE = re.compile(  # over the people: what a column may have at most, or weighs
    r"max(?:imum|\.)? ?(?:points|score|punkte)|maximum|points possible|weights?|gewicht(?:ung|e)?|"
    r"scales?|skala|units?|einheit(?:en)?",
)
_BESIDE = frozenset(
    ("m", "sd", "s", "se", "sem", "n", "min", "max", "var", "variance", "count", "anzahl")
)


def id_key(name: str) -> str:
    """What is the same for all spellings of one id."""
    return name.translate(_FOLDED).casefold()


def one_spelling(ids: Sequence[str]) -> tuple[list[str], list[str]]:
    """Ids with one ``id_key`` become one, as it is written most often.

    Returns:
        The ids in their order, and one line for each id that had several spellings.
    """
    spellings: dict[str, dict[str, int]] = {}
    for name in ids:
        seen = spellings.setdefault(id_key(name), {})
        seen[name] = seen.get(name, 0) + 1
    best = {key: max(seen, key=lambda name: seen[name]) for key, seen in spellings.items()}
    lines = [
        f"{' and '.join(repr(name) for name in sorted(seen))} are read as one: {best[key]!r}"
        for key, seen in spellings.items()
        if len(seen) > 1
    ]
    return [best[id_key(name)] for name in ids], lines


def as_in(ids: Iterable[str], others: Iterable[str]) -> dict[str, str]:
    """Each id to how another table spells it; to itself where that one has no such id.

    A spreadsheet takes the zeros in front of ``00123``. It is found as ``123``, where no two ids
    differ in zeros alone.
    """
    own, theirs = list(dict.fromkeys(ids)), list(dict.fromkeys(others))
    known = {id_key(name): name for name in theirs}
    if all(len(set(map(_short, of))) == len(of) for of in (own, theirs)):
        known = {_short(name): name for name in theirs} | known
    return {name: known.get(id_key(name), known.get(_short(name), name)) for name in own}


def _short(name: str) -> str:
    return name.lstrip("0") if name.isdecimal() else name


def whole(ids: Sequence[str]) -> list[str]:
    """Ids without the ``.0`` that programs add to whole numbers beside an empty cell.

    They keep it where another one has something else behind its point, as versions do.
    """
    points = [name for name in ids if _WITH_POINT.fullmatch(name)]
    if not all(map(_WHOLE.fullmatch, points)):
        return list(ids)
    return [name[:-2] if _WHOLE.fullmatch(name) else name for name in ids]


def read_ids(
    table: Table, column: str = "candidate_id", *, what: str = ""
) -> tuple[list[str], list[str]]:
    """The ids of a column, in one spelling each.

    Args:
        table: with the column.
        column: of ids.
        what: is wanted, for errors.

    Returns:
        An id for each row, and lines about what was taken as one.

    Raises:
        InputError: where one is missing or cannot be, or where the last rows are no people but
            their mean or the like.
    """
    what = what or f"an id in column '{column}'"
    cells = table.cells(column)
    _refuse_summaries(table, cells, what)
    try:
        ids = [
            clean_id(cell, what=f"{what} in {table.place(row)}", where=table.where)
            for row, cell in enumerate(cells)
        ]
    except TrifoldError as error:
        raise InputError(expected=error.expected, got=error.got, where=error.where) from error
    return one_spelling(whole(ids))


def read_names(table: Table, column: str) -> tuple[list[str], list[str]]:
    """Names in a column that may be empty, such as raters: as ``read_ids``, empty where missing."""
    cells = ["" if is_missing(cell) else plain(cell) for cell in table.cells(column)]
    return one_spelling(whole(cells))


def are_own_moments(cells: Sequence[str], people: Sequence[str], *, numbers: bool = False) -> bool:
    """Whether cells hold dates or times that few people share, which name no session or rater.

    Two days on which everybody came are sessions; the moment at which a form was sent is none.

    Args:
        cells: of a column.
        people: whose row each is.
        numbers: as dates count also numbers of which none is shared by half of the people, such as
            seconds in a column ``time``; visits that are numbered from 1 are no such.
    """
    held = {(who, plain(c)) for who, c in zip(people, cells, strict=True) if not is_missing(c)}
    who, moments = ({pair[side] for pair in held} for side in (0, 1))
    few = 2 * len(held) < len(who) * len(moments)
    if not few or all(map(is_moment, moments)):
        return few
    common = max(Counter(moment for _, moment in held).values())
    counted = numbers and all(number(one) is not None for one in moments)
    return counted and 2 * common < len(who)


def refuse_own_moments(
    table: Table, column: str, people: Sequence[str], *, numbers: bool = False
) -> None:
    """Refuse a column of names that holds ``are_own_moments``.

    Raises:
        InputError: naming the first one.
    """
    cells = table.cells(column)
    if are_own_moments(cells, people, numbers=numbers):
        first = next(row for row, cell in enumerate(cells) if not is_missing(cell))
        written = table.written.get(column, column)
        raise InputError(
            expected=f"names of a {column} that people share in column '{written}'",
            got=f"what few share, {plain(cells[first])!r} in {table.place(first)} and others: "
            "rename or remove the column, or number what it tells",
            where=table.where,
        )


def _refuse_summaries(table: Table, cells: Sequence[str], what: str) -> None:
    """Refuse rows below all others called as a mean of them is, and a first one of weights."""
    words = [plain(cell).casefold().rstrip(":") for cell in cells]
    first = len(words)
    while first and (words[first - 1] in _BESIDE or _SUMMARY.fullmatch(words[first - 1])):
        first -= 1
    if len(words) > 1 and _ABOVE.fullmatch(words[0]):
        got = f"{plain(cells[0])!r} in {table.place(0)}, which is about the columns: remove it"
        raise InputError(expected=what, got=got, where=table.where)
    below = words[first:]
    if first and (any(map(_SUMMARY.fullmatch, below)) or {"m", "sd"} <= set(below)):
        got = f"{plain(cells[first])!r} in {table.place(first)}, which sums up the rows above it"
        raise InputError(expected=what, got=f"{got}: remove it", where=table.where)

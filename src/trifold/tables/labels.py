"""Points of a scale that are written with labels: ``4 - Agree``, ``Agree (4)``, ``4 = good``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from trifold.tables.cells import is_declined, is_missing, number, plain
from trifold.tables.table import Table

HIGHEST = 10  # points of scales whose points have labels; beyond are streets and years
_WORDS = r"(?P<label>[^\W\d_](?:[^\d]*[^\W\d_.!])?[.!]?)"
_FORMS = (
    re.compile(rf"(?P<point>[+-]?\d\d?)\s*(?:[-\u2013\u2014:=.)]\s*)(?:{_WORDS})"),
    re.compile(rf"(?P<point>[+-]?\d\d?)\s*[(\[]\s*(?:{_WORDS})\s*[)\]]"),
    re.compile(rf"(?:{_WORDS})\s*(?:[:=]|\s[-\u2013\u2014])\s*(?P<point>\d\d?)"),
    re.compile(rf"(?:{_WORDS})\s*[(\[]\s*(?P<point>[+-]?\d\d?)\s*[)\]]"),
)
_MONTHS = frozenset(  # spreadsheets make dates of fractions: 4/3 is 4-Mar
    (
        *("jan", "feb", "mar", "m\u00e4r", "mrz", "apr", "may", "mai", "jun", "jul", "aug"),
        *("sep", "sept", "oct", "okt", "nov", "dec", "dez"),
    )
)


def without_labels(table: Table, columns: Collection[str]) -> Table:
    """The table with the numbers alone where cells of the columns hold a number and its label.

    A column counts as such where every cell is a number, is missing, or is a number with a label,
    and each of two labels or more stands for one number throughout.
    """
    found = {}
    notes = []
    for column in dict.fromkeys(columns):
        if table.columns.count(column) == 1:
            cells = table.cells(column)
            points = points_of(cells)
            if points is not None:
                found[table.columns.index(column)] = points
                labelled = next(c for c, p in zip(cells, points, strict=True) if c != p)
                notes.append(
                    f"labels in '{column}' are passed over: {plain(labelled)!r} and others"
                )
    return table.with_cells(found, notes) if found else table


def without_unanswered(table: Table, columns: Collection[str]) -> Table:
    """The table with empty cells for codes that SPSS or Stata label ``no answer`` or the like.

    Not all files declare them as missing, and a 9 beside 1 to 5 may be no code by its size.
    """
    found, notes = {}, []
    for column in dict.fromkeys(columns):
        position = table.columns.index(column)
        labels = table.labels.get(position, {})
        codes = {code: label for code, label in labels.items() if is_declined(label)}
        cells = [row[position] for row in table.rows]
        if codes.keys() & set(cells):
            found[position] = ["" if cell in codes else cell for cell in cells]
            said = ", ".join(f"{code} ({label})" for code, label in codes.items())
            notes.append(f"codes of '{column}' are read as missing: {said}")
    return table.with_cells(found, notes) if found else table


def points_of(cells: Sequence[str]) -> list[str] | None:
    """The cells with numbers in place of labelled ones; None where some are of another kind."""
    points: dict[str, str] = {}  # label to its number
    made = []
    for cell in cells:
        if is_missing(cell) or number(cell) is not None:
            made.append(cell)
            continue
        text = plain(cell)
        match = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
        if match is None or match["label"].casefold() in _MONTHS:
            return None
        point = str(int(match["point"]))
        if (
            abs(int(point)) > HIGHEST
            or points.setdefault(match["label"].casefold(), point) != point
        ):
            return None
        made.append(point)
    return made if 1 < len(points) == len(set(points.values())) else None

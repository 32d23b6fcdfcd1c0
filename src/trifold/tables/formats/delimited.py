"""Text tables: which delimiter, which quotes, and rows of unequal length."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 200  # rows from which the delimiter is told
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[\r\n]+', re.IGNORECASE)
Rows = list[list[str]]


def parse(text: str, delimiter: str | None = None) -> Rows:
    """All rows of a delimited text, as they stand: blank ones are empty lists or blank cells.

    Commas, semicolons, tabs and bars are told apart; so are single and double quotes, quotes that
    are escaped by a backslash, and lines that were quoted as a whole.

    Raises:
        ValueError: when quotes do not close.
    """
    csv.field_size_limit(2**31 - 1)  # a transcript may stand in a cell
    if delimiter is not None:
        return _rows(text, delimiter)
    named = _SEPARATOR_LINE.match(text)
    if named:
        return _rows(text[named.end() :], named[1])
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    whole = [row[0] if row else "" for row in rows]
    if all(len(row) <= 1 for row in rows) and any(_delimiter(line) in line for line in whole[:1]):
        return parse("\n".join(whole))
    return rows


def _delimiter(text: str) -> str:
    """The one by which most rows have as many cells as most others, and more than one."""
    start = text[: 2**20]
    return max(DELIMITERS, key=lambda delimiter: _fit(start, delimiter))


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """Share of rows of the usual width times that width's reach; a width of one fits nothing."""
    if delimiter not in text:
        return 0.0, 0
    widths: Counter[int] = Counter()
    try:
        for number, row in enumerate(_reader(text, delimiter, _quote(text, delimiter))):
            widths[len(_trimmed(row))] += any(row)
            if number > LOOKED_AT:
                break
    except csv.Error:
        pass  # the last row of the start is cut, or quotes are not this delimiter's
    wide = {width: count for width, count in widths.items() if width > 1}
    if not wide:
        return 0.0, 0
    width = max(wide, key=lambda w: (wide[w], w))
    return wide[width] / max(1, sum(widths.values())), width


def _trimmed(row: Sequence[str]) -> Sequence[str]:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _quote(text: str, delimiter: str) -> str:
    """Single quotes where every cell of the first line stands in them."""
    first = text.lstrip("\r\n").splitlines()[:1]
    cells = first[0].split(delimiter) if first else []
    quoted = [len(c.strip()) > 1 and c.strip()[0] == c.strip()[-1] == "'" for c in cells]
    return "'" if quoted and all(quoted) else '"'


def _reader(
    text: str, delimiter: str, quote: str, options: Mapping[str, Any] | None = None
) -> Iterator[list[str]]:
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote,
        skipinitialspace=delimiter != "\t",
        **(options or {}),
    )


def _rows(text: str, delimiter: str) -> Rows:
    quote = _quote(text, delimiter)
    tries: list[dict[str, Any]] = [{"strict": True}]
    if f"\\{quote}" in text:
        tries.append({"strict": True, "escapechar": "\\", "doublequote": False})
    reason = ""
    for options in tries:
        reader = _reader(text, delimiter, quote, options)
        rows: Rows = []
        try:
            rows.extend(reader)
        except csv.Error as error:
            reason = reason or _reason(error, rows, delimiter)
            continue
        return rows
    raise ValueError(reason)


def _reason(error: csv.Error, rows: Rows, delimiter: str) -> str:
    number = len(rows) + 1
    if "unexpected end" in str(error):
        return f"a quote that is never closed in row {number}"
    return f"text after a closing quote in row {number}"

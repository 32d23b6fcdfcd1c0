"""Tables of cues without a row of names: ``1.5,3.0,Otto,"I soak it."``.

Two times before words, or a time and a name that comes back, tell that a row is no speech.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.speakers.heads import speaker_of
from trifold.media.transcripts.tabular.with_header import MARKS
from trifold.media.transcripts.timed.clock import seconds
from trifold.media.transcripts.timed.lines import Cue, cue_of, split_lines
from trifold.media.transcripts.timed.repetition import parsed_from_cues

_SETTING = re.compile(r"\s*(?://|\$\w{1,40}\s*=)")  # of Spruce's and Apple's authoring
LOOKED_AT = 100  # rows that tell the form of a table


class _Form(NamedTuple):
    """What stands between cells, and in which columns times, names and words are."""

    mark: str
    start: int
    end: int | None
    name: int | None
    text: int


def recognises(text: str) -> bool:
    """True where all rows have two times, or a time and names that come back."""
    return _form(split_lines(text.lstrip("\ufeff"))) is not None


def read(text: str) -> ParsedTranscript:
    """Read rows of times and words; commas of the words may stand without quotes.

    Raises:
        ValueError: when the rows have no such form.
    """
    lines = split_lines(text.lstrip("\ufeff"))
    form = _form(lines)
    if form is None:
        raise ValueError("expected rows of times and words, got others")
    rows = [row for row in _cells(lines, form.mark) if len(row) > form.text]
    times = [row[at] for row in rows for at in (form.start, form.end) if at is not None]
    whole = all(cell.isdigit() for cell in times)
    return parsed_from_cues([_cue(row, form) for row in rows], kind="table", unit_known=not whole)


def _cue(row: Sequence[str], form: _Form) -> Cue:
    start_s = seconds(row[form.start])
    end_s = seconds(row[form.end]) if form.end is not None else None
    if start_s is not None and end_s is not None and end_s < start_s:
        start_s = end_s = None
    said = f"{form.mark} ".join(row[form.text :]).replace("|", "<br>")
    return cue_of(said, start_s, end_s, speaker=row[form.name] if form.name is not None else None)


def _cells(lines: Sequence[str], mark: str) -> list[list[str]]:
    filled = [line for line in lines if line.strip() and not _SETTING.match(line)]
    try:
        rows = list(csv.reader(filled, delimiter=mark, skipinitialspace=True))
    except csv.Error:
        return []
    return [[cell.strip() for cell in row] for row in rows]


def _form(lines: Sequence[str]) -> _Form | None:
    some = [line for line in lines if line.strip() and not _SETTING.match(line)][:LOOKED_AT]
    if len(some) < 2 or not any(sign.isdigit() for sign in some[0]):
        return None
    for mark in MARKS:
        rows = _cells(some, mark) if mark in some[0] else []
        forms = (_in_front(rows, mark), _in_columns(rows, mark)) if rows else ()
        if form := next((form for form in forms if form), None):
            return form
    return None


def _in_front(rows: Sequence[Sequence[str]], mark: str) -> _Form | None:
    """One or two times before a name and words, which may hold the mark."""
    least = min(map(len, rows))
    times = sum(all(_is_time(cell) for cell in column) for column in _columns(rows, min(2, least)))
    named = least > times + 1 and _is_named(_column(rows, times))
    text = times + named
    if not times or least <= text or (times == 1 and not named) or not _run(rows, 0):
        return None
    words = sum(any(c.isalpha() for c in cell) for cell in _column(rows, text))
    if 2 * words <= len(rows):
        return None
    return _Form(mark, 0, 1 if times > 1 else None, times if named else None, text)


def _in_columns(rows: Sequence[Sequence[str]], mark: str) -> _Form | None:
    """Rows of one width with words at the end, as ELAN exports them: name, times, words."""
    width = len(rows[0])
    if width < 4 or mark == "," or any(len(row) != width for row in rows):
        return None
    columns = _columns(rows, width)
    times = [n for n, column in enumerate(columns[:-1]) if all(map(_is_time, column))]
    start = next((n for n in times if _run(rows, n)), None)
    if start is None or len(times) < 2 or all(map(_is_time, columns[-1])):
        return None
    end = next((n for n in times if n > start and _is_end(columns[start], columns[n])), None)
    name = next((n for n in range(start) if _is_named(columns[n])), None)
    return None if end is None else _Form(mark, start, end, name, width - 1)


def _columns(rows: Sequence[Sequence[str]], number: int) -> list[list[str]]:
    return [_column(rows, n) for n in range(number)]


def _column(rows: Sequence[Sequence[str]], number: int) -> list[str]:
    return [row[number] for row in rows]


def _is_time(cell: str) -> bool:
    """A clock, a number with a point, or one of milliseconds; ``1, 2, 3`` is counting."""
    exact = len(cell) > 2 or not cell.isdigit()
    return exact and seconds(cell) is not None


def _is_named(names: Sequence[str]) -> bool:
    """Whether a column holds names, which come back."""
    return 2 * len(set(names)) <= len(names) and all(speaker_of(name) for name in names)


def _run(rows: Sequence[Sequence[str]], number: int) -> bool:
    """Whether a column of times runs forwards."""
    times = [seconds(cell) or 0.0 for cell in _column(rows, number)]
    return all(a <= b for a, b in pairwise(times))


def _is_end(starts: Sequence[str], ends: Sequence[str]) -> bool:
    spans = [(seconds(a) or 0.0, seconds(b) or 0.0) for a, b in zip(starts, ends, strict=True)]
    return all(a <= b for a, b in spans) and any(a < b for a, b in spans)


FORMATS = (Format(recognises, read),)

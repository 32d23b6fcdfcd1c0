"""Rows of start, end and text: Audacity's labels, and the tables that recognisers write."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

from src.media.transcripts.clock import seconds
from src.media.transcripts.cues import found_in
from src.media.transcripts.found import Format, Found
from src.media.transcripts.lines import Cue, cue_of, split_lines

_ROW = re.compile(r"(-?\d{1,9}(?:[.,]\d{1,9})?)\t(-?\d{1,9}(?:[.,]\d{1,9})?)(?:\t(.*))?")
_FREQUENCIES = re.compile(r"\\\t")  # of a spectral selection, below its label
_HEADER = re.compile(r'\ufeff?"?start"?[\t,;]"?end"?[\t,;](?:"?speaker"?[\t,;])?"?text"?\s*', re.I)


def recognises_labels(text: str) -> bool:
    """True where all rows are numbers and text between tabs."""
    rows = [row for row in split_lines(text.lstrip("\ufeff")) if row.strip()]
    return bool(rows) and all(_ROW.fullmatch(row) or _FREQUENCIES.match(row) for row in rows)


def read_labels(text: str) -> Found:
    """Read labels of Audacity; seconds, with a point or a comma.

    Raises:
        ValueError: when no row is a label.
    """
    matches = [_ROW.fullmatch(row) for row in split_lines(text.lstrip("\ufeff"))]
    rows = [(m.group(1), m.group(2), m.group(3) or "") for m in matches if m]
    if not rows:
        raise ValueError("expected rows of start, end and text between tabs, got none")
    return found_in([_cue(*row, per_second=1) for row in rows], kind="audacity")


def recognises_table(text: str) -> bool:
    """True for tables whose header is start, end, (speaker) and text."""
    return bool(_HEADER.fullmatch(text.lstrip("\ufeff")[:200].split("\n", 1)[0]))


def read_table(text: str) -> Found:
    """Read tables as Whisper and whisper.cpp write them: whole numbers are milliseconds.

    Raises:
        ValueError: when the header is another, or a cell never ends.
    """
    rows = list(_table_rows(text))
    whole = all(re.fullmatch(r"-?\d{1,9}", cell) for row in rows for cell in row[:2] if cell)
    cues = [_cue(start, end, said, per_second=1000 if whole else 1) for start, end, said in rows]
    return found_in(cues, kind="whisper")


def _table_rows(text: str) -> Iterator[tuple[str, str, str]]:
    lines = split_lines(text.lstrip("\ufeff"))
    header = lines[0] if lines else ""
    if not _HEADER.fullmatch(header):
        raise ValueError(f"expected the columns start, end and text, got {header[:60]!r}")
    mark = next(mark for mark in "\t;," if mark in header)
    if mark == "\t":  # written without quotes
        cells: Iterator[Sequence[str]] = (line.split("\t", 2) for line in lines[1:])
    else:
        cells = csv.reader(lines[1:], delimiter=mark)
    width = header.count(mark) + 1
    try:
        for row in cells:
            if len(row) > 2:
                yield row[0].strip(), row[1].strip(), f"{mark} ".join(row[width - 1 :])
    except csv.Error as error:
        raise ValueError(f"expected a table of start, end and text, got {error}") from error


def _cue(start: str, end: str, text: str, *, per_second: int) -> Cue:
    start_s, end_s = seconds(start), seconds(end)
    if start_s is None or end_s is None or end_s < start_s:
        return cue_of(text, None, None)
    return cue_of(text, round(start_s / per_second, 6), round(end_s / per_second, 6))


FORMATS = (Format(recognises_labels, read_labels), Format(recognises_table, read_table))

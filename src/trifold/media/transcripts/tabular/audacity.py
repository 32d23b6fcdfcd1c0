"""Rows of start, end and text between tabs: Audacity's labels."""

from __future__ import annotations

import re

from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.timed.clock import seconds
from trifold.media.transcripts.timed.lines import Cue, cue_of, split_lines
from trifold.media.transcripts.timed.repetition import parsed_from_cues

_ROW = re.compile(r"(-?\d{1,9}(?:[.,]\d{1,9})?)\t(-?\d{1,9}(?:[.,]\d{1,9})?)(?:\t(.*))?")
_FREQUENCIES = re.compile(r"\\\t")  # of a spectral selection, below its label


def recognises(text: str) -> bool:
    """True where all rows are numbers and text between tabs."""
    rows = [row for row in split_lines(text.lstrip("\ufeff")) if row.strip()]
    return bool(rows) and all(_ROW.fullmatch(row) or _FREQUENCIES.match(row) for row in rows)


def read(text: str) -> ParsedTranscript:
    """Read labels of Audacity; seconds, with a point or a comma.

    Raises:
        ValueError: when no row is a label.
    """
    matches = [_ROW.fullmatch(row) for row in split_lines(text.lstrip("\ufeff"))]
    rows = [(m.group(1), m.group(2), m.group(3) or "") for m in matches if m]
    if not rows:
        raise ValueError("expected rows of start, end and text between tabs, got none")
    return parsed_from_cues([_cue(*row) for row in rows], kind="audacity")


def _cue(start: str, end: str, text: str) -> Cue:
    start_s, end_s = seconds(start), seconds(end)
    if start_s is None or end_s is None or end_s < start_s:
        return cue_of(text, None, None)
    return cue_of(text, start_s, end_s)


FORMATS = (Format(recognises, read),)

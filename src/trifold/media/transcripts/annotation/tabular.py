"""Transcripts as tables: a row per cue, with columns for times, speaker and text.

Recognisers write them (``start end text``), and editors and meeting services export them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence

from trifold.media.transcripts.found import Format, Found
from trifold.media.transcripts.json.times import SECONDS, field
from trifold.media.transcripts.timed.clock import seconds
from trifold.media.transcripts.timed.cues import found_in, split_lines
from trifold.media.transcripts.timed.lines import Cue, cue_of
from trifold.tables.headers import key

MARKS = "\t;,|"
COLUMNS = {
    "start": (
        "start",
        "starttime",
        "starts",
        "startms",
        "begin",
        "begintime",
        "from",
        "in",
        "timecodein",
        "time",
        "timestamp",
        "timecode",
        "offset",
        "startzeit",
        "beginn",
        "début",
    ),
    "end": ("end", "endtime", "ends", "endms", "stop", "to", "out", "timecodeout", "ende", "fin"),
    "speaker": (
        "speaker",
        "speakername",
        "speakerid",
        "speakerlabel",
        "name",
        "participant",
        "who",
        "role",
        "voice",
        "sprecher",
        "sprecherin",
        "locuteur",
        "hablante",
    ),
    "text": (
        "text",
        "transcript",
        "transcription",
        "content",
        "utterance",
        "sentence",
        "caption",
        "words",
        "message",
        "said",
        "speech",
        "body",
        "dialogue",
        "wortlaut",
        "texte",
    ),
}
_LENGTHS = {"duration", "dur", "number", "id", "index", "no", ""}
_OTHER = {"path", "filename", "file", "candidateid", "clipid", "label", "rating", "score"}
_WHOLE = re.compile(r"-?\d{1,12}")
_NUMBER = re.compile(r"-?\d{1,12}(?:[.,]\d{1,9})?")


def recognises(text: str) -> bool:
    """True where the first line names a text column and one for its time or speaker."""
    header = text.lstrip("\ufeff")[:400].split("\n", 1)[0]
    mark = _mark(header)
    names = _names(_cells([header], mark)) if mark else {}
    return "text" in names and ("start" in names or "speaker" in names)


def read(text: str) -> Found:
    """Read a table; whole numbers may be seconds or milliseconds, which recordings tell.

    Raises:
        ValueError: when the header is another, or a cell never ends.
    """
    lines = split_lines(text.lstrip("\ufeff"))
    header = lines[0] if lines else ""
    mark = _mark(header)
    places = _names(_cells([header], mark)) if mark else {}
    units = _units(next(_cells([header], mark), []), places) if mark else {}
    if "text" not in places:
        raise ValueError(f"expected the columns start, end and text, got {header[:60]!r}")
    try:
        rows = list(_rows(lines[1:], mark, places))
    except csv.Error as error:
        raise ValueError(f"expected a table of start, end and text, got {error}") from error
    times = [row[name] for row in rows for name in ("start", "end") if row[name]]
    whole = bool(times) and all(_WHOLE.fullmatch(time) for time in times)
    cues = [_cue(row, units) for row in rows]
    return found_in(cues, kind="table", unit_known=bool(units) or not whole)


def _mark(header: str) -> str:
    """What stands between the cells of the header; nothing where it is one cell."""
    counts = {mark: header.count(mark) for mark in MARKS}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ""


def _cells(lines: Sequence[str], mark: str) -> Iterator[list[str]]:
    """Rows of cells; tables with tabs are written without quotes."""
    if mark == "\t":
        return (line.split("\t") for line in lines)
    return csv.reader(lines, delimiter=mark, skipinitialspace=True)


def _names(rows: Iterator[list[str]]) -> dict[str, int]:
    """Which column is which; none where the table is another."""
    header = [_column(cell) for cell in next(rows, [])]
    if set(header) & _OTHER:
        return {}
    found = {}
    for name, aliases in COLUMNS.items():
        place = next((header.index(alias) for alias in aliases if alias in header), None)
        if place is not None:
            found[name] = place
    return _with_tier(found, header)


def _with_tier(found: dict[str, int], header: Sequence[str]) -> dict[str, int]:
    """Between a start, an end and lengths, a single other column is that of the words."""
    rest = [i for i, name in enumerate(header) if name not in _LENGTHS and i not in found.values()]
    is_tier = {"start", "end"} <= found.keys() and "text" not in found and len(rest) == 1
    return {**found, "text": rest[0]} if is_tier else found


def _column(cell: str) -> str:
    """What is compared of a column's name: without the unit, ``Start time in milliseconds``."""
    cell = _without_form(cell)
    stated = field(cell)
    return stated.stem if stated.unit and stated.stem else key(cell)


def _without_form(cell: str) -> str:
    """``Begin Time - hh:mm:ss.ms`` without how times are written, which they show themselves."""
    return cell.partition(" - ")[0]


def _units(header: Sequence[str], places: Mapping[str, int]) -> dict[str, float]:
    """Seconds in the unit that the name of a column of times states."""
    times = {name: header[places[name]] for name in ("start", "end") if name in places}
    stated = {name: field(_without_form(cell)).unit for name, cell in times.items()}
    return {name: SECONDS[unit] for name, unit in stated.items() if unit}


def _rows(lines: Sequence[str], mark: str, places: Mapping[str, int]) -> Iterator[dict[str, str]]:
    """Each row's cells by name; a text in the last column may hold the mark itself."""
    last = max(places.values())
    for row in _cells(lines, mark):
        if len(row) <= places["text"]:
            continue
        cells = {name: row[i].strip() if i < len(row) else "" for name, i in places.items()}
        if places["text"] == last:
            cells["text"] = f"{mark} ".join(row[last:])
        yield {name: cells.get(name, "") for name in COLUMNS}


def _cue(row: Mapping[str, str], units: Mapping[str, float]) -> Cue:
    start_s, end_s = (_time_s(row[name], units.get(name, 1.0)) for name in ("start", "end"))
    if start_s is None or (end_s is not None and end_s < start_s):
        start_s = end_s = None
    return cue_of(row["text"], start_s, end_s, speaker=row["speaker"] or None)


def _time_s(cell: str, unit_s: float) -> float | None:
    """Seconds of a cell; clock times state their own unit."""
    time_s = seconds(cell) if cell else None
    is_number = time_s is not None and _NUMBER.fullmatch(cell) is not None
    return time_s * unit_s if is_number and time_s is not None else time_s


FORMATS = (Format(recognises, read),)

"""Tables with a header: a row per cue, with columns for times, speaker and text.

Recognisers write them (``start end text``), and editors and meeting services export them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence

from trifold.media.transcripts.json.times import UNIT_S, parse_key
from trifold.media.transcripts.parsed import Format, OtherContentError, ParsedTranscript
from trifold.media.transcripts.timed.clock import seconds
from trifold.media.transcripts.timed.lines import Cue, cue_of, split_lines
from trifold.media.transcripts.timed.repetition import parsed_from_cues
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
        "tmin",
        "xmin",
        "in",
        "timecodein",
        "time",
        "timestamp",
        "timecode",
        "offset",
        "startzeit",
        "beginn",
        "début",
        "timespan",
        "timerange",
        "range",
        "interval",
    ),
    "end": (
        "end",
        "endtime",
        "tmax",
        "xmax",
        "ends",
        "endms",
        "stop",
        "to",
        "out",
        "timecodeout",
        "ende",
        "fin",
    ),
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
        "tier",
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
DAY_S = 86_400.0
_OF_DAY = re.compile(r"0?[.,]\d{6,20}|\d(?:[.,]\d{1,17})?[eE]-0?\d")  # times as fractions of a day
HEADER_WITHIN = 8  # lines at the top, one of which may be the header
_NOT_WORDS = {"duration", "dur", "number", "id", "index", "no", ""}
_NOT_TRANSCRIPT = {"path", "filename", "file", "candidateid", "clipid", "label", "rating", "score"}
_RANGE = re.compile(r"(?<=\d) ?(?:-{1,2}>?|[–—→]) ?(?=\d)|(?<=\d) to (?=\d)")
_WHOLE = re.compile(r"-?\d{1,12}")
_NUMBER = re.compile(r"-?\d{1,12}(?:[.,]\d{1,9})?")


def recognises(text: str) -> bool:
    """True where a line at the top names a text column and one for its time or speaker."""
    return _header_at(split_lines(text.lstrip("\ufeff")[:4000])) is not None


def read(text: str) -> ParsedTranscript:
    """Read a table; whole numbers may be seconds or milliseconds, which recordings tell.

    Raises:
        ValueError: when the header is another, or a cell never ends.
    """
    lines = split_lines(text.lstrip("\ufeff"))
    at = _header_at(lines) or 0
    header = lines[at] if lines else ""
    mark = _mark(header)
    places = _names(_cells([header], mark)) if mark else {}
    units = _units(next(_cells([header], mark), []), places) if mark else {}
    if "text" not in places:
        raise ValueError(f"expected the columns start, end and text, got {header[:60]!r}")
    try:
        rows = list(_rows(lines[at + 1 :], mark, places))
    except csv.Error as error:
        raise ValueError(f"expected a table of start, end and text, got {error}") from error
    times = [row[name] for row in rows for name in ("start", "end") if row[name]]
    if times and all(_OF_DAY.fullmatch(time) for time in times):
        units = dict.fromkeys(("start", "end"), DAY_S)
    whole = bool(times) and all(_WHOLE.fullmatch(time) for time in times)
    cues = [cue_of_row(row, units) for row in rows]
    return parsed_from_cues(cues, kind="table", unit_known=bool(units) or not whole)


def _header_at(lines: Sequence[str]) -> int | None:
    """The line of the header: the first, or one below titles; None where there is none."""
    for at, line in enumerate(lines[:HEADER_WITHIN]):
        mark = _mark(line[:400])
        names = _names(_cells([line[:400]], mark)) if mark else {}
        if "text" in names and ("start" in names or "speaker" in names):
            below = [row for row in lines[at + 1 : at + 7] if row.strip()][:-1]
            wide = sum(len(cells) > max(names.values()) for cells in _cells(below, mark))
            return at if 2 * wide >= len(below) and line.rstrip()[-1:] not in ".?!" else None
    return None


def check(text: str) -> None:
    """Refuse a table of something else, such as measurements of each picture.

    Raises:
        OtherContentError: when all of the first rows have as many cells as the header.
    """
    rows = [row for row in split_lines(text[:4000].lstrip("\ufeff"))[:10] if row.strip()]
    mark = _mark(rows[0]) if rows else ""
    sizes = {len(cells) for cells in _cells(rows[:-1], mark)} if mark else {0}
    if len(rows) > 2 and len(sizes) == 1 and max(sizes) > 1:
        raise OtherContentError(f"expected a table with a column of text, got {rows[0][:60]!r}")


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
    header = [plain_column(cell) for cell in next(rows, [])]
    if set(header) & _NOT_TRANSCRIPT:
        return {}
    found = {}
    for name, aliases in COLUMNS.items():
        place = next((header.index(alias) for alias in aliases if alias in header), None)
        if place is not None:
            found[name] = place
    return _with_tier(found, header)


def _with_tier(found: dict[str, int], header: Sequence[str]) -> dict[str, int]:
    """Between a start, an end and lengths, a single other column is that of the words."""
    rest = [
        i for i, name in enumerate(header) if name not in _NOT_WORDS and i not in found.values()
    ]
    is_tier = {"start", "end"} <= found.keys() and "text" not in found and len(rest) == 1
    return {**found, "text": rest[0]} if is_tier else found


def plain_column(cell: str) -> str:
    """A column's name as it is compared, without unit: ``Start time in milliseconds``."""
    cell = _without_form(cell)
    stated = parse_key(cell)
    return stated.stem if stated.unit and stated.stem else key(cell)


def _without_form(cell: str) -> str:
    """``Begin Time - hh:mm:ss.ms`` without how times are written, which they show themselves."""
    return cell.partition(" - ")[0]


def _units(header: Sequence[str], places: Mapping[str, int]) -> dict[str, float]:
    """Seconds in the unit that the name of a column of times states."""
    times = {name: header[places[name]] for name in ("start", "end") if name in places}
    stated = {name: parse_key(_without_form(cell)).unit for name, cell in times.items()}
    return {name: UNIT_S[unit] for name, unit in stated.items() if unit}


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


def cue_of_row(row: Mapping[str, str], units: Mapping[str, float]) -> Cue:
    """A row's cells as a cue; a time may state a span, and units those of bare numbers."""
    ends = _RANGE.split(row["start"])
    is_range = len(ends) == 2 and not row["end"]
    stated = {"start": ends[0], "end": ends[1]} if is_range else row
    start_s, end_s = (_time_s(stated[name], units.get(name, 1.0)) for name in ("start", "end"))
    if start_s is None or (end_s is not None and end_s < start_s):
        start_s = end_s = None
    return cue_of(row["text"], start_s, end_s, speaker=row["speaker"] or None)


def _time_s(cell: str, unit_s: float) -> float | None:
    """Seconds of a cell; clock times state their own unit."""
    if unit_s == DAY_S:
        return float(cell.replace(",", ".")) * unit_s if cell else None
    time_s = seconds(cell) if cell else None
    is_number = time_s is not None and _NUMBER.fullmatch(cell) is not None
    return time_s * unit_s if is_number and time_s is not None else time_s


FORMATS = (Format(recognises, read),)

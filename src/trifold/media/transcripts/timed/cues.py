"""WebVTT, SRT, SBV, and what recognisers print: lines of times with text below each.

A cue reaches from its line of times to the next: blank lines may be missing, and may stand inside a
cue. The line directly before its times may be the cue's name or number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.speakers.heads import looks_like_name
from trifold.media.transcripts.timed.clock import (
    LOOK_AT,
    CueTimes,
    likely_frame_hz,
    time_line,
    unfold,
)
from trifold.media.transcripts.timed.lines import cue_of, split_lines
from trifold.media.transcripts.timed.named_cues import named_first
from trifold.media.transcripts.timed.repetition import parsed_from_cues
from trifold.media.transcripts.vtt import NOTE

LONGEST_DAMAGE = 60  # characters of a line of times that cannot be read
_ARROWS = re.compile(r"[>→⟶⇒➔➜＞]|&gt;")
_HEADER = re.compile(r"\ufeff?\s{0,20}WEBVTT(?![A-Za-z0-9])", re.IGNORECASE)
_LANGUAGE = re.compile(r"Language: ?([A-Za-z]{2,3}(?:-\w{2,8})*)\s*$")
_COMMENT = re.compile(r"NOTE(?:\s|$)|(?:STYLE|REGION)\s*$|WEBVTT(?:\s|$)")
_NUMBER = re.compile(r"#?(\d{1,9})[.:]?")
_GENERATED_NAME = re.compile(r"[0-9a-fA-F-]{8,40}(?:/\d{1,9}-\d{1,9})?|\w{1,40}/\d{1,9}-\d{1,9}")
_NUMBER_AND_NAME = re.compile(r'\d{1,9} "([^"]{0,200})"(?: \(\d{1,20}\))?')  # of Webex
_PRINTED = re.compile(  # by recognisers, between the lines that they heard
    r"(?:whisper_|ggml_|main: |system_info: |output_\w{1,10}: |Detect(?:ed|ing) language |```)"
)


class _TimedBody(NamedTuple):
    """A line of times and the rows that belong to it."""

    span: CueTimes
    speaker: str | None
    body: list[str]


@dataclass(frozen=True)
class _ParsedRows:
    """The lines of a file, those that give times, and what its kind says about names of cues.

    Attributes:
        rows: all lines, stripped.
        spans: times by row.
        is_vtt: True where any line before the times may be the name of a cue.
        numbered: True where most lines of times follow a number directly.
    """

    rows: Sequence[str]
    spans: dict[int, CueTimes]
    is_vtt: bool
    numbered: bool


def is_webvtt(text: str) -> bool:
    """Whether a text has the header of WebVTT."""
    return bool(_HEADER.match(text))


def recognises(text: str) -> bool:
    """True for WebVTT by its header, and for any text with a line of ``start --> end``."""
    if _HEADER.match(text):
        return True
    rows = (row for row in split_lines(text) if row.strip())
    first = next(rows, "")
    if first.lstrip()[:1] in ("{", "<"):
        return False
    span = time_line(first)
    if (span is not None and span.start_s is not None) or len(unfold(first)) > 1:
        return True
    return any(
        _may_give_times(row) and (time_line(row) is not None or len(unfold(row)) > 1)
        for row in rows
    )


def read(text: str) -> ParsedTranscript:
    """Read cues with their times, speakers and words.

    A cue whose times cannot be read, or run backwards, keeps its words and is counted as damaged.

    Raises:
        ValueError: when there are no lines of times, and no header that says that none are due.
    """
    # where line ends were lost, a row holds several lines of times
    rows = [p for r in split_lines(text) for p in (unfold(r) if _ARROWS.search(r) else [r])]
    frame_hz = likely_frame_hz(row for row in rows if _may_give_times(row))
    is_vtt = bool(_HEADER.match(text))
    parsed = _parse_rows(rows, frame_hz, is_vtt=is_vtt)
    if not parsed.spans and any(_after_header(parsed)):
        raise ValueError("expected lines such as 00:01.500 --> 00:03.000, got none")
    timed = list(_timed_bodies(parsed))
    named = zip(timed, named_first([one.body for one in timed]), strict=True)
    timed = [one._replace(speaker=name or one.speaker, body=body) for one, (name, body) in named]
    cues = [cue_of("\n".join(t.body), *t.span[:2], speaker=t.speaker) for t in timed]
    spans = [t.span for t in timed]
    return parsed_from_cues(
        cues,
        kind=_kind(parsed),
        unit_known=not spans or not all(span.bare for span in spans),
        language=_language(rows),
        by_trifold=f"\n{NOTE}" in text[:LOOK_AT],
    )


def _after_header(parsed: _ParsedRows) -> list[str]:
    """What a file without times says, apart from the header and comments of WebVTT."""
    if not parsed.is_vtt:
        return [row for row in parsed.rows if row]
    rest = parsed.rows[parsed.rows.index("") :] if "" in parsed.rows else []
    return [row for row in _without_comments(rest, is_vtt=True) if row]


def _may_give_times(row: str) -> bool:
    """Whether a row can give times at all; quick."""
    if _ARROWS.search(row, 0, LOOK_AT):
        return True
    return len(row) < 80 and row.count(":") > 1


def _parse_rows(rows: Sequence[str], frame_hz: float, *, is_vtt: bool) -> _ParsedRows:
    stripped = [row.strip().lstrip("\ufeff") for row in rows]
    found = (
        (i, time_line(row, frame_hz=frame_hz) or _damaged_times(stripped, i))
        for i, row in enumerate(rows)
        if _may_give_times(row)
    )
    spans = {i: span for i, span in found if span is not None}
    numbers = sum(i > 0 and _NUMBER.fullmatch(stripped[i - 1]) is not None for i in spans)
    return _ParsedRows(stripped, spans, is_vtt, numbered=2 * numbers >= len(spans) > 0)


def _damaged_times(rows: Sequence[str], at: int) -> CueTimes | None:
    """Times that cannot be read, of a short row with ``-->`` where times are due; else None."""
    if "-->" not in rows[at] or not 0 < at < len(rows) - 1 or len(rows[at]) > LONGEST_DAMAGE:
        return None
    before, after = rows[at - 1], rows[at + 1]
    due = bool(after) and (not before or _NUMBER.fullmatch(before) is not None)
    return CueTimes(None, None) if due else None


def _timed_bodies(parsed: _ParsedRows) -> Iterator[_TimedBody]:
    """Each line of times with its body, which ends before the name of the next."""
    starts = sorted(parsed.spans)
    if not starts:
        return
    people = _cue_names_of_people(parsed)
    names: list[int | None] = []
    number = 0
    for start in starts:
        name, number = _name_before(parsed, start, number)
        names.append(name)
    begins = [start if name is None else name for start, name in zip(starts, names, strict=True)]
    ends = [*begins, len(parsed.rows)][1:]
    for start, name, end in zip(starts, names, ends, strict=True):
        span = parsed.spans[start]
        named = _NUMBER_AND_NAME.fullmatch(parsed.rows[name]) if name is not None else None
        speaker = " ".join(named.group(1).split()) or None if named else None
        if name is not None and parsed.rows[name] in people:
            speaker = parsed.rows[name]
        body = _without_comments(parsed.rows[start + 1 : end], is_vtt=parsed.is_vtt)
        if end == len(parsed.rows):
            body = _without_last_number(body, number + 1)
        yield _TimedBody(span, speaker, [span.rest, *body])


def _cue_names_of_people(parsed: _ParsedRows) -> set[str]:
    """Names of WebVTT cues that are people's: all are written as names, and some come back."""
    if not parsed.is_vtt:
        return set()
    named = [parsed.rows[i - 1] for i in sorted(parsed.spans) if i > 1 and not parsed.rows[i - 2]]
    people = [name for name in named if name and looks_like_name(name)]
    is_custom = len(set(people)) < len(people) == len(parsed.spans)
    return set(people) if is_custom else set()


def _name_before(parsed: _ParsedRows, at: int, last_number: int) -> tuple[int | None, int]:
    """The row that names the cue whose times are in row ``at``, and the number that it gives.

    A number that stands a blank line off is a name only if it is the next one.
    """
    row = at - 1
    while row >= 0 and not parsed.rows[row]:
        row -= 1
    if row < 0 or row in parsed.spans:
        return None, last_number
    text = parsed.rows[row]
    number = _NUMBER.fullmatch(text)
    value = int(number.group(1)) if number else last_number
    after_blank = row == 0 or not parsed.rows[row - 1]
    apart = after_blank or row - 1 in parsed.spans
    if row != at - 1:
        follows = number is not None and apart and 0 < value == last_number + 1
        return (row, value) if follows else (None, last_number)
    if number and (apart or parsed.numbered or value == last_number + 1):
        return row, value
    made = _NUMBER_AND_NAME.fullmatch(text) or (parsed.is_vtt and _GENERATED_NAME.fullmatch(text))
    return (row if made or (parsed.is_vtt and after_blank) else None), last_number


def _without_last_number(rows: list[str], following: int) -> list[str]:
    """Leave out the number of a cue that never came, at the end of a file."""
    said = [index for index, row in enumerate(rows) if row]
    cut = bool(said) and rows[said[-1]] == str(following) and not rows[said[-1] - 1]
    return rows[: said[-1]] if cut else rows


def _without_comments(rows: Sequence[str], *, is_vtt: bool) -> list[str]:
    """Leave out notes and styles of WebVTT, up to their blank line, and what tools print."""
    kept: list[str] = []
    comment = False
    for index, row in enumerate(rows):
        opens = is_vtt and index > 0 and not rows[index - 1] and _COMMENT.match(row)
        comment = bool(row) and (comment or bool(opens))
        if not comment and not _PRINTED.match(row):
            kept.append(row)
    return kept


def _kind(parsed: _ParsedRows) -> str:
    if parsed.is_vtt:
        return "vtt"
    if parsed.spans and all(span.bracketed for span in parsed.spans.values()):
        return "console"
    return "srt" if any(_ARROWS.search(parsed.rows[i]) for i in parsed.spans) else "sbv"


def _language(rows: Sequence[str]) -> str | None:
    """The language that a header of WebVTT states, before the first cue."""
    for row in rows[:12]:
        if match := _LANGUAGE.match(row):
            return match.group(1)
        if "-->" in row:
            break
    return None


FORMATS = (Format(recognises, read),)

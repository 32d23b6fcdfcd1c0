"""Cues and their lines: what timed subtitles of all kinds have in common.

A line is the unit of captions that roll; a turn is where a new speaker begins without a name,
marked by ``>>`` or by a dash at each line of a cue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from trifold.contracts import Segment
from trifold.media.transcripts.timed import markup

DASH = "‐‑–—−-"  # the plain one last, so that classes of characters can hold it
_CHEVRONS = re.compile(r"(?:^|(?<=\s))>{2,3}(?=\s|$|[A-Z])\s?")
_ESCAPED = re.compile(r"&lt;(/?(?:v|c|i|b|u)(?:[ .][^&<>]{0,100})?)&gt;")
_DASHED = re.compile(rf"[{DASH}]{{1,2}} ?(?=[^\s{DASH}])")
_DASH_AND_SPACE = re.compile(rf"[{DASH}]{{1,2}} (?=[^\s{DASH}])")


@dataclass(frozen=True)
class Line:
    """One line of a cue.

    Attributes:
        text: its words, without markup.
        speaker: named by the format, or None.
        turn: True where a mark says that another speaker begins.
        words: where the line carries time stamps, its pieces with their times; empty otherwise.
    """

    text: str
    speaker: str | None = None
    turn: bool = False
    words: tuple[Segment, ...] = ()


@dataclass(frozen=True)
class Cue:
    """Lines that are shown together; times are seconds, or None where they make no sense.

    ``raw`` is the text with its markup, which tells a word that is highlighted from the next.
    """

    start_s: float | None
    end_s: float | None
    lines: tuple[Line, ...]
    raw: str = field(default="", compare=False)


def split_lines(text: str) -> list[str]:
    """Lines ended in any way that files have, doubled carriage returns included.

    Where every second line is empty, as after line ends were converted twice, those are left out.
    """
    for end in ("\r\r\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"):
        text = text.replace(end, "\n")
    rows = text.split("\n")
    doubled = len(rows) > 6 and any(rows[::2]) and not any(row.strip() for row in rows[1::2])
    return rows[::2] if doubled else rows


def cue_of(
    text: str, start_s: float | None, end_s: float | None, *, speaker: str | None = None
) -> Cue:
    """The cue of a raw text with markup, lines separated by line feeds."""
    lines: list[Line] = []
    if "&lt;v " in text:  # tags that were escaped as text is
        text = _ESCAPED.sub(r"<\1>", text)
    broken = markup.BREAKS.sub("\n", text)
    for voice, said in markup.voices(broken, speaker):
        if len(markup.stamped(said)) > 1:
            for row in said.split("\n"):
                lines += _stamped_lines(row, start_s, end_s, voice)
        else:
            lines += _plain_lines(markup.spoken_lines(said), voice)
    return Cue(start_s, end_s, tuple(lines), raw=text)


def segments_of(cue: Cue) -> Iterator[Segment]:
    """One segment per speaker and turn, or per time stamp.

    Turns without times of their own share those of the cue by the length of their texts.
    """
    groups = list(_groups(cue.lines))
    letters = sum(len(text) for text, _ in groups) or 1
    before = 0
    for text, lines in groups:
        if lines[0].words:
            yield from (replace(w, speaker=lines[0].speaker) for w in lines[0].words)
        else:
            span = _share(cue, before / letters, (before + len(text)) / letters)
            yield Segment(text, *span, lines[0].speaker)
        before += len(text)


def turns_of(cues: Iterable[Cue]) -> int:
    """How often marks say that another speaker begins, the first words not counted."""
    lines = [line for cue in cues for line in cue.lines]
    return sum(line.turn for line in lines[1:])


def _groups(lines: Iterable[Line]) -> Iterator[tuple[str, list[Line]]]:
    """Lines that are one segment: the same speaker, no turn between, no time stamps."""
    number = 0
    keyed: list[tuple[int, Line]] = []
    last: Line | None = None
    for line in lines:
        if last and (line.turn or line.words or last.words or line.speaker != last.speaker):
            number += 1
        keyed.append((number, line))
        last = line
    for _, group in groupby(keyed, key=lambda pair: pair[0]):
        members = [line for _, line in group]
        yield " ".join(line.text for line in members), members


def _share(cue: Cue, first: float, last: float) -> tuple[float | None, float | None]:
    """A part of the cue's time, from ``first`` to ``last``; a start may stand alone."""
    if cue.start_s is None or cue.end_s is None:
        return (cue.start_s if first == 0 else None), None
    length_s = cue.end_s - cue.start_s
    return (
        cue.start_s if first == 0 else round(cue.start_s + first * length_s, 3),
        cue.end_s if last == 1 else round(cue.start_s + last * length_s, 3),
    )


def _plain_lines(rows: list[str], speaker: str | None) -> Iterator[Line]:
    """Lines without marks of turns; a dash opens a turn where two lines of the cue have one."""
    dashes = sum(_DASHED.match(row) is not None for row in rows)
    mark = _DASHED if dashes > 1 else _DASH_AND_SPACE
    for index, row in enumerate(rows):
        dash = mark.match(row)
        said = row[dash.end() :] if dash else row
        yield from _chevroned(said, speaker, changes=dash is not None and index > 0)


def _chevroned(text: str, speaker: str | None, *, changes: bool) -> Iterator[Line]:
    """Cut a line at ``>>``."""
    first, *rest = (" ".join(part.split()) for part in _CHEVRONS.split(text))
    if first:
        yield Line(first, speaker, turn=changes)
    yield from (Line(part, speaker, turn=True) for part in rest if part)


def _stamped_lines(
    row: str, start_s: float | None, end_s: float | None, speaker: str | None
) -> Iterator[Line]:
    """A line with time stamps: a piece starts at its stamp and ends at the next.

    A line of such a cue that has none is text that was shown before, or has one word.
    """
    pieces = markup.stamped(row)
    if len(pieces) == 1:
        yield from _plain_lines(markup.spoken_lines(row), speaker)
        return
    starts = [start_s, *(start for start, _ in pieces[1:])]
    words: list[Segment] = []
    turn = False
    for (_, piece), start, end in zip(pieces, starts, [*starts[1:], end_s], strict=True):
        said = markup.spoken(piece)
        if said[:2] == ">>":
            yield from _line_of(words, speaker, turn=turn)
            words, turn, said = [], True, said.lstrip("> ")
        if said:
            words.append(_word(said, start, end))
    yield from _line_of(words, speaker, turn=turn)


def _line_of(words: list[Segment], speaker: str | None, *, turn: bool) -> Iterator[Line]:
    if words:
        yield Line(" ".join(word.text for word in words), speaker, turn, tuple(words))


def _word(text: str, start_s: float | None, end_s: float | None) -> Segment:
    """Times only where they run forwards; the last word may start at its cue's end."""
    if start_s is None or end_s is None:
        return Segment(text)
    return Segment(text, start_s, max(start_s, end_s))

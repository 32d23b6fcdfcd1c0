"""Timed text in XML: TTML with its profiles DFXP, IMSC, SMPTE-TT and EBU-TT."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

from trifold.contracts import Segment
from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.timed import markup
from trifold.media.transcripts.timed.clock import seconds
from trifold.media.transcripts.timed.lines import Cue, Line, cue_of
from trifold.media.transcripts.timed.repetition import parsed_from_cues
from trifold.media.transcripts.timed.xml_tree import (
    attributes,
    local,
    parse_xml,
    positive,
    root_name,
    walk,
)

FRAME_HZ = 30.0  # of TTML where it is not stated (TTML1, 6.2.4)
UNIT_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)(h|ms|m|s|f|t)")
_SILENT = frozenset({"metadata", "head", "agent", "name", "title", "desc", "copyright", "image"})
_CONTENT = frozenset({"body", "div", "p", "span"})


@dataclass(frozen=True)
class Rates:
    """What a document's clock counts: frames and ticks per second."""

    frame_hz: float = FRAME_HZ
    tick_hz: float = 1.0

    def seconds(self, value: str) -> float | None:
        """Seconds of a time expression of TTML; None where it is not one."""
        offset = _OFFSET.fullmatch(value.strip())
        if offset is None:
            return seconds(value, frame_hz=self.frame_hz)
        number, unit = float(offset.group(1)), offset.group(2)
        if unit in ("f", "t"):
            return round(number / (self.frame_hz if unit == "f" else self.tick_hz), 6)
        return round(number * UNIT_S[unit], 6)


@dataclass(frozen=True)
class _Scope:
    """Times and speaker that an element hands down to what it holds."""

    start_s: float | None = 0.0
    end_s: float | None = None
    speaker: str | None = None
    timed: bool = False
    silent: bool = False
    language: str | None = None


@dataclass
class _Paragraph:
    """The pieces of one ``p``: text with the scope that it stands in."""

    scope: _Scope
    pieces: list[tuple[str, _Scope]] = field(default_factory=list)


def recognises_ttml(text: str) -> bool:
    """True for documents whose root is ``tt``."""
    return root_name(text) == "tt"


def read_ttml(text: str) -> ParsedTranscript:
    """Read the paragraphs of a document; times of nested elements count from those around them.

    Of several languages the document's own is read, or the first.

    Raises:
        ValueError: when it is not well-formed XML.
    """
    root = parse_xml(text)
    agents = _agents(root)
    paragraphs = list(_paragraphs(root, _rates(root), agents))
    stated = attributes(root).get("lang") or None
    languages = dict.fromkeys(one.scope.language for one in paragraphs if one.pieces)
    spoken = stated if stated in languages else next(iter(languages), None)
    cues = [_cue(one) for one in paragraphs if one.scope.language == spoken]
    return parsed_from_cues(cues, kind="ttml", language=spoken or stated)


def _rates(root: Element) -> Rates:
    stated = attributes(root)
    frames = positive(stated.get("frameRate"), 0.0)
    up, down = (*stated.get("frameRateMultiplier", "1 1").replace(":", " ").split(), "1", "1")[:2]
    frame_hz = (frames or FRAME_HZ) * positive(up, 1.0) / positive(down, 1.0)
    return Rates(frame_hz, positive(stated.get("tickRate"), frame_hz if frames else 1.0))


def _agents(root: Element) -> dict[str, str]:
    """Names of the people that a document lists, by id."""
    names: dict[str, str] = {}
    now = ""
    for event, element, text in walk(root):
        kind = local(element.tag)
        if event == "start" and kind == "agent":
            now = attributes(element).get("id", "")
        elif event == "text" and kind == "name" and now and text.strip():
            names.setdefault(now, " ".join(text.split()))
    return names


def _paragraphs(root: Element, rates: Rates, agents: dict[str, str]) -> Iterator[_Paragraph]:
    scopes = [_Scope()]
    now: _Paragraph | None = None
    for event, element, text in walk(root):
        if event == "start":
            scopes.append(_inner(element, scopes[-1], rates, agents))
            if local(element.tag) == "p":
                now = _Paragraph(scopes[-1])
            if now and local(element.tag) == "br":
                now.pieces.append(("\n", scopes[-2]))
        elif event == "text" and now and text and not scopes[-1].silent:
            now.pieces.append((re.sub(r"\s", " ", text), scopes[-1]))
        elif event == "end":
            scopes.pop()
            if now and local(element.tag) == "p":
                yield now
                now = None


def _inner(element: Element, around: _Scope, rates: Rates, agents: dict[str, str]) -> _Scope:
    """What holds inside an element; times that cannot be read make those inside unknown."""
    kind, stated = local(element.tag), attributes(element)
    silent = (
        kind in _SILENT
        or stated.get("ruby") in ("text", "textContainer", "delimiter")
        or stated.get("role") in ("sound", "music")
    )
    agent = stated.get("agent", "").strip()
    scope = replace(
        around,
        silent=around.silent or silent,
        speaker=agents.get(agent, agent) or around.speaker,
        timed=False,
        language=(kind in _CONTENT and stated.get("lang")) or around.language,
    )
    given = {key: value for key, value in stated.items() if key in ("begin", "end", "dur")}
    return _timed(scope, given, rates) if given and kind in _CONTENT else scope


def _timed(around: _Scope, given: dict[str, str], rates: Rates) -> _Scope:
    read = {key: rates.seconds(value) for key, value in given.items()}
    base = around.start_s
    if base is None or None in read.values():
        return replace(around, start_s=None, end_s=None, timed=True)
    known = {key: value for key, value in read.items() if value is not None}
    start = base + known.get("begin", 0.0)
    froms = (("end", base), ("dur", start))
    end = min((since + known[key] for key, since in froms if key in known), default=around.end_s)
    if end is not None and end < start:
        return replace(around, start_s=None, end_s=None, timed=True)
    return replace(
        around, start_s=round(start, 6), end_s=None if end is None else round(end, 6), timed=True
    )


def _cue(paragraph: _Paragraph) -> Cue:
    """A cue of lines; spans with times of their own become pieces with times."""
    scope = paragraph.scope
    if scope.end_s is None:
        ends = [inner.end_s for _, inner in paragraph.pieces if inner.end_s is not None]
        scope = replace(scope, end_s=max(ends)) if ends else replace(scope, start_s=None)
    if not any(inner.timed and inner is not paragraph.scope for _, inner in paragraph.pieces):
        return Cue(scope.start_s, scope.end_s, tuple(_lines_by_speaker(paragraph)))
    return Cue(scope.start_s, scope.end_s, tuple(_timed_lines(paragraph, scope)))


def _lines_by_speaker(paragraph: _Paragraph) -> Iterator[Line]:
    """The lines of each run of pieces with the same speaker."""
    runs: list[tuple[str | None, str]] = []
    for text, scope in paragraph.pieces:
        if runs and runs[-1][0] == scope.speaker:
            runs[-1] = (scope.speaker, runs[-1][1] + text)
        else:
            runs.append((scope.speaker, text))
    for speaker, text in runs:
        yield from cue_of(text, None, None, speaker=speaker).lines


def _timed_lines(paragraph: _Paragraph, outer: _Scope) -> Iterator[Line]:
    words: list[Segment] = []
    speaker = outer.speaker
    for text, scope in [*paragraph.pieces, ("\n", outer)]:
        said = markup.spoken(text)
        if words and ("\n" in text or (said and scope.speaker != speaker)):
            yield Line(" ".join(word.text for word in words), speaker, words=tuple(words))
            words = []
        if said:
            end = outer.end_s if scope.end_s is None else scope.end_s
            known = scope.start_s is not None and end is not None
            words.append(Segment(said, *((scope.start_s, end) if known else (None, None))))
            speaker = scope.speaker


FORMATS = (Format(recognises_ttml, read_ttml),)

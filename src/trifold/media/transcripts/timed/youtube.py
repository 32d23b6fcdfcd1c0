"""Timed text as YouTube serves it: srv1, srv2 and srv3."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree.ElementTree import Element

from trifold.contracts import Segment
from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.timed import markup
from trifold.media.transcripts.timed.lines import Cue, Line, cue_of
from trifold.media.transcripts.timed.repetition import parsed_from_cues
from trifold.media.transcripts.timed.xml_tree import local, parse_xml, positive, root_name


def recognises_youtube(text: str) -> bool:
    """True for the XML that YouTube serves: ``transcript`` of texts, or ``timedtext``."""
    return root_name(text) in ("transcript", "timedtext") and bool(
        re.search(r"<(?:text|p)\s[^<>]{0,200}?\b(?:start|t)=", text)
    )


def read_youtube(text: str) -> ParsedTranscript:
    """Read srv1 (seconds), srv2 and srv3 (milliseconds, words with offsets).

    A caption stays on the screen while the next one comes; it was said before that.

    Raises:
        ValueError: when it is not well-formed XML.
    """
    shown = [e for e in parse_xml(text).iter() if local(e.tag) in ("text", "p")]
    said = [e for e in shown if "".join(e.itertext()).strip()]
    spans = [_youtube_span(element) for element in said]
    cues = []
    for element, (span, after) in zip(said, pairwise([*spans, (None, None)]), strict=True):
        start, end = span
        if end is not None and after[0] is not None and start is not None:
            end = min(end, max(start, after[0]))
        cues.append(_youtube_cue(element, start, end))
    return parsed_from_cues(cues, kind="youtube")


def _youtube_span(element: Element) -> tuple[float | None, float | None]:
    in_seconds = "start" in element.attrib
    unit = 1.0 if in_seconds else 0.001
    start, length = (
        element.get(key, "") for key in (("start", "dur") if in_seconds else ("t", "d"))
    )
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", start, re.ASCII):
        return None, None
    start_s = float(start) * unit
    return round(start_s, 6), round(start_s + positive(length, 0.0) * unit, 6)


def _youtube_cue(element: Element, start_s: float | None, end_s: float | None) -> Cue:
    """A cue; words of srv3 become time stamps, which are read like those of WebVTT."""
    pieces = [piece for piece in element if local(piece.tag) == "s"]
    if len(pieces) < 2 or start_s is None:
        return cue_of(markup.unescape("".join(element.itertext())), start_s, end_s)
    words: list[Segment] = []
    starts = [start_s + positive(piece.get("t"), 0.0) / 1000 for piece in pieces]
    last = max(end_s or start_s, starts[-1])
    for piece, start, end in zip(pieces, starts, [*starts[1:], last], strict=True):
        if said := markup.spoken("".join(piece.itertext())).lstrip("> "):
            words.append(Segment(said, round(start, 6), round(max(start, end), 6)))
    turn = markup.spoken("".join(element.itertext()))[:2] == ">>"
    line = Line(" ".join(word.text for word in words), turn=turn, words=tuple(words))
    return Cue(start_s, end_s, (line,) if words else ())


FORMATS = (Format(recognises_youtube, read_youtube),)

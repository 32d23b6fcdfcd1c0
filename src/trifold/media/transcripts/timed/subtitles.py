r"""Subtitles of editors and players: ASS and SSA, SAMI, MicroDVD, MPL2, TMPlayer.

Rows are read one by one here, because a library that stops at the first time that it cannot read
loses all words after it; and the fields of ASS follow the file's own ``Format:`` line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.timed.clock import FRAME_HZ, seconds
from trifold.media.transcripts.timed.lines import Cue, cue_of, split_lines
from trifold.media.transcripts.timed.repetition import parsed_from_cues

ASS_FIELDS = "layer start end style name marginl marginr marginv effect text"
_EVENT = re.compile(r"Dialogue:[^,\n]{0,20},\s*\d{1,3}:\d{1,2}:\d{1,2}[.,:]\d{1,3}\s*,", re.ASCII)
_DRAWING = re.compile(r"\\p([0-9])")
_BLOCK = re.compile(r"\{([^{}]{0,2000})\}")
_MICRODVD = re.compile(r"\s{0,4}\{ ?(\d{1,8}) ?\}\{ ?(\d{0,8}) ?\}(.*)")
_MPL2 = re.compile(r"\s{0,4}\[ ?(-?\d{1,7}) ?\]\[ ?(-?\d{0,7}) ?\](.*)")
_TMPLAYER = re.compile(
    r"\s{0,4}(\d{1,2}:\d{2}:\d{2})(?:,\d)?[:=](?! |\d\d[\s,;]{1,4}\d\d:)(.*\D.*)"
)
_SYNC = re.compile(
    r"<sync[^<>]{0,80}?start\s{0,4}=\s{0,4}[\"']?(-?\d{1,9})[^<>]{0,80}>", re.IGNORECASE
)
_PARAGRAPH = re.compile(
    r"<p(?:\s[^<>]{0,80}?class\s{0,4}=\s{0,4}[\"']?([\w-]{1,40}))?[^<>]{0,80}>", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--|</(?:body|sami)>", re.IGNORECASE)


def recognises_ass(text: str) -> bool:
    """True for files with the sections of SubStation Alpha, or rows of dialogue alone."""
    head = text.lstrip("\ufeff \r\n\t")[:4000]
    return head.lower().startswith(("[script info]", "[v4", "[events]")) or bool(
        re.search(r"^\[(?:Script Info|V4\+? Styles|Events)\]", head, re.MULTILINE)
        or _EVENT.match(head)
    )


def read_ass(text: str) -> ParsedTranscript:
    """Read the dialogue of ASS or SSA in the order of its times, without comments and drawings.

    Raises:
        ValueError: when there is no section of events.
    """
    cues: list[Cue] = []
    fields = ASS_FIELDS.split()
    events = False
    for row in split_lines(text):
        name, _, rest = row.strip().partition(":")
        kind = name.lower()
        if kind == "dialogue":
            events = True
            cues.append(_dialogue(rest, fields))
        elif kind == "format" and "text" in rest.lower():
            fields = [field.strip().lower() for field in rest.split(",")]
        events = events or row.strip().lower() == "[events]"
    if not events:
        raise ValueError("expected rows of dialogue under [Events], got none")
    return parsed_from_cues(_in_order(cues), kind="ass")


def _dialogue(rest: str, fields: Sequence[str]) -> Cue:
    """One row; what is missing at its end is empty, and text keeps its commas."""
    values = dict(zip(fields, rest.strip().split(",", len(fields) - 1), strict=False))
    start_s, end_s = (seconds(values.get(key, "").strip()) for key in ("start", "end"))
    if start_s is None or end_s is None or end_s < start_s:
        start_s = end_s = None
    said = _shown_words(values.get("text", "")).replace("\\n", " ")
    speaker = " ".join(values.get("name", values.get("actor", "")).split())
    return cue_of(said, start_s, end_s, speaker=speaker or None)


def _shown_words(text: str) -> str:
    r"""What ASS shows as words: no braces, and nothing between ``\p1`` and ``\p0``."""
    words: list[str] = []
    at, drawing = 0, False
    for block in _BLOCK.finditer(text):
        words.append("" if drawing else text[at : block.start()])
        modes = _DRAWING.findall(block.group(1))
        drawing = modes[-1] != "0" if modes else drawing
        at = block.end()
    return "".join([*words, "" if drawing else text[at:]])


def _in_order(cues: Sequence[Cue]) -> list[Cue]:
    """By start; a cue without times stays behind the one that it follows in the file."""
    keyed: list[tuple[float, Cue]] = []
    last_s = 0.0
    for cue in cues:
        last_s = last_s if cue.start_s is None else cue.start_s
        keyed.append((last_s, cue))
    return [cue for _, cue in sorted(keyed, key=lambda pair: pair[0])]


def recognises_sami(text: str) -> bool:
    """True for Microsoft's SAMI: an element of that name, or points of synchronisation."""
    head = text.lstrip("\ufeff \r\n\t")[:4000].lower()
    return head.startswith("<sami") or ("<sami" in head and "<sync" in text.lower())


def read_sami(text: str) -> ParsedTranscript:
    """Read SAMI: a text is shown until the next point. Of several languages the first is read."""
    points = list(_SYNC.finditer(text))
    ends = [*(point.start() for point in points), len(text)][1:]
    bodies = [
        _COMMENT.split(text[point.end() : end], maxsplit=1)[0]
        for point, end in zip(points, ends, strict=True)
    ]
    classes = [name for body in bodies for name in _PARAGRAPH.findall(body) if name]
    starts = [max(0.0, int(point.group(1)) / 1000) for point in points]
    return parsed_from_cues(
        [
            _until(_of_class(body, classes[:1]), start, end)
            for body, start, end in zip(bodies, starts, [*starts, None][1:], strict=True)
        ],
        kind="sami",
    )


def _of_class(body: str, wanted: Sequence[str]) -> str:
    """The paragraphs of one class, or of none; line ends of the source are spaces."""
    flat = " ".join(body.split())
    cuts = list(_PARAGRAPH.finditer(flat))
    ends = [*(cut.start() for cut in cuts), len(flat)][1:]
    kept = [
        flat[cut.end() : end]
        for cut, end in zip(cuts, ends, strict=True)
        if not cut.group(1) or cut.group(1) in wanted
    ]
    return "<br>".join(kept) if cuts else flat


def recognises_rows(text: str) -> bool:
    """True where most rows are of MicroDVD, MPL2 or TMPlayer."""
    return _row_format(split_lines(text)) is not None


def read_rows(text: str) -> ParsedTranscript:
    """Read MicroDVD (frames), MPL2 (tenths of seconds) or TMPlayer (starts alone).

    MicroDVD without a first row such as ``{1}{1}23.976`` states no rate: 25 frames are taken for a
    second, and the unit is said to be unknown.

    Raises:
        ValueError: when most rows are of none of them.
    """
    rows = split_lines(text)
    form = _row_format(rows)
    if form is None:
        raise ValueError("expected rows of MicroDVD, MPL2 or TMPlayer, got others")
    kind, row_of = form
    matches = [match for row in rows if (match := row_of.match(row))]
    if kind == "tmplayer":
        return parsed_from_cues(list(_starts_alone(matches)), kind=kind)
    if kind == "mpl2":
        return parsed_from_cues([_numbered(match, 10.0) for match in matches], kind=kind)
    frame_hz = _stated_rate(matches[0])
    if frame_hz is not None:
        matches = matches[1:]
    cues = [_numbered(match, frame_hz or FRAME_HZ) for match in matches]
    return parsed_from_cues(cues, kind=kind, unit_known=frame_hz is not None)


def _stated_rate(first: re.Match[str]) -> float | None:
    """Frames per second by the first row of MicroDVD, ``{1}{1}23.976``; None for other rows."""
    rate = seconds(first.group(3).strip())
    is_stated = rate is not None and 10 <= rate <= 240 and int(first.group(1)) <= 1
    return rate if is_stated else None


def _numbered(match: re.Match[str], per_second: float) -> Cue:
    """A row with whole numbers as times; the bar ends a line, and ``/`` makes it italic."""
    first, last, said = match.groups()
    start_s, end_s = (max(0, int(n or first)) / per_second for n in (first, last))
    lines = [line.strip().removeprefix("/") for line in said.split("|")]
    return _until("<br>".join(lines), round(start_s, 6), round(end_s, 6))


def _starts_alone(matches: Sequence[re.Match[str]]) -> Iterator[Cue]:
    starts = [seconds(match.group(1)) for match in matches]
    for match, (start, end) in zip(matches, pairwise([*starts, None]), strict=True):
        yield _until(match.group(2).replace("|", "<br>"), start or 0.0, end)


def _until(text: str, start_s: float, end_s: float | None) -> Cue:
    """A cue whose end may be unknown: the last of a file that states starts alone."""
    end_s = start_s if end_s is None else end_s
    return cue_of(text, start_s, end_s) if end_s >= start_s else cue_of(text, None, None)


def _row_format(rows: Sequence[str]) -> tuple[str, re.Pattern[str]] | None:
    """The format that most of the first rows are in."""
    some = [row for row in rows[:400] if row.strip()][:100]
    for kind, row_of in (("microdvd", _MICRODVD), ("mpl2", _MPL2), ("tmplayer", _TMPLAYER)):
        if some and 2 * sum(row_of.match(row) is not None for row in some) > len(some):
            return kind, row_of
    return None


FORMATS: tuple[Format, ...] = (
    Format(recognises_ass, read_ass),
    Format(recognises_sami, read_sami),
    Format(recognises_rows, read_rows),
)

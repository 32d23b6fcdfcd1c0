"""From pieces of a JSON transcript to its segments, in seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from trifold.contracts import Segment
from trifold.media.transcripts.json.fields import STAMPED
from trifold.media.transcripts.json.times import Moment
from trifold.media.transcripts.json.words import Fragment, Level, is_timed, is_word_level, num_words
from trifold.media.transcripts.parsed import ParsedTranscript
from trifold.media.transcripts.text import plain
from trifold.media.transcripts.timed import cues
from trifold.media.transcripts.timed.lines import cue_of
from trifold.media.transcripts.timed.repetition import parsed_from_cues

WHOLE_UNIT_S = {"assemblyai": 1e-3, "gong": 1e-3, "otter": 1 / 16_000}  # of their whole numbers
IN_SECONDS = (  # where they have a point; whole ones may be of a tool that uses the same fields
    "whisper",
    "whisperx",
    "transformers",
    "deepgram",
    "vosk",
    "rev",
    "aws",
    "speechmatics",
    "elevenlabs",
    "gladia",
    "podcast",
    "ibm",
)
SUBTITLES = ("vtt", "webvtt", "srt", "subtitles", "captions")
SLOWEST = 0.2  # words a second; with fewer, numbers of other tools are not taken for seconds

_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def parsed_from_level(
    level: Level, *, kind: str, names: Mapping[str, str], language: str | None
) -> ParsedTranscript:
    """What a file holds, from its pieces in order.

    Args:
        level: the pieces of the file.
        kind: which tool wrote it.
        names: of speakers, by what the pieces call them.
        language: as the file states it.
    """
    level, unit_known = _in_seconds(level, kind)
    damaged = sum(piece.damaged for piece in level)
    segments = list(_segments([piece for piece in level if piece.text], names))
    if inner := _inner(segments):
        return inner
    found = (
        _cues(segments, kind)
        if is_timed(level) and not is_word_level(level)
        else _words(segments, kind)
    )
    return replace(found, unit_known=unit_known, language=language, damaged=damaged)


def _in_seconds(level: Level, kind: str) -> tuple[Level, bool]:
    """Bare numbers as seconds where that is sure, and whether their unit is known."""
    moments = [moment for piece in level for moment in (piece.start, piece.end) if moment]
    bare = [moment.value for moment in moments if not moment.known]
    whole = all(isinstance(value, int) for value in bare)
    if kind in WHOLE_UNIT_S and bare and whole:
        unit = WHOLE_UNIT_S[kind]
        return [p._replace(start=_in(unit, p.start), end=_in(unit, p.end)) for p in level], True
    if len(bare) < len(moments) or not bare:
        return level, True
    is_paced = num_words(level) >= SLOWEST * (max(bare) - min(bare))
    return level, not whole and (is_paced or kind in IN_SECONDS)


def _in(unit_s: float, moment: Moment | None) -> Moment | None:
    if moment is None or moment.known:
        return moment
    return Moment(round(moment.value * unit_s, 7), known=True)


def _segments(said: Level, names: Mapping[str, str]) -> Iterator[Segment]:
    """Segments with raw texts, times, and names for numbers of speakers."""
    latest = 0.0
    for i, piece in enumerate(said):
        start_s, end_s = _times(piece, said[i + 1] if i + 1 < len(said) else None)
        if start_s == end_s == 0.0 < latest:  # zeros for want of times
            start_s = end_s = None
        latest = latest if start_s is None else start_s
        speaker = names.get(piece.speaker, piece.speaker) if piece.speaker is not None else None
        if speaker is not None:  # without what no text holds: control signs, halves of characters
            speaker = " ".join(_NO_TEXT.sub(" ", speaker).split()) or None
        yield Segment(_NO_TEXT.sub(" ", piece.text), start_s, end_s, speaker)


def _inner(segments: list[Segment]) -> ParsedTranscript | None:
    """A text that is itself a transcript with times in it, such as WebVTT; None for others."""
    if any(s.start_s is not None or s.speaker is not None for s in segments):
        return None
    text = "\n".join(segment.text for segment in segments)
    text = text if "-->" in text else text.removeprefix("WEBVTT")
    if cues.recognises(text):
        return cues.read(text)
    return plain.read(text) if STAMPED.search(text) else None


def subtitles_in(document: object) -> ParsedTranscript | None:
    """Subtitles that a file holds as a text beside one without times; None where there are none."""
    inner = document.get("result", document) if isinstance(document, dict) else None
    held = inner if isinstance(inner, dict) else {}
    for name in SUBTITLES:
        text = held.get(name)
        if isinstance(text, str) and "-->" in text and cues.recognises(text):
            return cues.read(text)
    return None


def _cues(segments: list[Segment], kind: str) -> ParsedTranscript:
    """Sentences, whose lines may be of two speakers and may roll on as captions do."""
    ends = [segment.start_s if segment.end_s is None else segment.end_s for segment in segments]
    shown = [
        cue_of(segment.text, segment.start_s, end_s, speaker=segment.speaker)
        for segment, end_s in zip(segments, ends, strict=True)
    ]
    found = parsed_from_cues(shown, kind=kind)
    if not found.segments or segments[-1].end_s is not None:
        return found
    return replace(found, segments=(*found.segments[:-1], replace(found.segments[-1], end_s=None)))


def _words(segments: list[Segment], kind: str) -> ParsedTranscript:
    """Words, and texts without times; ``>>`` before a word says that another speaker begins."""
    said: list[Segment] = []
    turns = 0
    for segment in segments:
        text = " ".join(segment.text.split())
        if text[:2] == ">>":
            turns += bool(said)
            text = text.lstrip("> ")
        if text:
            said.append(replace(segment, text=text))
    return ParsedTranscript(tuple(said), kind, turns=turns)


def _times(piece: Fragment, following: Fragment | None) -> tuple[float | None, float | None]:
    """Start and end; an end that is missing is where the next begins."""
    if piece.start is None:
        return None, None
    start_s = float(piece.start.value)
    end = piece.end
    if end is None and following is not None and following.start is not None:
        end = following.start if following.start.value >= start_s else None
    return start_s, None if end is None else max(start_s, float(end.value))

"""Transcripts from the files that people have: vtt, srt, json, txt."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from src.contracts import Segment, Transcript
from src.errors import TranscriptError

SUFFIXES = (".vtt", ".srt", ".json", ".txt")
ENCODINGS = ("utf-8-sig", "cp1252")  # the second never fails on what Windows editors write

_CLOCK = r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:[.,]\d{1,3})?)"
_ARROW = re.compile(rf"^\s*{_CLOCK}\s*-->\s*{_CLOCK}")
_BRACKETS = re.compile(rf"^\s*\[\s*{_CLOCK}\s*-\s*{_CLOCK}\s*\]\s*(.*)$")
_TAGS = re.compile(r"</?[A-Za-z0-9.:][^>]*>")
_MEDIA_OR_LANGUAGE = re.compile(
    r"\.([a-z]{2,3}(-\w+)?|mp4|m4v|mov|webm|mkv|avi|wav|mp3|m4a|flac|ogg|opus)$", re.IGNORECASE
)
_WORD_TIME = re.compile(rf"<{_CLOCK}>")


def transcripts_in(folder: Path) -> dict[str, Path]:
    """The transcript of each media stem in a folder: ``vtt`` before ``srt``, ``json``, ``txt``.

    ``answer.mp4`` takes ``answer.vtt``, before ``answer.mp4.vtt``, before ``answer.en.vtt``.
    """
    ranked: dict[str, tuple[tuple[int, int, str], Path]] = {}
    for path in folder.iterdir():
        if path.suffix.lower() in SUFFIXES:
            kind = SUFFIXES.index(path.suffix.lower())
            for distance, stem in enumerate((path.stem, _MEDIA_OR_LANGUAGE.sub("", path.stem))):
                entry = ((kind, distance, path.name), path)
                ranked[stem] = min(ranked.get(stem, entry), entry)
    return {stem: path for stem, (_, path) in ranked.items()}


def read_transcript(path: Path) -> Transcript:
    """Read a transcript file by its suffix; an empty one gives a transcript without segments.

    Raises:
        TranscriptError: when it cannot be read, is not text, or its times make no sense.
    """
    parser = _PARSERS.get(path.suffix.lower())
    if parser is None:
        raise TranscriptError(
            expected=f"one of {', '.join(SUFFIXES)}", got=repr(path.suffix), where=path
        )
    return parser(_read_text(path), path)


def parse_transcript(text: str, *, source: str = "inline") -> Transcript:
    """Read plain text, or lines such as ``[00:00 - 00:03] Hello.`` with their times.

    Raises:
        TranscriptError: when a time ends before it starts.
    """
    return _parse_plain(text, None, source=source)


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TranscriptError(expected="a readable file", got=reason, where=path) from error
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    if b"\x00" in raw:
        raise TranscriptError(expected="a text file", got="binary content", where=path)
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _parse_cues(text: str, path: Path | None, *, source: str) -> Transcript:
    """WebVTT and SRT: a line with an arrow, then text until the next empty line."""
    segments: list[Segment] = []
    lines = iter(enumerate(text.splitlines(), start=1))
    found_arrow = False
    for number, line in lines:
        if "-->" not in line:
            continue
        found_arrow = True
        start_s, end_s = _times(_ARROW.match(line), line, number, path)
        said = [content for _, content in _until_blank(lines)]
        segments += _cue_segments(" ".join(said), start_s, end_s)
    if not found_arrow and text.strip() and not text.lstrip().startswith("WEBVTT"):
        raise TranscriptError(
            expected=f"{source} cues with 'start --> end' lines", got="none", where=path
        )
    timed = bool(segments) and source == "vtt" and bool(_WORD_TIME.search(text))
    return Transcript(tuple(segments), source, words_timed=timed)


def _until_blank(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for number, line in lines:
        if not line.strip():
            return
        yield number, line


def _cue_segments(text: str, start_s: float, end_s: float) -> list[Segment]:
    """One segment per cue, or one per word where the cue carries word times."""
    marks = list(_WORD_TIME.finditer(text))
    starts = [start_s, *(_seconds(*mark.groups()) for mark in marks)]
    pieces = _WORD_TIME.sub("\x00", text).split("\x00")
    segments = []
    for i, piece in enumerate(pieces):
        words = " ".join(html.unescape(_TAGS.sub("", piece)).split())
        end = starts[i + 1] if i + 1 < len(starts) else max(end_s, starts[i])
        if words:
            segments.append(Segment(words, starts[i], end))
    return segments


def _parse_plain(text: str, path: Path | None, *, source: str) -> Transcript:
    """Bracketed lines keep their times; a line without a bracket goes on where the last ended."""
    segments: list[Segment] = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = _BRACKETS.match(line)
        said = " ".join((match.group(7) if match else line).split())
        if match:
            start_s, end_s = _times(match, line, number, path)
            segments.append(Segment(said, start_s, end_s))
        elif said and segments and segments[-1].start_s is not None:
            last = segments[-1]
            segments[-1] = Segment(f"{last.text} {said}".strip(), last.start_s, last.end_s)
        elif said:
            segments.append(Segment(said))
    return Transcript(tuple(s for s in segments if s.text), source)


def _parse_json(text: str, path: Path | None, *, source: str) -> Transcript:
    """``{"segments": [...]}`` as Whisper writes it, a plain list, or ``{"text": "…"}``."""
    if not text.strip():
        return Transcript((), source)
    try:
        content = json.loads(text)
    except ValueError as error:
        raise TranscriptError(expected="valid JSON", got=str(error), where=path) from error
    if isinstance(content, dict) and isinstance(content.get("segments"), list):
        rows = content["segments"]
    elif isinstance(content, dict) and isinstance(content.get("text"), str):
        return _parse_plain(content["text"], path, source=source)
    elif isinstance(content, list):
        rows = content
    else:
        raise TranscriptError(
            expected="a list of segments, or an object with 'segments' or 'text'",
            got=type(content).__name__,
            where=path,
        )
    words = [row["words"] for row in rows if isinstance(row, dict) and row.get("words")]
    timed = len(words) == len(rows) > 0
    flat = [word for group in words for word in group] if timed else rows
    segments = tuple(_json_segment(row, i, path) for i, row in enumerate(flat))
    single = all(" " not in s.text and s.start_s is not None for s in segments)
    return Transcript(
        tuple(s for s in segments if s.text), source, words_timed=bool(segments) and single
    )


def _json_segment(row: Any, index: int, path: Path | None) -> Segment:  # noqa: ANN401
    said = row.get("text", row.get("word")) if isinstance(row, dict) else row
    if not isinstance(said, str):
        raise TranscriptError(
            expected="segments with 'text' or 'word'",
            got=f"{type(said).__name__} in segment {index}",
            where=path,
        )
    times = [_json_time(row, key, index, path) for key in ("start", "end")]
    if times[0] is None or times[1] is None:
        return Segment(" ".join(said.split()))
    _check_order(times[0], times[1], f"segment {index}", path)
    return Segment(" ".join(said.split()), times[0], times[1])


def _json_time(row: Any, key: str, index: int, path: Path | None) -> float | None:  # noqa: ANN401
    value = row.get(key, row.get(f"{key}_s")) if isinstance(row, dict) else None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
        raise TranscriptError(
            expected=f"seconds in '{key}'", got=f"{value!r} in segment {index}", where=path
        )
    return float(value)


def _times(
    match: re.Match[str] | None, line: str, number: int, path: Path | None
) -> tuple[float, float]:
    """Start and end of a cue line in seconds."""
    if match is None:
        raise TranscriptError(
            expected="times such as 00:01.500 --> 00:03.000",
            got=f"{line.strip()[:60]!r} in line {number}",
            where=path,
        )
    start_s, end_s = _seconds(*match.groups()[:3]), _seconds(*match.groups()[3:6])
    _check_order(start_s, end_s, f"line {number}", path)
    return start_s, end_s


def _check_order(start_s: float, end_s: float, place: str, path: Path | None) -> None:
    if end_s < start_s:
        raise TranscriptError(
            expected="an end after the start",
            got=f"{start_s:g} s to {end_s:g} s in {place}",
            where=path,
        )


def _seconds(hours: str | None, minutes: str, seconds: str) -> float:
    return 3600.0 * int(hours or 0) + 60.0 * int(minutes) + float(seconds.replace(",", "."))


_PARSERS: dict[str, Callable[[str, Path | None], Transcript]] = {
    ".vtt": lambda text, path: _parse_cues(text, path, source="vtt"),
    ".srt": lambda text, path: _parse_cues(text, path, source="srt"),
    ".json": lambda text, path: _parse_json(text, path, source="json"),
    ".txt": lambda text, path: _parse_plain(text, path, source="txt"),
}

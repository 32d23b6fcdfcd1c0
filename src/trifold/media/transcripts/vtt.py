"""Writing transcripts as WebVTT, with word times and a note on where they come from."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from trifold.contracts import Segment, Transcript
from trifold.errors import TranscriptError

NOTE = "NOTE trifold "
PAUSE_S = 0.3  # a longer silence ends a cue, so that it can be read back
MOST_WORDS = 14


def format_vtt(transcript: Transcript, note: Mapping[str, Any]) -> str:
    """WebVTT that ``read_transcript`` reads back with the same words and starts.

    Words with times become cues of a breath's length with a time stamp before every word, and
    after one that ends before the next begins. Speakers become voice tags.

    Args:
        transcript: all segments with times.
        note: JSON-ready facts, kept in a comment.

    Raises:
        TranscriptError: when a segment has no times.
    """
    untimed = [s for s in transcript.segments if s.start_s is None or s.end_s is None]
    if untimed:
        raise TranscriptError(
            expected="segments with times", got=f"none for {untimed[0].text[:40]!r}"
        )
    facts = json.dumps(dict(note), sort_keys=True, separators=(",", ":")).replace(">", "\\u003e")
    groups = _breaths(transcript.segments) if transcript.words_timed else transcript.segments
    cues = [_cue([g] if isinstance(g, Segment) else g) for g in groups]
    return "\n".join(["WEBVTT", "", f"{NOTE}{facts}", "", *cues])


def read_note(path: Path) -> dict[str, Any]:
    """The facts that ``format_vtt`` kept; empty where there are none."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(NOTE):
            facts: dict[str, Any] = json.loads(line.removeprefix(NOTE))
            return facts
    return {}


def _breaths(words: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Words without a pause between them, and not too many."""
    breath: list[Segment] = []
    for word in words:
        gap = (word.start_s or 0.0) - (breath[-1].end_s or 0.0) if breath else 0.0
        other = bool(breath) and word.speaker != breath[-1].speaker
        if breath and (other or gap > PAUSE_S or len(breath) == MOST_WORDS):
            yield breath
            breath = []
        breath.append(word)
    if breath:
        yield breath


def _cue(words: Sequence[Segment]) -> str:
    """One cue; ``words`` has one entry where words have no times of their own."""
    start, end = _clock(words[0].start_s), _clock(words[-1].end_s)
    parts = [_voice(words[0]), html.escape(words[0].text, quote=False)]
    for before, word in pairwise(words):
        starts, ended = _clock(word.start_s), _clock(before.end_s)
        pause = f"<{ended}>" if ended < starts else ""
        parts.append(f"{pause} <{starts}>{html.escape(word.text, quote=False)}")
    return f"{start} --> {end}\n{''.join(parts)}\n"


def _voice(word: Segment) -> str:
    """The tag that names the speaker; signs that would end it are left out."""
    if word.speaker is None:
        return ""
    return f"<v {html.escape(word.speaker, quote=False)}>"


def _clock(seconds: float | None) -> str:
    milliseconds = round(1000 * (seconds or 0.0))
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"

"""Sentences of a transcript with the seconds in which they were said."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from trifold.contracts import Array, Segment, Transcript

_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9À-Þ])")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|No|[A-Z])\.$")
LONGEST_WORDS = 60


def sentences(transcript: Transcript, duration_s: float | None = None) -> list[Segment]:
    """Split a transcript into sentences and give each its seconds.

    Inside a cue, time runs evenly over characters. A transcript without times is spread over
    ``duration_s`` in the same way: an approximation that keeps order and rough place. Without a
    duration every time is 0. Sentences longer than 60 words are cut there, as speech without
    punctuation comes as one.

    Returns:
        Segments in spoken order, all with times.
    """
    text, clock = timeline(transcript.segments, duration_s)
    return [
        Segment(text[start:end], float(clock[start]), float(clock[end]))
        for start, end in _spans(text)
    ]


def count_words(text: str) -> int:
    """Words as white space separates them."""
    return len(text.split())


def timeline(segments: Sequence[Segment], duration_s: float | None) -> tuple[str, Array]:
    """The joined text and, for each of its characters and its end, the time in seconds."""
    text = " ".join(segment.text for segment in segments)
    if any(s.start_s is None or s.end_s is None for s in segments):
        return text, np.linspace(0.0, duration_s or 0.0, len(text) + 1)
    knots, times, at = [], [], 0
    for segment in segments:
        knots += [at, at + len(segment.text)]
        times += [segment.start_s, segment.end_s]
        at += len(segment.text) + 1
    if not knots:
        return text, np.zeros(1)
    rising = np.maximum.accumulate(np.array(times, dtype=np.float64))
    return text, np.interp(np.arange(len(text) + 1), knots, rising)


def _spans(text: str) -> list[tuple[int, int]]:
    """Half-open character ranges of the sentences, white space trimmed."""
    cuts, start = [], 0
    for match in _END.finditer(text):
        if not _ABBREVIATION.search(text[start : match.start()]):
            cuts.append((start, match.start()))
            start = match.end()
    cuts.append((start, len(text)))
    return [span for cut in cuts for span in _cut_long(text, *cut)]


def _cut_long(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Pieces of at most 60 words; nothing where only white space is."""
    words = [(m.start(), m.end()) for m in re.finditer(r"\S+", text[start:end])]
    groups = [words[i : i + LONGEST_WORDS] for i in range(0, len(words), LONGEST_WORDS)]
    return [(start + group[0][0], start + group[-1][1]) for group in groups]

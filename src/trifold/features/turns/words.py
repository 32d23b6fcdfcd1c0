"""Words of several people, by when each speaks: labels to turns, and turns to words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trifold.codes import Code
from trifold.contracts import Segment, Span, Transcript, Turns

BY_LABELS = "labels"
MOST = 0.5  # of a segment in others' turns, above which its words are theirs


def turns_of_labels(said: Transcript, own: Transcript) -> Turns:
    """The spans that labels give to the candidate and to others.

    Args:
        said: all words on the recording's clock.
        own: the candidate's of them, as ``of_candidate`` gives them.

    Returns:
        Turns without spans where words have no times.
    """
    kept = set(own.segments)
    mine = joined(_spans([s for s in said.segments if s in kept]))
    theirs = joined(_spans([s for s in said.segments if s not in kept]))
    return Turns(own=tuple(mine), others=tuple(minus(theirs, mine)), told_by=BY_LABELS)


def own_words(said: Transcript, turns: Turns) -> Transcript:
    """The words outside of others' turns; those of a segment that has no time cannot be told.

    Args:
        said: on the recording's clock.
        turns: of the recording. What labels or a recogniser told is left as it is: the one dropped
            others' words before, the other heard none.
    """
    if not turns.others or turns.told_by == BY_LABELS or said.recogniser is not None:
        return said
    if not all(s.start_s is not None for s in said.segments):
        line = "several voices are heard, and the transcript says neither who speaks nor when"
        return replace(said, remarks={**said.remarks, Code.SEVERAL_SPEAKERS: line})
    kept = tuple(s for s in said.segments if share_within(_span(s), turns.others) <= MOST)
    left = sum(len(s.text.split()) for s in said.segments) - sum(len(s.text.split()) for s in kept)
    line = f"{left} words of others' turns are left out by their times"
    return replace(said, segments=kept, remarks={**said.remarks, Code.SPEAKER: line})


def joined(spans: Sequence[Span], *, gap_s: float = 0.0) -> list[Span]:
    """The spans in order; those that overlap or lie no more than ``gap_s`` apart are one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1] + gap_s:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif end > start:
            found.append((start, end))
    return found


def minus(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What of some spans lies in none of others, both as ``joined`` gives them."""
    left = list(spans)
    for start, end in taken:
        parts = [[(a, min(b, start)), (max(a, end), b)] for a, b in left]
        left = [(a, b) for pair in parts for a, b in pair if b > a]
    return left


def share_within(span: Span, spans: Sequence[Span]) -> float:
    """Share of a span that lies in some that do not overlap; of a moment 1 where it lies in one."""
    start, end = span
    if end <= start:
        return float(any(a <= start < b for a, b in spans))
    return sum(max(0.0, min(end, b) - max(start, a)) for a, b in spans) / (end - start)


def _span(segment: Segment) -> Span:
    start_s = segment.start_s or 0.0
    return start_s, max(start_s, segment.end_s or start_s)


def _spans(segments: Sequence[Segment]) -> list[Span]:
    return [_span(s) for s in segments if s.start_s is not None]

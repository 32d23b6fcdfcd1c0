"""Contributions laid out in time: spans that do not overlap, and add up to what came in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from src.contracts import Array, Transcript
from src.encoders.text.sentences import sentences

Piece = Mapping[str, Any]  # see ``src.scoring.evidence.record``
MOST_BINS = 240
OVERLAP_S = 0.01  # less than that is rounding


class Span(NamedTuple):
    """A stretch of an answer in one modality: what was said there, and what it did to a score.

    ``value`` is None where nothing is known of it, ``timed`` False where its seconds are guessed.
    """

    start_s: float
    end_s: float
    value: float | None
    text: str | None = None
    timed: bool = True


def lines(said: Transcript | None, duration_s: float | None) -> list[Span]:
    """The sentences of a transcript; where it carries no times, spread over the duration."""
    if said is None:
        return []
    timed = all(segment.start_s is not None for segment in said.segments)
    return [
        Span(part.start_s or 0.0, part.end_s or 0.0, None, part.text, timed)
        for part in sentences(said, duration_s)
    ]


def quoted(pieces: Sequence[Piece]) -> list[Span]:
    """The words that pieces quote, each once: of overlapping windows the shortest."""
    chosen: list[Span] = []
    for piece in sorted(pieces, key=lambda p: (p["end_s"] - p["start_s"], p["start_s"])):
        span = Span(piece["start_s"], piece["end_s"], None, piece["text"])
        if span.text and not any(_overlap(span, other) for other in chosen):
            chosen.append(span)
    return sorted(chosen, key=lambda span: span.start_s)


def _overlap(one: Span, other: Span) -> bool:
    return min(one.end_s, other.end_s) - max(one.start_s, other.start_s) > OVERLAP_S


def spans(pieces: Sequence[Piece], within: Sequence[Span]) -> list[Span]:
    """The pieces of one modality of an answer, as stretches that do not overlap.

    Encoders may look at the same seconds in windows of different length. Overlapping pieces are
    shared out over ``within``, or over even bins where that is empty.
    """
    if within:
        values = shared_out(pieces, within)
        return [s._replace(value=float(v)) for s, v in zip(within, values, strict=True)]
    ordered = sorted(pieces, key=lambda piece: (piece["start_s"], piece["end_s"]))
    if any(b["start_s"] < a["end_s"] - OVERLAP_S for a, b in pairwise(ordered)):
        bins = _bins(ordered)
        values = shared_out(ordered, bins)
        return [s._replace(value=float(v)) for s, v in zip(bins, values, strict=True)]
    return [Span(p["start_s"], p["end_s"], p["contribution"], p["text"]) for p in ordered]


def shared_out(pieces: Sequence[Piece], over: Sequence[Span]) -> Array:
    """(n,) contributions of pieces over n spans, by the seconds that they have in common.

    A piece that has none in common with any goes to the nearest. Nothing is lost:
    the sum is that of the pieces.
    """
    starts = np.array([span.start_s for span in over])
    ends = np.array([span.end_s for span in over])
    values = np.zeros(len(over))
    for piece in pieces:
        common = np.minimum(ends, piece["end_s"]) - np.maximum(starts, piece["start_s"])
        common = common.clip(min=0)
        if common.sum() > 0:
            values += piece["contribution"] * common / common.sum()
        else:
            middle = (piece["start_s"] + piece["end_s"]) / 2
            values[np.abs((starts + ends) / 2 - middle).argmin()] += piece["contribution"]
    return values


def _bins(pieces: Sequence[Piece]) -> list[Span]:
    """Even bins of one second, or longer where those were too many."""
    first = math.floor(min(piece["start_s"] for piece in pieces))
    last = max(piece["end_s"] for piece in pieces)
    n = min(max(math.ceil(last - first), 1), MOST_BINS)
    edges = np.linspace(first, max(last, first + 1.0), n + 1)
    return [Span(float(a), float(b), 0.0) for a, b in pairwise(edges)]

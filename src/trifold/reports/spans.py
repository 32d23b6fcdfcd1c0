"""Contributions laid out in time: spans that do not overlap, and add up to what came in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from trifold.contracts import Transcript
from trifold.encoders.text.sentences import sentences
from trifold.scoring.attribution.record import NORMAL_95

Piece = Mapping[str, Any]  # see ``trifold.scoring.attribution.record``
MOST_BINS = 240
OVERLAP_S = 0.01  # less than that is rounding


class Span(NamedTuple):
    """A stretch of an answer in one modality: what was said there, and what it did to a score.

    ``value`` is None where nothing is known of it, ``timed`` False where its seconds are guessed.
    ``error`` is the standard error of the value.
    """

    start_s: float
    end_s: float
    value: float | None
    text: str | None = None
    timed: bool = True
    error: float = 0.0

    @property
    def unclear(self) -> bool:
        """Whether the 95 % range of the value spans zero."""
        return abs(self.value or 0.0) < NORMAL_95 * self.error


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
        shared_s = [min(span.end_s, o.end_s) - max(span.start_s, o.start_s) for o in chosen]
        if span.text and max(shared_s, default=0.0) <= OVERLAP_S:
            chosen.append(span)
    return sorted(chosen, key=lambda span: span.start_s)


def spans(pieces: Sequence[Piece], within: Sequence[Span]) -> list[Span]:
    """The pieces of one modality of an answer, as stretches that do not overlap.

    Encoders may look at the same seconds in windows of different length. Overlapping pieces are
    shared out over ``within``, or over even bins where that is empty.
    """
    if within:
        return shared_out(pieces, within)
    ordered = sorted(pieces, key=lambda piece: (piece["start_s"], piece["end_s"]))
    if any(b["start_s"] < a["end_s"] - OVERLAP_S for a, b in pairwise(ordered)):
        return shared_out(ordered, _bins(ordered))
    return [
        Span(p["start_s"], p["end_s"], p["contribution"], p["text"], error=p["error"])
        for p in ordered
    ]


def shared_out(pieces: Sequence[Piece], over: Sequence[Span]) -> list[Span]:
    """The spans with what pieces contribute to them, by the seconds that they have in common.

    A piece that has none in common with any goes to the nearest. Nothing is lost: the sum is that
    of the pieces. Errors add up as of independent pieces; as all pieces share one sum, they err
    against each other rather than alike.
    """
    starts = np.array([span.start_s for span in over], dtype=float)
    ends = np.array([span.end_s for span in over], dtype=float)
    values, variance = np.zeros((2, len(over)))
    for piece in pieces:
        share = np.minimum(ends, piece["end_s"]) - np.maximum(starts, piece["start_s"])
        share = share.clip(min=0)
        if share.sum() == 0:
            middle = (piece["start_s"] + piece["end_s"]) / 2
            share[np.abs((starts + ends) / 2 - middle).argmin()] = 1
        share /= share.sum()
        values += piece["contribution"] * share
        variance += (piece["error"] * share) ** 2
    errors = np.sqrt(variance)
    return [
        span._replace(value=float(value), error=float(error))
        for span, value, error in zip(over, values, errors, strict=True)
    ]


def _bins(pieces: Sequence[Piece]) -> list[Span]:
    """Even bins of one second, or longer where those were too many."""
    first = math.floor(min(piece["start_s"] for piece in pieces))
    last = max(piece["end_s"] for piece in pieces)
    n = min(max(math.ceil(last - first), 1), MOST_BINS)
    edges = np.linspace(first, max(last, first + 1.0), n + 1)
    return [Span(float(a), float(b), 0.0) for a, b in pairwise(edges)]

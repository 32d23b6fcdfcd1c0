"""Helpers for feature series that may have holes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trifold.contracts import Array, Span, TokenSequence


def fill_with_column_means(values: Array) -> Array:
    """(L, D) with NaN replaced by the clip's mean of the column, 0 where a column is all NaN."""
    seen = np.isfinite(values)
    total = np.where(seen, values, 0.0).sum(axis=0)
    filled: Array = np.where(seen, values, total / np.maximum(seen.sum(axis=0), 1))
    return filled


def drawn_to_mean(values: Array, counts: Array, *, trusted: float) -> Array:
    """(L, D) drawn to the column's mean where few observations stand behind a value.

    Args:
        values: (L, D), NaN where there is none.
        counts: (L, D) observations behind each.
        trusted: as many as the mean counts for.

    Returns:
        (L, D): the mean, weighted by ``counts``, where a value is NaN; 0 where a column is all NaN.
    """
    known = np.where(np.isfinite(values), counts, 0.0)
    total = (known * np.where(known > 0, values, 0.0)).sum(axis=0)
    mean = total / np.maximum(known.sum(axis=0), 1e-9)
    drawn: Array = (known * np.where(known > 0, values, 0.0) + trusted * mean) / (known + trusted)
    return drawn


def nan_mean(values: Array) -> Array:
    """Mean over the first axis of what is finite; NaN where nothing is."""
    seen = np.isfinite(values)
    count = seen.sum(axis=0)
    total = np.where(seen, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def nan_std(values: Array) -> Array:
    """Population deviation over the first axis of what is finite; NaN where nothing is."""
    return np.sqrt(nan_mean(np.square(values - nan_mean(values))))


def without_spans(sequence: TokenSequence, spans: Sequence[Span]) -> TokenSequence:
    """The tokens of which no more than half lies in some spans that do not overlap.

    Args:
        sequence: of one clip.
        spans: (start, end) in seconds; without one the sequence is returned as it is.
    """
    if not spans:
        return sequence
    start, end = sequence.start_s[:, None], sequence.end_s[:, None]
    edges = np.array(spans, dtype=np.float64)
    inside = np.clip(np.minimum(end, edges[:, 1]) - np.maximum(start, edges[:, 0]), 0, None)
    kept = inside.sum(axis=1) <= 0.5 * (sequence.end_s - sequence.start_s)
    return replace(
        sequence,
        values=sequence.values[kept],
        start_s=sequence.start_s[kept],
        end_s=sequence.end_s[kept],
    )

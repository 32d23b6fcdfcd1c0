"""Helpers for feature series that may have holes."""

from __future__ import annotations

import numpy as np

from src.contracts import Array


def fill_with_column_means(values: Array) -> Array:
    """(L, D) with NaN replaced by the clip's mean of the column, 0 where a column is all NaN."""
    seen = np.isfinite(values)
    total = np.where(seen, values, 0.0).sum(axis=0)
    filled: Array = np.where(seen, values, total / np.maximum(seen.sum(axis=0), 1))
    return filled


def nan_mean(values: Array) -> Array:
    """Mean over the first axis of what is finite; NaN where nothing is."""
    seen = np.isfinite(values)
    count = seen.sum(axis=0)
    total = np.where(seen, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def nan_std(values: Array) -> Array:
    """Population deviation over the first axis of what is finite; NaN where nothing is."""
    return np.sqrt(nan_mean(np.square(values - nan_mean(values))))

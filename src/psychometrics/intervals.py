"""Error bands: bootstrap intervals of metrics and split-conformal intervals of scores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from src.contracts import Array


def bootstrap_rows(
    n_rows: int, *, resamples: int, seed: int, groups: Sequence[str] | None = None
) -> Iterator[Array]:
    """Yield ``resamples`` index arrays drawn with replacement.

    Answers of one person are not independent. Where rows are answers, ``groups`` names the person
    of each, and people are drawn with all their rows; otherwise rows must be candidates.

    Args:
        n_rows: to draw from, and of each draw unless people have several.
        resamples: number of draws.
        seed: of the draws.
        groups: (n_rows,) person of each row; None where every row is another.
    """
    generator = np.random.default_rng(seed)
    people = None if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    if people is None or len(np.unique(people)) == n_rows:
        for _ in range(resamples):
            yield generator.integers(0, n_rows, n_rows)
        return
    rows = np.split(np.argsort(people, kind="stable"), np.cumsum(np.bincount(people))[:-1])
    for _ in range(resamples):
        yield np.concatenate([rows[i] for i in generator.integers(0, len(rows), len(rows))])


def percentile_interval(samples: Array, *, coverage: float = 0.95) -> tuple[Array, Array]:
    """Lower and upper percentile over the first axis, ignoring NaN resamples.

    Args:
        samples: (R, ...) bootstrap replicates.
        coverage: nominal coverage, between 0 and 1.
    """
    tail = 50.0 * (1.0 - coverage)
    defined = np.isfinite(samples).any(axis=0)
    filled = np.where(defined, samples, 0.0)
    low, high = np.nanpercentile(filled, [tail, 100.0 - tail], axis=0)
    return np.where(defined, low, np.nan), np.where(defined, high, np.nan)


def conformal_half_width(residuals: Array, *, coverage: float) -> float:
    """Half-width of a split-conformal interval, Lei et al. (2018), algorithm 2.

    The ⌈(n + 1)·coverage⌉-th smallest absolute residual of n held-out candidates: an interval of
    score ± half-width covers a new exchangeable candidate with at least ``coverage``.

    Args:
        residuals: (n,) label minus score of held-out candidates; NaN entries are left out.
        coverage: between 0 and 1.

    Returns:
        The half-width; infinity when n is too small for the coverage asked for.
    """
    magnitudes = np.sort(np.abs(residuals[np.isfinite(residuals)]))
    rank = math.ceil((len(magnitudes) + 1) * coverage)
    return math.inf if rank > len(magnitudes) else float(magnitudes[rank - 1])


def coverage_of(half_width: Array, preds: Array, target: Array) -> Array:
    """Share of labelled rows whose label lies within score ± half-width, per target.

    Args:
        half_width: (K,).
        preds: (B, K).
        target: (B, K), NaN where unlabelled.

    Returns:
        (K,); NaN where no row is labelled.
    """
    seen = np.isfinite(target)
    inside = (np.abs(np.where(seen, target - preds, np.inf)) <= half_width) & seen
    count = seen.sum(axis=0)
    return np.where(count > 0, inside.sum(axis=0) / np.maximum(count, 1), np.nan)

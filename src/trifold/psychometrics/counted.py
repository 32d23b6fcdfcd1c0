"""Metrics and rank correlations of rows that count several times, for many draws at once.

Every function takes ``counts`` (n, r), how often each of n rows was drawn in each of r draws, and
gives what ``psychometrics.metrics`` gives for the rows so repeated; NaN where that is undefined.
Sums have the precision of the counts: float32 suffices for draws.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trifold.contracts import Array

LEAST_IN_FOLD = 3  # rows, of which a rank correlation may be other than 1 and -1


def counted_ranks(values: Array, counts: Array) -> Array:
    """(n, r) average ranks of (n,) values among the drawn rows; of others they mean nothing."""
    group, sums = _by_value(values, counts)
    upto = np.cumsum(sums, axis=0)
    upto -= (sums - 1) / 2
    ranks: Array = upto[group]
    return ranks


def counted_correlation(x: Array, y: Array, counts: Array) -> Array:
    """(r,) product-moment correlation of (n,) and (n,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        _, _, var_x, var_y, product = _moments(x, y, counts)
        return np.where(
            _same(x, counts) | _same(y, counts), np.nan, product / np.sqrt(var_x * var_y)
        )


def counted_spearman(preds: Array, target: Array, counts: Array) -> Array:
    """(r,) rank correlation with average ranks for ties."""
    middle = (counts.sum(axis=0) + 1) / 2
    x, y = (counted_ranks(one, counts) - middle for one in (preds, target))
    weighted = counts * x
    squares = [np.einsum("nr,nr->r", weighted, x), np.einsum("nr,nr,nr->r", counts, y, y)]
    spread = (squares[0] > 0) & (squares[1] > 0)  # ranks have no rounding
    size = np.sqrt(np.where(spread, squares[0], 1)) * np.sqrt(np.where(spread, squares[1], 1))
    return np.where(spread, np.einsum("nr,nr->r", weighted, y) / size, np.nan)


def counted_c_index(preds: Array, target: Array, counts: Array) -> Array:
    """(r,) share of comparable pairs in the right order, Harrell et al. (1982)."""
    truth, guess = (
        np.sign(np.subtract.outer(x, x, dtype=x.dtype)).astype(np.float32) for x in (target, preds)
    )
    few = counts.astype(np.float32)  # whole numbers: sums up to 2²⁴ are exact
    truth *= guess
    agree = np.einsum("nr,nr->r", counts, truth @ few)
    comparable = counts.sum(axis=0) ** 2 - np.square(_by_value(target, counts)[1]).sum(axis=0)
    some = comparable > 0
    return np.where(some, 0.5 + 0.5 * agree / np.where(some, comparable, 1), np.nan)


def counted_metrics(
    preds: Array, target: Array, counts: Array, names: Sequence[str], *, span: float = 1.0
) -> dict[str, Array]:
    """Metrics of ``psychometrics.metrics`` for one target.

    Args:
        preds: (n,) scores.
        target: (n,) ratings without gaps.
        counts: (n, r).
        names: of the metrics.
        span: of the rating scale, from end to end.

    Returns:
        metric name to (r,).
    """
    if not len(target):
        return {name: np.full(counts.shape[1], np.nan) for name in names}
    ways = {
        "spearman": counted_spearman,
        "pearson": counted_correlation,
        "c_index": counted_c_index,
    }
    cheap = _from_moments(preds, target, counts, span)
    return {n: ways[n](preds, target, counts) if n in ways else cheap[n] for n in names}


def within_folds(preds: Array, target: Array, counts: Array, folds: Array) -> Array:
    """(r,) mean over folds of the rank correlation, weighted by rated rows.

    Scores of different folds come from different models, whose levels differ: pooled, this lowers
    the correlation, and makes it negative where nothing was learned. Folds in which it is undefined
    and folds with fewer than three drawn rows, where it can hardly be but ±1, do not count.

    Args:
        preds: (n,) scores.
        target: (n,) ratings without gaps.
        counts: (n, r).
        folds: (n,) number of each row's fold.
    """
    total, weight = np.zeros(counts.shape[1]), np.zeros(counts.shape[1])
    for fold in np.unique(folds):
        rows = folds == fold
        found = counted_spearman(preds[rows], target[rows], counts[rows])
        n = counts[rows].sum(axis=0)
        use = np.isfinite(found) & (n >= LEAST_IN_FOLD)
        total += np.where(use, n * np.where(use, found, 0), 0)
        weight += np.where(use, n, 0)
    return np.where(weight > 0, total / np.maximum(weight, 1), np.nan)


def _from_moments(preds: Array, target: Array, counts: Array, span: float) -> dict[str, Array]:
    """The metrics that follow from sums over rows."""
    total, error = counts.sum(axis=0), (preds - target).astype(counts.dtype)
    with np.errstate(invalid="ignore", divide="ignore"):
        mse, mae = (one @ counts / total for one in (error**2, np.abs(error)))
        mean_x, mean_y, var_x, var_y, product = _moments(preds, target, counts)
        ccc = 2 * product / (var_x + var_y + (mean_x - mean_y) ** 2)
        r2 = 1 - mse / var_y
    alike = _same(target, counts)
    return {
        "ccc": np.where(alike, np.nan, ccc),
        "r2": np.where(alike, np.nan, r2),
        "mse": mse,
        "mae": mae,
        "one_minus_mae": 1 - mae / span,
    }


def _moments(x: Array, y: Array, counts: Array) -> tuple[Array, Array, Array, Array, Array]:
    """(r,) means, variances and covariance, by 1/n."""
    total, centre = counts.sum(axis=0), (x.mean(), y.mean())
    a, b = ((one - at).astype(counts.dtype) for one, at in zip((x, y), centre, strict=True))
    mean_a, mean_b, aa, bb, ab = (np.stack([a, b, a * a, b * b, a * b]) @ counts) / total
    means = mean_a + centre[0], mean_b + centre[1]
    return *means, aa - mean_a**2, bb - mean_b**2, ab - mean_a * mean_b


def _same(values: Array, counts: Array) -> Array:
    """(r,) bool: all drawn rows have one value."""
    same: Array = _by_value(values, counts)[1].max(axis=0) >= counts.sum(axis=0)
    return same


def _by_value(values: Array, counts: Array) -> tuple[Array, Array]:
    """(n,) number of each row's value in their order, and (values, r) rows drawn with each."""
    order = np.argsort(values, kind="stable")
    arranged = values[order]
    first = np.append(True, arranged[1:] != arranged[:-1])
    group = np.empty(len(values), dtype=int)
    group[order] = np.cumsum(first) - 1
    sums = counts[order]
    starts = np.flatnonzero(first)
    return group, sums if len(starts) == len(values) else np.add.reduceat(sums, starts, axis=0)

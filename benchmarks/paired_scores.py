"""Metrics of repeated out-of-fold scores, and differences with people and seeds in the interval."""

from __future__ import annotations

import numpy as np
from scipy import stats

from trifold.contracts import Array

DRAWS = 5000


def differences(first: Array, second: Array, y: Array) -> str:
    """See ``paired``, as text."""
    both = zip(("Δρ", "ΔMSE"), paired(first, second, y), strict=True)
    return "  ".join(
        f"{name} {d:+.3f} ({low:+.3f} to {high:+.3f})" for name, (d, low, high) in both
    )


def paired(first: Array, second: Array, y: Array) -> list[tuple[float, float, float]]:
    """Differences of ρ and MSE, first minus second, with 95 % intervals.

    Every draw takes people and seeds anew, so how a network happens to train is in the interval.
    Ranks are those among everybody, not anew in each draw.

    Args:
        first: (S, n, K) scores.
        second: of other networks.
        y: (n, K) standardised labels.
    """
    generator = np.random.default_rng(0)
    seeds, n, _ = first.shape
    counts = generator.multinomial(n, np.full(n, 1 / n), DRAWS) / n  # (draws, n)
    chosen = generator.multinomial(seeds, np.full(seeds, 1 / seeds), (2, DRAWS)) / seeds
    found = []
    for quality in (rank_correlations, squared_errors):
        pair = [quality(one, y, counts) for one in (first, second)]  # (draws, S)
        drawn = np.subtract(*((q * c).sum(axis=1) for q, c in zip(pair, chosen, strict=True)))
        everybody = np.full((1, n), 1 / n)
        point = np.subtract(*(quality(one, y, everybody).mean() for one in (first, second)))
        found.append((float(point), *map(float, np.percentile(drawn, [2.5, 97.5]))))
    return found


def rank_correlations(scored: Array, y: Array, weight: Array) -> Array:
    """(R, S) of (S, n, K) scores, mean over targets, under (R, n) weights of people."""
    a, b = stats.rankdata(scored, axis=1), stats.rankdata(y, axis=0)[None]
    each = [np.einsum("rn,snk->rsk", weight, v) for v in (a, b, a * b, a * a, b * b)]
    mean_a, mean_b, ab, aa, bb = each
    found: Array = (ab - mean_a * mean_b) / np.sqrt((aa - mean_a**2) * (bb - mean_b**2))
    return found.mean(axis=2)


def squared_errors(scored: Array, y: Array, weight: Array) -> Array:
    """(R, S), the same of mean squared errors."""
    found: Array = np.einsum("rn,snk->rsk", weight, (scored - y) ** 2).mean(axis=2)
    return found

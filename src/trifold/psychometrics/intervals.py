"""Score intervals: bootstrap intervals of metrics and split-conformal intervals of scores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from trifold.contracts import Array


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


def people_needed(coverage: float) -> int:
    """How many held-out people a split-conformal interval of this coverage takes.

    The least n with ⌈(n + 1)·coverage⌉ ≤ n.
    """
    n = max(1, math.floor(coverage / (1.0 - coverage)) - 1)
    while math.ceil((n + 1) * coverage) > n:
        n += 1
    return n


def largest_coverage(people: int) -> float:
    """The most that a split-conformal interval from n held-out people guarantees: n / (n + 1)."""
    return people / (people + 1)


def errors_by_person(residuals: Array, people: Sequence[str]) -> Array:
    """Absolute errors with which every person counts once, however many answers they gave.

    Answers of one person are not exchangeable with those of a new one. Each person's errors share
    the weight of one person, and the n_k people with errors of target k become the n_k quantiles of
    that weighted distribution. ``conformal_half_width`` of these is, rounded up, the hierarchical
    conformal interval of Lee, Barber and Willett (2023) for an answer of a new person; with one
    error a person it is plain split conformal.

    Args:
        residuals: (m, K) label minus score, NaN where there is none.
        people: (m,) person of each row.

    Returns:
        (n, K) in ascending order, NaN at the end of columns with fewer people than the most.
    """
    _, person = np.unique(np.asarray(people, dtype=str), return_inverse=True)
    columns = [_one_a_person(np.abs(column), person) for column in residuals.T]
    filled = np.full((max((len(c) for c in columns), default=0), len(columns)), np.nan)
    for k, column in enumerate(columns):
        filled[: len(column), k] = column
    return filled


def _one_a_person(errors: Array, person: Array) -> Array:
    """(n,) quantiles of the errors (m,), each person of weight 1."""
    seen = np.isfinite(errors)
    errors, person = errors[seen], person[seen]
    order = np.argsort(errors, kind="stable")
    weight = (1.0 / np.bincount(person)[person])[order] if len(person) else np.zeros(0)
    n = len(np.unique(person))
    at = np.searchsorted(np.cumsum(weight) + 1e-9, np.arange(1, n + 1))
    quantiles: Array = errors[order][at]
    return quantiles


def correlation_interval(r: float, people: int) -> tuple[float, float] | None:
    """95 % interval of a correlation by Fisher's (1921) z; None for three people or fewer."""
    if people <= 3:
        return None
    if abs(r) >= 1:
        return r, r
    reach = 1.96 / math.sqrt(people - 3)
    return math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)


def coverage_of(half_width: Array, preds: Array, target: Array) -> Array:
    """Share of labelled rows whose label lies within score ± half-width, per target.

    An infinite half-width is no interval, so rows that have none do not count.

    Args:
        half_width: (K,) or (B, K).
        preds: (B, K).
        target: (B, K), NaN where unlabelled.

    Returns:
        (K,); NaN where no labelled row has an interval.
    """
    seen = np.isfinite(target) & np.isfinite(half_width)
    inside = (np.abs(np.where(seen, target - preds, np.inf)) <= half_width) & seen
    count = seen.sum(axis=0)
    return np.where(count > 0, inside.sum(axis=0) / np.maximum(count, 1), np.nan)

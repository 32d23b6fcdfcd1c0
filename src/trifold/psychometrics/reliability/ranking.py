"""Ranks with what is known of them: an interval for each person, and who lies above whom.

“Not told apart” is not transitive, so there are no groups of equals; each person has an interval of
ranks instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.reliability.error_of_measurement import normal_quantile

IN_ONE_GO = 4_000_000  # pairs that are held at a time
FEW_ERRORS = 64  # different ones, up to which people are counted without looking at pairs
MOST_PAIRS = 12_500_000  # that Holm's order is made of: 5,000 people


@dataclass(frozen=True)
class RankIntervals:
    """(n,) each, 1 is the highest score; NaN scores have no ranks, 0.

    Attributes:
        low: best rank that a person may have: 1 + those who lie reliably above.
        high: worst rank: n less those who lie reliably below.
    """

    low: Array
    high: Array

    @property
    def order(self) -> Array:
        """(n,) people by the middle of their ranks, the best first; those without ranks last."""
        middle = np.where(self.low > 0, self.low + self.high, np.iinfo(np.int64).max)
        return np.argsort(middle, kind="stable")


def rank_intervals(
    scores: Array, errors: Array, *, coverage: float = 0.95, holm: bool = False
) -> RankIntervals:
    """Which ranks each person may have, as scores err.

    Two people are told apart when their scores differ by more than z standard errors of the
    difference, √(SEM_a² + SEM_b²).

    Args:
        scores: (n,), NaN where there is none.
        errors: (n,) standard errors of measurement; relative ones where all had the same questions.
        coverage: of each comparison.
        holm: correct for the number of pairs, Holm (1979).

    Raises:
        InputError: when an error is not known for a score, or Holm's order is too long.
    """
    known = np.flatnonzero(np.isfinite(scores))
    x, se = scores[known], errors[known]
    if not (np.isfinite(se).all() and (se >= 0).all()):
        raise InputError(
            expected="a standard error of measurement for each score", got="none for some"
        )
    n = len(known)
    limit = normal_quantile(coverage)
    limit = _holm_limit(x, se, 1 - coverage) if holm and n > 1 else limit
    low, high = np.zeros(len(scores), dtype=np.int64), np.zeros(len(scores), dtype=np.int64)
    # Holm's limit lies at the distance of a pair, which sums would round to either side of it
    many = holm or len(np.unique(se)) > FEW_ERRORS
    above, below = (_by_pairs if many else _by_error)(x, se, limit)
    low[known], high[known] = 1 + above, n - below
    return RankIntervals(low, high)


def _by_pairs(scores: Array, errors: Array, limit: float) -> tuple[Array, Array]:
    """(n,) each: how many lie reliably above and below, pair by pair."""
    above, below = np.zeros((2, len(scores)), dtype=np.int64)
    for rows, z in _distances(scores, errors):
        above[rows], below[rows] = (z < -limit).sum(axis=1), (z > limit).sum(axis=1)
    return above, below


def _by_error(scores: Array, errors: Array, limit: float) -> tuple[Array, Array]:
    """The same by search among those of each error: people differ in few numbers of answers."""
    above, below = np.zeros((2, len(scores)), dtype=np.int64)
    for error in np.unique(errors):
        group = np.sort(scores[errors == error])
        reach = limit * np.hypot(errors, error)
        above += len(group) - np.searchsorted(group, scores + reach, side="right")
        below += np.searchsorted(group, scores - reach, side="left")
    return above, below


def probability_above(difference: Array | float, error: Array | float) -> Array:
    """P(A truly above B) = Φ(d/SE_diff), under a flat prior; ½ where neither says anything.

    Args:
        difference: score of A minus that of B.
        error: standard error of the difference.
    """
    d, se = np.asarray(difference, dtype=float), np.asarray(error, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = np.where(se > 0, d / se, np.sign(d) * np.inf)
    return np.asarray(special.ndtr(np.where(np.isnan(z), 0.0, z)))


def _distances(scores: Array, errors: Array) -> Iterator[tuple[slice, Array]]:
    """Rows of people with (rows, n) differences in standard errors."""
    n = len(scores)
    step = max(1, IN_ONE_GO // max(n, 1))
    for first in range(0, n, step):
        rows = slice(first, first + step)
        gap = scores[rows, None] - scores
        size = np.hypot(errors[rows, None], errors)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            z = np.where(size > 0, gap / size, np.where(gap == 0, 0.0, np.sign(gap) * np.inf))
        yield rows, z


def _holm_limit(scores: Array, errors: Array, alpha: float) -> float:
    """The distance beyond which Holm's procedure tells pairs apart; infinite for none."""
    pairs = len(scores) * (len(scores) - 1) // 2
    if pairs > MOST_PAIRS:
        raise InputError(
            expected=f"{MOST_PAIRS:,} pairs at most for Holm's order",
            got=f"{pairs:,} of {len(scores):,} people",
        )
    place = np.arange(len(scores))
    blocks = [z[place > place[rows, None]] for rows, z in _distances(scores, errors)]
    distances = np.sort(np.abs(np.concatenate(blocks)))[::-1]
    p = 2 * special.ndtr(-distances)
    kept = p > alpha / (pairs - np.arange(pairs))
    told = int(np.argmax(kept)) if kept.any() else pairs
    return float(np.nextafter(distances[told - 1], -np.inf)) if told else float("inf")

"""Expectancy tables: how many succeed at each level of a score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.statistics.normal import bivariate_cdf
from trifold.psychometrics.statistics.proportions import wilson


@dataclass(frozen=True)
class ExpectancyRow:
    """People at one level of the score.

    Attributes:
        lowest, highest: scores of the level.
        success: share that succeeded.
        expected: share under the normal distribution with the same correlation and base rate.
    """

    lowest: float
    highest: float
    success: Estimate
    expected: float


def expectancy_table(score: Array, success: Array, *, levels: int = 5) -> tuple[ExpectancyRow, ...]:
    """Share that succeeded at each level, from the lowest scores to the highest.

    Args:
        score: (n,).
        success: (n,) bool.
        levels: of as equal size as ties allow.

    Returns:
        Rows; beside each the normal-theory share, from the biserial correlation.

    Raises:
        InputError: where people are fewer than levels, or all or none succeeded.
    """
    success = np.asarray(success, dtype=bool)
    n = len(score)
    if n < levels or success.all() or not success.any() or np.ptp(score) == 0:
        raise InputError(
            expected=f"{levels} people or more, different scores, some successes and some not",
            got=f"{n} people, {int(success.sum())} successes",
        )
    expected = normal_expectancy(biserial(score, success), success.mean(), levels=levels)
    # people with equal scores stay together
    place = np.minimum(((stats.rankdata(score) - 0.5) / n * levels).astype(int), levels - 1)
    rows = []
    for level in range(levels):
        mine = place == level
        if mine.any():
            rate = wilson(int(success[mine].sum()), int(mine.sum()))
            ends = float(score[mine].min()), float(score[mine].max())
            rows.append(ExpectancyRow(*ends, rate, float(expected[level])))
    return tuple(rows)


def biserial(score: Array, success: Array) -> float:
    """Correlation with a continuous criterion behind success, within ±.999 (Pearson 1909)."""
    p = float(np.mean(success))
    gap = float(score[success].mean() - score[~success].mean()) / float(score.std())
    r = gap * p * (1 - p) / float(stats.norm.pdf(stats.norm.ppf(p)))
    return float(np.clip(r, -0.999, 0.999))


def normal_expectancy(r: float, base_rate: float, *, levels: int = 5) -> Array:
    """(levels,) share that succeeds at each equal part of a normal score, lowest first.

    Args:
        r: validity.
        base_rate: share that succeeds among all, between 0 and 1.
        levels: parts.

    Raises:
        InputError: where the base rate is not between 0 and 1.
    """
    if not 0 < base_rate < 1:
        raise InputError(expected="a base rate between 0 and 1", got=str(base_rate))
    cuts = stats.norm.ppf(np.arange(levels + 1) / levels)
    fails = [bivariate_cdf(float(cut), float(stats.norm.ppf(1 - base_rate)), r) for cut in cuts]
    return 1 - np.diff(fails) * levels

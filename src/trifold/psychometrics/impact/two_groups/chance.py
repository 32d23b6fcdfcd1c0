"""What chance alone does to the four-fifths rule, and how many people a study takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.errors import InputError
from trifold.psychometrics.impact.two_groups.rates import cohens_h


@dataclass(frozen=True)
class FalseFlags:
    """How often the four-fifths rule flags two groups that are selected at the same rate.

    Attributes:
        either: one group or the other.
        focal: the focal group.
    """

    either: float
    focal: float


def false_flags(n_g: int, n_h: int, *, rate: float) -> FalseFlags:
    """Exact chances, from two binomial distributions.

    Args:
        n_g: people of the focal group.
        n_h: people of the reference.
        rate: at which both are selected.

    Raises:
        InputError: for empty groups or a rate outside 0 to 1.
    """
    if n_g < 1 or n_h < 1 or not 0 <= rate <= 1:
        raise InputError(
            expected="two groups and a rate between 0 and 1", got=f"{n_g}, {n_h}, {rate}"
        )
    focal, other = (flagged_among(a, [b], rate=rate) for a, b in ((n_g, n_h), (n_h, n_g)))
    return FalseFlags(focal + other, focal)


def flagged_among(n_g: int, others: Sequence[int], *, rate: float) -> float:
    """Chance that the rule flags a group against the highest of the others' rates.

    Whoever comes out highest is the reference, so that the more groups there are, the more often
    one of them is flagged by chance.

    Args:
        n_g: people of the group.
        others: people of each other group, one at least.
        rate: at which all are selected.
    """
    s_g = np.arange(n_g + 1, dtype=np.int64)
    unflagged = np.ones(n_g + 1)
    for n_h in others:
        most = (5 * s_g * n_h) // (4 * n_g)  # the largest s_h of which s_g is four fifths
        unflagged *= stats.binom.cdf(most, n_h, rate)
    return float(stats.binom.pmf(s_g, n_g, rate) @ (1 - unflagged))


def people_at_four_fifths(rate: float, *, power: float = 0.80, alpha: float = 0.05) -> int:
    """People per group for a two-sided test to find rates of ``rate`` and four fifths of it.

    n = 2 (z_{1−α/2} + z_power)² / h² (Cohen 1988).

    Raises:
        InputError: for a rate or power outside 0 to 1.
    """
    if not (0 < rate < 1 and 0 < power < 1):
        raise InputError(expected="a rate and a power between 0 and 1", got=f"{rate}, {power}")
    z = float(stats.norm.isf(alpha / 2) + stats.norm.ppf(power))
    return math.ceil(2 * (z / cohens_h(rate, 0.8 * rate)) ** 2)

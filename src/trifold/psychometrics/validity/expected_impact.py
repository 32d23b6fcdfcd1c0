"""What a subgroup difference would do to selection rates, before anybody is selected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.contracts import Array
from trifold.errors import InputError

HALVINGS = 55  # of an interval of 80: below 1e-14


@dataclass(frozen=True)
class ExpectedImpact:
    """Selection from two normal groups by one cut.

    Attributes:
        ratio: rate of the minority over that of the majority.
        majority_rate, minority_rate: shares selected.
        cut: in standard deviations of the majority, from its mean.
    """

    ratio: float
    majority_rate: float
    minority_rate: float
    cut: float


def expected_impact(*, d: float, selection_rate: float, minority_share: float) -> ExpectedImpact:
    """Solve (1−q)(1−Φ(c)) + q(1−Φ(c+d)) = SR for the cut c (De Corte & Lievens 2003).

    Args:
        d: majority minus minority mean, in standard deviations.
        selection_rate: overall.
        minority_share: q, of the applicants.

    Raises:
        InputError: where a share is not between 0 and 1 or d is not finite.
    """
    if not (0 < selection_rate < 1 and 0 < minority_share < 1 and np.isfinite(d)):
        raise InputError(
            expected="a finite d, and shares between 0 and 1",
            got=f"d {d}, selection rate {selection_rate}, minority share {minority_share}",
        )

    cut = float(expected_cuts(np.array(d), np.array(selection_rate), np.array(minority_share)))
    majority, minority = (float(x) for x in stats.norm.sf([cut, cut + d]))
    return ExpectedImpact(minority / majority, majority, minority, cut)


def expected_cuts(d: Array, selection_rate: Array, minority_share: Array) -> Array:
    """The cuts c of many such equations at once, by halving; see ``expected_impact``.

    Args:
        d: of any shape.
        selection_rate: of that shape, between 0 and 1.
        minority_share: of that shape.
    """
    low, high = np.full(d.shape, -40.0) - np.abs(d), np.full(d.shape, 40.0) + np.abs(d)
    for _ in range(HALVINGS):
        cut = (low + high) / 2
        shares = stats.norm.sf(cut), stats.norm.sf(cut + d)
        above = (1 - minority_share) * shares[0] + minority_share * shares[1] > selection_rate
        low, high = np.where(above, cut, low), np.where(above, high, cut)
    middle: Array = (low + high) / 2
    return middle


def composite_d(weights: Array, differences: Array, correlations: Array) -> float:
    """Difference d of a weighted sum, wᵀd / √(wᵀRw) (Sackett & Ellingson 1997).

    Args:
        weights: (P,).
        differences: (P,) d of each predictor.
        correlations: (P, P).

    Raises:
        InputError: where the sum has no variance.
    """
    variance = float(weights @ correlations @ weights)
    if variance <= 0:
        raise InputError(expected="a composite with variance", got=f"variance {variance}")
    return float(weights @ differences) / variance**0.5

"""Two correlations that share a variable: does the model predict better than the rater?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.intervals import correlation_interval


@dataclass(frozen=True)
class DependentCorrelations:
    """r12 against r13 in the same people.

    Attributes:
        difference: r12 − r13 with Zou's interval.
        t: Williams's.
        df: n − 3.
        p: two-sided.
    """

    difference: Estimate
    t: float
    df: int
    p: float


def dependent_correlations(r12: float, r13: float, r23: float, *, n: int) -> DependentCorrelations:
    """Test and interval of r12 − r13, which share variable 1.

    t = (r12 − r13) √[(n−1)(1+r23) / (2 (n−1)/(n−3) |R| + r̄² (1−r23)³)] (Williams 1959, in Steiger
    1980, eq. 7); interval of Zou (2007, eq. 15).

    Args:
        r12: of the criterion and the first predictor.
        r13: of the criterion and the second.
        r23: of the two predictors.
        n: people, above 3.

    Raises:
        InputError: where n is too small or no three variables correlate like this.
    """
    determinant = 1 - r12**2 - r13**2 - r23**2 + 2 * r12 * r13 * r23
    if n <= 3 or max(abs(r12), abs(r13), abs(r23)) >= 1 or determinant < 0:
        raise InputError(
            expected="more than three people and correlations within ±1 that can occur together",
            got=f"n = {n}, {r12}, {r13}, {r23}",
        )
    middle = (r12 + r13) / 2
    below = 2 * (n - 1) / (n - 3) * determinant + middle**2 * (1 - r23) ** 3
    t = (r12 - r13) * math.sqrt((n - 1) * (1 + r23) / below)
    return DependentCorrelations(
        _zou(r12, r13, r23, n), t, n - 3, 2 * float(stats.t.sf(abs(t), n - 3))
    )


def _zou(r12: float, r13: float, r23: float, n: int) -> Estimate:
    """r12 − r13 with the interval that joins the two Fisher intervals by their correlation."""
    (low1, high1), (low2, high2) = (
        correlation_interval(r, n) or (math.nan, math.nan) for r in (r12, r13)
    )
    shared = (r23 - r12 * r13 / 2) * (1 - r12**2 - r13**2 - r23**2) + r23**3
    c = shared / ((1 - r12**2) * (1 - r13**2))
    down, up = r12 - low1, high2 - r13
    over, under = high1 - r12, r13 - low2
    gap = r12 - r13
    return Estimate(
        gap,
        gap - math.sqrt(max(0.0, down**2 + up**2 - 2 * c * down * up)),
        gap + math.sqrt(max(0.0, over**2 + under**2 - 2 * c * over * under)),
        n,
        "difference of dependent correlations, Zou's interval",
        "Zou 2007",
    )

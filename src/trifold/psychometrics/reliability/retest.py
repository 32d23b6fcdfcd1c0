"""Two occasions, or two instruments: agreement, change and repeatability."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.agreement import FEWEST, few_people, icc
from trifold.psychometrics.reliability.error_of_measurement import normal_quantile

BLAND_ALTMAN = "Bland & Altman 1986"


@dataclass(frozen=True)
class Retest:
    """How two scores of the same people agree; differences are first minus second.

    Attributes:
        absolute, consistency: ICC(A,1) and ICC(C,1). pearson: correlation.
        bias: mean difference. limits: of agreement, which 95 % of differences lie within.
        within_sd: of one person's scores around their mean. repeatability: what two scores of one
            person differ by in 95 % of people.
        kind: stability, or stability and equivalence where questions differed.
        days: between the two, median; None where it is not told.
    """

    absolute: Estimate
    consistency: Estimate
    pearson: Estimate
    bias: Estimate
    limits: tuple[Estimate, Estimate]
    within_sd: Estimate
    repeatability: Estimate
    kind: str
    days: float | None

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        names = ("absolute", "consistency", "pearson", "bias", "within_sd", "repeatability")
        return {
            **{name: getattr(self, name).as_json() for name in names},
            "limits": [limit.as_json() for limit in self.limits],
            "kind": self.kind,
            "days": self.days,
        }


def retest(
    first: Array,
    second: Array,
    *,
    same_questions: bool = True,
    days: float | None = None,
    fewest: int = FEWEST,
    coverage: float = 0.95,
) -> Retest:
    """Agreement and change of two scores of each person.

    Args:
        first: (n,) scores.
        second: (n,) of the same people; those without both are left out.
        same_questions: whether both had the same questions.
        days: between the two, median.
        fewest: people below whom nothing is given.
        coverage: of intervals, and of the limits.

    Raises:
        InputError: when the two are not of one length.
    """
    if first.shape != second.shape:
        raise InputError(expected="two scores a person", got=f"{len(first)} and {len(second)}")
    both = np.isfinite(first) & np.isfinite(second)
    pair = np.column_stack([first[both], second[both]])
    values = _differences(pair[:, 0] - pair[:, 1], max(fewest, 3), coverage)
    return Retest(
        icc(pair, "ICC(A,1)", coverage=coverage, fewest=fewest),
        icc(pair, "ICC(C,1)", coverage=coverage, fewest=fewest),
        _pearson(pair, max(fewest, 4), coverage),
        *values,
        "stability" if same_questions else "stability and equivalence",
        days,
    )


def _pearson(pair: Array, fewest: int, coverage: float) -> Estimate:
    n, method = len(pair), "Pearson correlation, Fisher's interval"
    if n < fewest:
        return undefined(n, method, Code.TOO_FEW_PERSONS)
    if not np.ptp(pair, axis=0).all():
        return undefined(n, method, Code.NO_VARIANCE)
    found = stats.pearsonr(pair[:, 0], pair[:, 1])
    low, high = found.confidence_interval(coverage)
    flags = few_people(n)
    return Estimate(float(found.statistic), float(low), float(high), n, method, "", coverage, flags)


def _differences(
    d: Array, fewest: int, coverage: float
) -> tuple[Estimate, tuple[Estimate, Estimate], Estimate, Estimate]:
    """Bias, limits of agreement, within-person SD and repeatability of (n,) differences."""
    n, upper = len(d), 0.5 + coverage / 2
    words = (
        "mean difference, t interval",
        "limit of agreement, t interval",
        "within-person standard deviation √(Σd²/2n), chi-square interval",
        "repeatability 1.96·√2·s_w, chi-square interval",
    )
    if n < fewest:
        lost = [undefined(n, w, Code.TOO_FEW_PERSONS, source=BLAND_ALTMAN) for w in words]
        return lost[0], (lost[1], lost[1]), lost[2], lost[3]
    flags = few_people(n)

    def estimate(value: float, low: float, high: float, said: str) -> Estimate:
        return Estimate(value, low, high, n, said, BLAND_ALTMAN, coverage, flags)

    bias, sd, z = float(d.mean()), float(d.std(ddof=1)), normal_quantile(coverage)
    t = float(stats.t.ppf(upper, n - 1))
    reach, around = t * sd / math.sqrt(n), t * sd * math.sqrt(3 / n)
    edges = [bias - z * sd, bias + z * sd]
    within = math.sqrt(float(np.mean(d**2)) / 2)
    # a change of all people counts as error here, so there are n degrees of freedom
    low, high = (within * math.sqrt(n / stats.chi2.ppf(q, n)) for q in (upper, 1 - upper))
    times = z * math.sqrt(2)
    return (
        estimate(bias, bias - reach, bias + reach, words[0]),
        (
            estimate(edges[0], edges[0] - around, edges[0] + around, words[1]),
            estimate(edges[1], edges[1] - around, edges[1] + around, words[1]),
        ),
        estimate(within, low, high, words[2]),
        estimate(times * within, times * low, times * high, words[3]),
    )

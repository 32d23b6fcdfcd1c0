"""What a score adds to what is known without it, such as how much somebody says."""

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
from trifold.psychometrics.intervals import correlation_interval
from trifold.psychometrics.metrics import is_constant
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.regression import (
    FTest,
    f_test,
    least_squares,
    with_intercept,
)
from trifold.psychometrics.statistics.resampling import bootstrap_estimates

FOLDS = 10
ROUNDING = 1e-10  # of a variable: residuals below it are none


@dataclass(frozen=True)
class PartialCorrelation:
    """r of two variables with others held constant.

    Attributes:
        partial: of both residuals.
        semipartial: of the criterion and the predictor's residual.
        t, df, p: of the partial correlation, two-sided.
    """

    partial: float
    semipartial: float
    t: float
    df: int
    p: float


@dataclass(frozen=True)
class Incremental:
    """A score over a base of other predictors.

    Attributes:
        r2_base, r2_full: in the sample.
        test: F of the gain.
        delta_r2: the gain in the sample, which cannot be negative.
        delta_r2_out_of_fold: the gain for people that the regression was not fitted to; negative
            where the score adds nothing. Read this one.
        beta: standardised coefficient of the score in the full model.
        partial: correlations with the base held constant.
        adds: whether the interval of ``delta_r2_out_of_fold`` lies above 0.
        score_with: (q,) r of the score and each variable of the base, such as length.
        criterion_with: (q,) r of the criterion and each of them.
    """

    r2_base: float
    r2_full: float
    test: FTest
    delta_r2: Estimate
    delta_r2_out_of_fold: Estimate
    beta: float
    partial: PartialCorrelation
    adds: bool
    score_with: tuple[Estimate, ...]
    criterion_with: tuple[Estimate, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def partial_correlation(x: Array, y: Array, held: Array) -> PartialCorrelation:
    """Correlate ``x`` and ``y`` with other variables held constant.

    Args:
        x: (n,) predictor.
        y: (n,) criterion.
        held: (n, q) others.

    Raises:
        InputError: where people are too few or variables follow from others.
    """
    design = with_intercept(held)
    left, right = least_squares(design, x).residuals, least_squares(design, y).residuals
    size, other = (math.sqrt(float(each @ each)) for each in (left, right))
    whole = [math.sqrt(float(np.sum((each - each.mean()) ** 2))) for each in (x, y)]
    if size <= ROUNDING * whole[0] or other <= ROUNDING * whole[1]:
        raise InputError(
            expected="two variables that do not follow from those held constant",
            got="one that does",
        )
    r = float(np.clip(left @ right / (size * other), -1, 1))
    semi = float(left @ right) / (size * whole[1])
    df = len(x) - 2 - held.shape[1]
    t = math.copysign(math.inf, r) if abs(r) == 1 else r * math.sqrt(df / (1 - r * r))
    return PartialCorrelation(r, semi, t, df, 2 * float(stats.t.sf(abs(t), df)))


def incremental_validity(
    score: Array, base: Array, y: Array, *, resamples: int = 1000, seed: int = 0
) -> Incremental:
    """ΔR² of a score over a base.

    Args:
        score: (n,) out-of-fold or held-out scores of the model.
        base: (n, q) such as log word count and speaking time.
        y: (n,) ratings or another criterion.
        resamples: draws of the bootstrap over people.
        seed: of the draws and of the folds.

    Raises:
        InputError: for gaps, too few people, or predictors that follow from each other.
    """
    if not (np.isfinite(score).all() and np.isfinite(base).all() and np.isfinite(y).all()):
        raise InputError(expected="people without gaps", got="gaps")
    if is_constant(y):
        raise InputError(expected="a criterion that differs between people", got="one value")
    small, large = with_intercept(base), with_intercept(base, score)
    base_fit, full_fit = least_squares(small, y), least_squares(large, y)
    tested = np.array([large.shape[1] - 1])
    test = f_test(base_fit, full_fit, tested)
    errors = np.column_stack([_out_of_fold(d, y, seed) for d in (small, large)]) ** 2

    def gains(rows: Array) -> Array:
        total = float(np.sum((y[rows] - y[rows].mean()) ** 2))
        fits = [_rss(d[rows], y[rows]) for d in (small, large)]
        lost = errors[rows].sum(axis=0)
        return np.array([fits[0] - fits[1], lost[0] - lost[1]]) / total

    inside, outside = bootstrap_estimates(
        gains, len(y), method="gain in R²", resamples=resamples, seed=seed
    )
    return Incremental(
        base_fit.r2,
        full_fit.r2,
        test,
        inside,
        outside,
        float(full_fit.coefficients[-1] * score.std() / y.std()),
        partial_correlation(score, y, base),
        outside.low > 0,
        tuple(_correlation(score, one) for one in base.T),
        tuple(_correlation(y, one) for one in base.T),
    )


def _correlation(x: Array, y: Array) -> Estimate:
    """Pearson's r with Fisher's interval."""
    n, method = len(x), "Pearson r, Fisher's z"
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return undefined(n, method, Code.NO_VARIANCE, source="Fisher 1921")
    r = float(np.corrcoef(x, y)[0, 1])
    interval = None if abs(r) >= 1 else correlation_interval(r, n)
    low, high = interval or (math.nan, math.nan)
    return Estimate(r, low, high, n, method, "Fisher 1921")


def _rss(design: Array, y: Array) -> float:
    """Sum of squared residuals; a resample may lack rank, where any solution has the same."""
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    return float(np.sum((y - design @ coefficients) ** 2))


def _out_of_fold(design: Array, y: Array, seed: int) -> Array:
    """(n,) errors of regressions fitted to the other nine tenths of the people."""
    fold = np.random.default_rng(seed).permutation(len(y)) % FOLDS
    errors = np.empty(len(y))
    for k in range(FOLDS):
        rest = fold != k
        coefficients = np.linalg.lstsq(design[rest], y[rest], rcond=None)[0]
        errors[~rest] = y[~rest] - design[~rest] @ coefficients
    return errors

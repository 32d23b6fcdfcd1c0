"""Intervals by drawing people anew: percentile, and BCa where there are fewer than 100."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.intervals import bootstrap_rows, percentile_interval

BCA_BELOW = 100  # people; with more the percentile interval is as good and takes no jackknife
RESAMPLES = 1000


def bootstrap_samples(
    statistic: Callable[[Array], Array], n: int, *, resamples: int = RESAMPLES, seed: int = 0
) -> Array:
    """(R, S) values of the statistics in samples of people drawn with replacement.

    Args:
        statistic: from row numbers (m,) to (S,) values.
        n: people; each row is one.
        resamples: draws.
        seed: of the draws.
    """
    draws = bootstrap_rows(n, resamples=resamples, seed=seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.array([np.atleast_1d(statistic(rows)) for rows in draws])


def bootstrap_estimates(
    statistic: Callable[[Array], Array],
    n: int,
    *,
    method: str,
    source: str = "",
    resamples: int = RESAMPLES,
    seed: int = 0,
    coverage: float = 0.95,
) -> list[Estimate]:
    """Several statistics of the same people, each with its bootstrap interval.

    Args:
        statistic: from row numbers (m,) to (S,) values; NaN where one is undefined.
        n: people; each row is one.
        method: of the statistics; the kind of interval and the seed are added.
        source: of the formula.
        resamples: draws.
        seed: of the draws.
        coverage: between 0 and 1.

    Returns:
        S estimates. Those that are undefined for all people are flagged ``NO_VARIANCE``.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        point = np.atleast_1d(statistic(np.arange(n)))
        samples = bootstrap_samples(statistic, n, resamples=resamples, seed=seed)
        short = n < BCA_BELOW
        low, high = (
            _bca(statistic, point, samples, n, coverage)
            if short
            else percentile_interval(samples, coverage=coverage)
        )
    kind = "BCa" if short else "percentile"
    told = f"{method}; {kind} bootstrap over people, {resamples} draws, seed {seed}"
    return [
        Estimate(float(p), float(a), float(b), n, told, source, coverage)
        if np.isfinite(p)
        else Estimate(np.nan, np.nan, np.nan, n, told, source, coverage, (Code.NO_VARIANCE,))
        for p, a, b in zip(point, low, high, strict=True)
    ]


def bootstrap_estimate(
    statistic: Callable[[Array], float], n: int, *, method: str, **settings: object
) -> Estimate:
    """One statistic with its bootstrap interval; see ``bootstrap_estimates`` for the settings."""
    found = bootstrap_estimates(
        lambda rows: np.array([statistic(rows)]),
        n,
        method=method,
        **settings,  # type: ignore[arg-type]
    )
    return found[0]


def _bca(
    statistic: Callable[[Array], Array], point: Array, samples: Array, n: int, coverage: float
) -> tuple[Array, Array]:
    """Bias-corrected and accelerated limits, Efron (1987), eqs 2.3 and 6.6."""
    everyone = np.arange(n)
    left_out = np.array([np.atleast_1d(statistic(np.delete(everyone, i))) for i in everyone])
    gap = np.nanmean(left_out, axis=0) - left_out
    squares = np.nansum(gap**2, axis=0)
    bent = np.nansum(gap**3, axis=0) / np.where(squares > 0, 6 * squares**1.5, 1)
    low, high = np.full(len(point), np.nan), np.full(len(point), np.nan)
    for k, column in enumerate(samples.T):
        seen = column[np.isfinite(column)]
        if len(seen) == 0 or not np.isfinite(point[k]):
            continue
        under = np.mean(seen < point[k]) + 0.5 * np.mean(seen == point[k])
        # kept off 0 and 1, where the correction would be infinite
        z0 = stats.norm.ppf(np.clip(under, 1 / (len(seen) + 1), len(seen) / (len(seen) + 1)))
        z = z0 + stats.norm.ppf([0.5 - coverage / 2, 0.5 + coverage / 2])
        at = stats.norm.cdf(z0 + z / (1 - bent[k] * z))
        low[k], high[k] = np.quantile(seen, at)
    return low, high

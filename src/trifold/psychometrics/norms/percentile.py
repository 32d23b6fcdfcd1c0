"""Percentile ranks: where a score lies among a norm group, and how surely."""

from __future__ import annotations

import math
from dataclasses import replace

from scipy import stats

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.norms.distribution import Distribution
from trifold.psychometrics.statistics.proportions import jeffreys

METHOD = "percentile rank, 100 (n_below + ½ n_equal) / n, with Jeffreys interval"


def percentile_rank(norm: Distribution, score: float, *, coverage: float = 0.95) -> Estimate:
    """Per cent of the norm group below a score, those with the same by half.

    Args:
        norm: of the norm group.
        score: raw.
        coverage: of the interval for the share of the population.

    Returns:
        0 to 100, flagged ``EXTRAPOLATED`` beyond what was observed.
    """
    share = jeffreys(min(norm.below(score), norm.n), norm.n, coverage=coverage)
    rank = replace(
        share,
        estimate=100 * share.estimate,
        low=100 * share.low,
        high=100 * share.high,
        method=METHOD,
    )
    outside = not norm.lowest <= score <= norm.highest
    return rank.flagged(Code.EXTRAPOLATED) if outside else rank


def shown(rank: Estimate) -> str:
    """The rank in whole per cent; "< 1" or "> 99" in place of 0 and 100, which nobody can be."""
    if not math.isfinite(rank.estimate):
        return "unknown"
    whole = round(rank.estimate)
    edge = 100 / rank.n if rank.n else 100
    if rank.estimate < edge or whole < 1:
        return "< 1" if edge <= 1 else f"< {math.ceil(edge)}"
    if rank.estimate > 100 - edge or whole > 99:
        return "> 99" if edge <= 1 else f"> {math.floor(100 - edge)}"
    return str(whole)


def people_for_precision(percentile: float, *, points: float, coverage: float = 0.95) -> int:
    """How many people a norm group takes to know a percentile to ± ``points``.

    n = z² p (1 − p) / d², the normal interval of a share.

    Raises:
        InputError: for percentiles outside 0 to 100 or no width.
    """
    if not 0 < percentile < 100 or points <= 0:
        raise InputError(
            expected="a percentile between 0 and 100 and a width above 0",
            got=f"{percentile} ± {points}",
        )
    p, z = percentile / 100, float(stats.norm.ppf(0.5 + coverage / 2))
    return math.ceil(z * z * p * (1 - p) / (points / 100) ** 2)


def against_small_sample(score: float, *, mean: float, sd: float, n: int) -> Estimate:
    """Per cent of the population below a score, told from few people.

    t = (x − m) / (s √((n + 1) / n)) with n − 1 degrees of freedom (Crawford & Howell 1998, eq. 1).

    Args:
        score: raw.
        mean: of the sample.
        sd: of the sample, with n − 1.
        n: people.

    Returns:
        0 to 100 without an interval; undefined below three people or without spread.
    """
    method, source = "percentile from Crawford and Howell's t", "Crawford & Howell 1998"
    if n < 3:
        return undefined(n, method, Code.TOO_FEW_PERSONS, source=source)
    if not sd > 0:
        return undefined(n, method, Code.NO_VARIANCE, source=source)
    t = (score - mean) / (sd * math.sqrt((n + 1) / n))
    rank = 100 * float(stats.t.cdf(t, n - 1))
    return Estimate(rank, math.nan, math.nan, n, method, source)

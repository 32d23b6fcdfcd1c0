"""Standardised difference of two groups' scores."""

from __future__ import annotations

import math

import numpy as np
from scipy import special, stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined

METHOD = "d with pooled SD, focal minus reference, Hedges-Olkin interval"
EXACT = "d with pooled SD, focal minus reference, noncentral t interval"
SOURCE = "Hedges & Olkin 1985"
FEW = 10  # people of both groups, below whom the interval is exact: the other covers too seldom
ROUNDING = 1e-12  # of the scores: an SD below it is none


def score_difference(focal: Array, reference: Array, *, coverage: float = 0.95) -> Estimate:
    """Standardised difference d = (mean of focal − mean of reference) / pooled SD.

    Interval d ± z √((n_1 + n_2)/(n_1 n_2) + d²/(2(n_1 + n_2))) (Hedges & Olkin 1985, p. 86); of
    fewer than ten people from the noncentral t distribution, with d √(n_1 n_2/(n_1 + n_2)) for its
    noncentrality (Steiger & Fouladi 1997).

    Args:
        focal: (n_1,) scores, NaN left out.
        reference: (n_2,) scores, NaN left out.
        coverage: between 0 and 1.

    Returns:
        Below 0 where the focal group scores lower; undefined with a group of one or no spread.

    Raises:
        InputError: for an infinite score.
    """
    a, b = (x[~np.isnan(x)] for x in (np.asarray(focal, float), np.asarray(reference, float)))
    if np.isinf(a).any() or np.isinf(b).any():
        raise InputError(expected="finite scores", got="an infinite one")
    n = len(a) + len(b)
    if min(len(a), len(b)) < 2:
        return undefined(n, METHOD, Code.TOO_FEW_PERSONS, source=SOURCE)
    d = pooled_d(a, b)
    if math.isnan(d):
        return undefined(n, METHOD, Code.NO_VARIANCE, source=SOURCE)
    if n < FEW:
        root = math.sqrt(len(a) * len(b) / n)
        tails = np.array([0.5 + coverage / 2, 0.5 - coverage / 2])
        low, high = special.nctdtrinc(n - 2, tails, d * root) / root
        return Estimate(d, float(low), float(high), n, EXACT, SOURCE, coverage)
    spread = math.sqrt(n / (len(a) * len(b)) + d * d / (2 * n))
    reach = float(stats.norm.ppf(0.5 + coverage / 2)) * spread
    return Estimate(d, d - reach, d + reach, n, METHOD, SOURCE, coverage)


def pooled_d(a: Array, b: Array) -> float:
    """Mean of (n_1,) a less that of (n_2,) b in pooled SD; NaN where nothing varies within them."""
    squares = float(np.sum((a - a.mean()) ** 2) + np.sum((b - b.mean()) ** 2))
    sd = math.sqrt(squares / (len(a) + len(b) - 2))
    # means of equal numbers may differ from them by rounding
    if sd <= ROUNDING * max(np.abs(a).max(), np.abs(b).max()):
        return math.nan
    return float(a.mean() - b.mean()) / sd

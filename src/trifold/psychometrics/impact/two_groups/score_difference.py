"""Standardised difference of two groups' scores."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.psychometrics.estimate import Estimate, undefined

METHOD = "d with pooled SD, focal minus reference, Hedges-Olkin interval"
SOURCE = "Hedges & Olkin 1985"


def score_difference(focal: Array, reference: Array, *, coverage: float = 0.95) -> Estimate:
    """Standardised difference d = (mean of focal − mean of reference) / pooled SD.

    Interval d ± z √((n_1 + n_2)/(n_1 n_2) + d²/(2(n_1 + n_2))) (Hedges & Olkin 1985, p. 86).

    Args:
        focal: (n_1,) scores, NaN left out.
        reference: (n_2,) scores, NaN left out.
        coverage: between 0 and 1.

    Returns:
        Below 0 where the focal group scores lower; undefined with a group of one or no spread.
    """
    a, b = (x[np.isfinite(x)] for x in (np.asarray(focal), np.asarray(reference)))
    n = len(a) + len(b)
    if min(len(a), len(b)) < 2:
        return undefined(n, METHOD, Code.TOO_FEW_PERSONS, source=SOURCE)
    squares = float(np.sum((a - a.mean()) ** 2) + np.sum((b - b.mean()) ** 2))
    if squares <= 0:
        return undefined(n, METHOD, Code.NO_VARIANCE, source=SOURCE)
    d = float(a.mean() - b.mean()) / math.sqrt(squares / (n - 2))
    spread = math.sqrt(n / (len(a) * len(b)) + d * d / (2 * n))
    reach = float(stats.norm.ppf(0.5 + coverage / 2)) * spread
    return Estimate(d, d - reach, d + reach, n, METHOD, SOURCE, coverage)

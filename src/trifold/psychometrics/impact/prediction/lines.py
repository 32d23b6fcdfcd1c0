"""Two regression lines: how far apart, for whom, and where they surely differ."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.statistics.regression import Fit


@dataclass(frozen=True)
class Line:
    """y = intercept + slope · x."""

    intercept: float
    slope: float


@dataclass(frozen=True)
class Dmod:
    """Difference of two lines over the focal group's scores, in the referent's SD of y.

    Attributes:
        signed: above 0 where the referent's line lies higher, so that it would overpredict.
        unsigned: the same without its sign; larger than |signed| where lines cross among people.
    """

    signed: float
    unsigned: float


def d_mod(referent: Line, focal: Line, *, mean: float, sd: float, sd_y: float) -> Dmod:
    """∫ (Ŷ_referent − Ŷ_focal) f_focal dx / s_y, with f normal (Nye & Sackett 2017, eqs 5 and 7).

    Args:
        referent: line.
        focal: line.
        mean: of the focal group's scores.
        sd: of the focal group's scores.
        sd_y: of the referent group's criterion.

    Raises:
        InputError: where ``sd_y`` is not above 0 or ``sd`` below 0.
    """
    if not sd_y > 0 or sd < 0:
        raise InputError(expected="standard deviations above 0", got=f"{sd_y} and {sd}")
    slope = referent.slope - focal.slope
    m, s = referent.intercept - focal.intercept + slope * mean, abs(slope) * sd
    if s == 0:
        return Dmod(m / sd_y, abs(m) / sd_y)
    density, below = float(stats.norm.pdf(m / s)), float(stats.norm.cdf(m / s))
    return Dmod(m / sd_y, (2 * s * density + m * (2 * below - 1)) / sd_y)


def crossing(referent: Line, focal: Line) -> float:
    """The score at which both lines predict the same; NaN for parallel ones."""
    slope = focal.slope - referent.slope
    return (referent.intercept - focal.intercept) / slope if slope else math.nan


@dataclass(frozen=True)
class Region:
    """Scores at which the lines differ significantly (Johnson & Neyman 1936).

    Attributes:
        low, high: roots, on the scale of x; NaN where there are none.
        outside: True where lines differ below ``low`` and above ``high``, False where between.
        everywhere: lines differ at every score.
        share: of people whose score lies in the region.
    """

    low: float
    high: float
    outside: bool
    everywhere: bool
    share: float


def johnson_neyman(fit: Fit, group: int, product: int, x: Array, *, alpha: float = 0.05) -> Region:
    """Where the group's effect b_G + b_xG x differs from 0.

    Args:
        fit: of a model with both terms.
        group: column of the group's dummy.
        product: column of its product with x.
        x: (n,) on the scale of that product; the share is of these.
        alpha: level, at each score by itself.
    """
    b, v = fit.coefficients, fit.covariance
    t2 = float(stats.t.isf(alpha / 2, fit.df)) ** 2
    a = b[product] ** 2 - t2 * v[product, product]
    half = b[group] * b[product] - t2 * v[group, product]
    c = b[group] ** 2 - t2 * v[group, group]
    inside = a * x**2 + 2 * half * x + c > 0
    share, root = float(np.mean(inside)), half * half - a * c
    if root <= 0 or a == 0:
        return Region(math.nan, math.nan, a > 0, bool(a > 0 and root <= 0), share)
    ends = sorted((-half + sign * math.sqrt(root)) / a for sign in (-1, 1))
    return Region(ends[0], ends[1], a > 0, False, share)

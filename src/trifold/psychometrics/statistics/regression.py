"""Least squares with the tests that studies of prediction need, and a slope that is shrunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.contracts import Array
from trifold.errors import InputError

MIN_SD = 1e-6  # of standardised scores; with less nothing is told apart


@dataclass(frozen=True)
class Fit:
    """A fitted linear model.

    Attributes:
        coefficients: (P,) in the order of the design's columns.
        residuals: (n,).
        design: (n, P), with its column of ones.
        inverse: (P, P), (X'X)⁻¹.
        r2: 1 − SS_residual / SS_total about the mean.
    """

    coefficients: Array
    residuals: Array
    design: Array
    inverse: Array
    r2: float

    @property
    def df(self) -> int:
        """Degrees of freedom of the residuals."""
        return len(self.residuals) - len(self.coefficients)

    @property
    def rss(self) -> float:
        """Sum of squared residuals."""
        return float(self.residuals @ self.residuals)

    @property
    def covariance(self) -> Array:
        """(P, P) of the coefficients, errors of equal variance."""
        matrix: Array = self.inverse * (self.rss / self.df)
        return matrix

    @property
    def covariance_hc3(self) -> Array:
        """(P, P) of the coefficients whatever the errors' variances (HC3; Long & Ervin 2000)."""
        leverage = np.einsum("ij,jk,ik->i", self.design, self.inverse, self.design)
        scaled = self.design * (self.residuals / np.maximum(1 - leverage, 1e-12))[:, None]
        matrix: Array = self.inverse @ (scaled.T @ scaled) @ self.inverse
        return matrix


@dataclass(frozen=True)
class FTest:
    """Whether a larger model predicts better than one within it.

    Attributes:
        f, df1, df2, p: of the F test with errors of equal variance.
        p_hc3: of the Wald test that allows unequal error variances.
        delta_r2: gain in R².
    """

    f: float
    df1: int
    df2: int
    p: float
    p_hc3: float
    delta_r2: float


def with_intercept(*columns: Array) -> Array:
    """(n, P) design: ones, then the columns, each (n,) or (n, q)."""
    parts = [c[:, None] if c.ndim == 1 else c for c in columns]
    ones = np.ones((len(parts[0]), 1))
    return np.hstack([ones, *parts])


def least_squares(design: Array, y: Array) -> Fit:
    """Ordinary least squares.

    Args:
        design: (n, P) with a column of ones.
        y: (n,).

    Raises:
        InputError: where columns of the design follow from others or people are too few.
    """
    n, p = design.shape
    # columns of very different size are no collinearity, so rank is told of scaled ones
    scale = np.linalg.norm(design, axis=0)
    if n <= p or np.linalg.matrix_rank(design / np.where(scale > 0, scale, 1)) < p:
        raise InputError(
            expected=f"more than {p} people and {p} predictors that do not follow from each other",
            got=f"{n} people and a design of lower rank",
        )
    coefficients = np.linalg.lstsq(design / scale, y, rcond=None)[0] / scale
    residuals = y - design @ coefficients
    total = float(np.sum((y - y.mean()) ** 2))
    r2 = 1 - float(residuals @ residuals) / total if total > 0 else float("nan")
    inverse = np.linalg.inv((design / scale).T @ (design / scale)) / np.outer(scale, scale)
    return Fit(coefficients, residuals, design, inverse, r2)


def f_test(small: Fit, large: Fit, tested: Array) -> FTest:
    """The gain of ``large`` over ``small``, which is ``large`` without some columns.

    Args:
        small: the model without them.
        large: the model with them.
        tested: which columns of ``large`` are missing in ``small``.
    """
    df1, df2 = small.df - large.df, large.df
    f = (small.rss - large.rss) / df1 / (large.rss / df2) if large.rss > 0 else float("inf")
    b = large.coefficients[tested]
    wald = float(b @ np.linalg.pinv(large.covariance_hc3[np.ix_(tested, tested)]) @ b) / df1
    return FTest(
        f,
        df1,
        df2,
        float(stats.f.sf(f, df1, df2)),
        float(stats.f.sf(wald, df1, df2)),
        large.r2 - small.r2,
    )


def shrunk_slope(x: Array, y: Array, *, people: float) -> float:
    """Slope of the regression of y on x, shrunk towards 0 and not below it.

    The factor is max(0, 1 − 1/F) with F = n r² / (1 − r²), as in a positive-part Stein estimator: a
    predictor that explains no more than chance gets a slope of 0.

    Args:
        x: (m,) predictor.
        y: (m,) outcome.
        people: n; rows of one person are not independent.
    """
    if x.std() <= MIN_SD or y.std() <= MIN_SD:
        return 0.0
    r = float(np.corrcoef(x, y)[0, 1])
    chance = (1 - r**2) / max(people * r**2, 1e-12)
    return max(r, 0.0) * float(y.std() / x.std()) * max(1 - chance, 0.0)

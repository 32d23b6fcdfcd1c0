"""Putting scores of an old and a new model on one scale: linear and equipercentile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.norms.distribution import Distribution


@dataclass(frozen=True)
class LinearEquating:
    """y = intercept + slope · x."""

    slope: float
    intercept: float

    def forward(self, x: Array) -> Array:
        """Old scores on the new scale."""
        return self.intercept + self.slope * np.asarray(x, dtype=float)

    def backward(self, y: Array) -> Array:
        """New scores on the old scale; undoes ``forward``."""
        return (np.asarray(y, dtype=float) - self.intercept) / self.slope


@dataclass(frozen=True)
class EquipercentileEquating:
    """e_Y(x) = G⁻¹(F(x)): the score on Y with as many people below."""

    old: Distribution
    new: Distribution

    def forward(self, x: Array) -> Array:
        """Old scores on the new scale."""
        return self.new.score_at(self.old.share_below(np.asarray(x, dtype=float)))

    def backward(self, y: Array) -> Array:
        """New scores on the old scale; undoes ``forward`` wherever both have people."""
        return self.old.score_at(self.new.share_below(np.asarray(y, dtype=float)))


def linear_equating(
    *, mean_old: float, sd_old: float, mean_new: float, sd_new: float
) -> LinearEquating:
    """Mean-sigma: y = μ_Y + σ_Y/σ_X (x − μ_X) (Kolen & Brennan 2014, eq. 2.13).

    Raises:
        InputError: where a standard deviation is not above 0.
    """
    if not (sd_old > 0 and sd_new > 0):
        raise InputError(expected="standard deviations above 0", got=f"{sd_old} and {sd_new}")
    slope = sd_new / sd_old
    return LinearEquating(slope, mean_new - slope * mean_old)


def moments(scores: Distribution) -> tuple[float, float]:
    """Mean and SD (divisor n) of counts at the middles of their bins."""
    middle = (scores.edges[1:] + scores.edges[:-1]) / 2
    mean = float(np.average(middle, weights=scores.counts))
    return mean, float(np.sqrt(np.average((middle - mean) ** 2, weights=scores.counts)))


def presmoothed(scores: Distribution, *, degree: int) -> Distribution:
    """Log-linear smoothing that keeps the first moments (Holland & Thayer 1987).

    log m_j = Σ β_d t_j^d, fitted by Newton's steps; the first ``degree`` moments of the fitted
    counts are those of the observed ones.

    Args:
        scores: with at least ``degree`` + 2 bins.
        degree: highest power, 1 to 10.

    Raises:
        InputError: for other degrees, or where the fit does not converge.
    """
    counts = scores.counts
    if not 1 <= degree <= min(10, len(counts) - 2):
        raise InputError(expected=f"a degree from 1 to {min(10, len(counts) - 2)}", got=str(degree))
    place = np.linspace(-1, 1, len(counts))
    # orthonormal columns, as powers as such are nearly collinear
    design = np.linalg.qr(np.vander(place, degree + 1, increasing=True))[0]
    beta = np.linalg.lstsq(design, np.log(counts + 0.5), rcond=None)[0]
    for _ in range(100):
        fitted = np.exp(np.clip(design @ beta, -700, 700))
        gap = design.T @ (counts - fitted)
        if np.abs(gap).max() < 1e-9 * counts.sum():
            return Distribution(scores.edges, np.cumsum(fitted), scores.lowest, scores.highest)
        step = np.linalg.lstsq(design.T @ (design * fitted[:, None]), gap, rcond=None)[0]
        beta = beta + step / max(1.0, float(np.abs(design @ step).max()) / 2)
    raise InputError(
        expected="counts that a smooth curve fits",
        got=f"no convergence with degree {degree}; take a lower one",
    )

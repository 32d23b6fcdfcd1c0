"""Probabilities of the normal distribution in two and more dimensions."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from trifold.contracts import Array
from trifold.errors import InputError

CUT = 0.9999999  # |r| from which two variables are one
# enough nodes for the steep end of the integrand where |r| is near 1
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


def bivariate_cdf(a: float, b: float, r: float) -> float:
    """P(X ≤ a, Y ≤ b) of two standard normal variables that correlate ``r``.

    Φ(a)Φ(b) + 1/2π ∫₀^{asin r} exp(−(a² + b² − 2ab sin θ) / 2cos²θ) dθ (Drezner & Wesolowsky
    1990, eq. 3).

    Raises:
        InputError: for a correlation beyond ±1.
    """
    if not -1 <= r <= 1:
        raise InputError(expected="a correlation between -1 and 1", got=str(r))
    if math.isinf(a) or math.isinf(b):
        return 0.0 if min(a, b) == -math.inf else float(stats.norm.cdf(min(a, b)))
    if r > CUT:
        return float(stats.norm.cdf(min(a, b)))
    if r < -CUT:
        return max(0.0, float(stats.norm.cdf(a) + stats.norm.cdf(b) - 1))
    theta = math.asin(r) * (NODES + 1) / 2
    exponent = (a * a + b * b - 2 * a * b * np.sin(theta)) / (2 * np.cos(theta) ** 2)
    area = float(WEIGHTS @ np.exp(-exponent)) * math.asin(r) / 2
    return float(stats.norm.cdf(a) * stats.norm.cdf(b) + area / (2 * math.pi))


def orthant_above(cuts: Array, correlations: Array, *, seed: int = 0) -> float:
    """P(all variables above their cuts), by quasi-Monte Carlo beyond two (error below 1e-5).

    Args:
        cuts: (P,) in standard deviations.
        correlations: (P, P).
        seed: of the quasi-Monte Carlo points.

    Raises:
        InputError: where the matrix is no correlation matrix.
    """
    smallest = float(np.linalg.eigvalsh(correlations).min())
    if smallest < -1e-10 or not np.allclose(np.diag(correlations), 1):
        raise InputError(
            expected="a correlation matrix", got=f"one whose smallest eigenvalue is {smallest:.3g}"
        )
    if len(cuts) == 1:
        return float(stats.norm.sf(cuts[0]))
    if len(cuts) == 2:
        return bivariate_cdf(-cuts[0], -cuts[1], float(correlations[0, 1]))
    law = stats.multivariate_normal(
        cov=correlations, allow_singular=True, seed=seed, maxpts=2_000_000, abseps=1e-7, releps=1e-7
    )
    return float(law.cdf(-np.asarray(cuts, dtype=float)))

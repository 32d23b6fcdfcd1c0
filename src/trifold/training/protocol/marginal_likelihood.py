"""Kernel weights and noise by the marginal likelihood of a Gaussian process.

Rasmussen and Williams (2006), sections 5.4 and 5.4.2. With y ~ N(0, Σ_j w_j K_j + σ² I) the weights
say how much of a target each modality explains; kernels that explain nothing go to zero, so that
each target chooses its modalities by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

from trifold.contracts import Array

LOWEST_NOISE, HIGHEST = 0.05, 50.0
LOWEST = 1e-5
LEAST_LABELS = 3


@dataclass(frozen=True)
class KernelFit:
    """A fitted target.

    Attributes:
        weight: (J,) kernel weights.
        noise: σ².
        coef: (n,) dual coefficients A⁻¹y, 0 at rows that it is not of.
        inverse: (m, m) A⁻¹ of the m rows that it is of; (0, 0) where there are too few of them.
        evidence: logarithm of the likelihood, up to a constant of the labels' number.
    """

    weight: Array
    noise: float
    coef: Array
    inverse: Array
    evidence: float = 0.0


def maximize_evidence(
    grams: Array, y: Array, *, given: Array | None = None, iterations: int = 30
) -> KernelFit:
    """Maximise the marginal likelihood of one standardised target.

    Args:
        grams: (J, n, n) positive semi-definite, of mean diagonal 1.
        y: (n,) zero-mean, unit-variance labels; NaN rows are left out.
        given: (n,) bool; with it what is maximised is the likelihood of the other labels given
            these, log p(y) − log p(y_given), and the fit is of these alone. None: log p(y).
        iterations: of L-BFGS-B.

    Returns:
        The fit; with fewer than three labels, or as few to find it by, it says nothing beyond the
        mean, as two explain everything.
    """
    seen = np.isfinite(y)
    own = seen if given is None else seen & given
    told = seen if given is None else seen & ~given
    if min(own.sum(), told.sum()) < LEAST_LABELS:
        return KernelFit(np.full(len(grams), LOWEST), 1.0, np.zeros(len(y)), np.zeros((0, 0)))
    whole, part = _rows(grams, y, seen), _rows(grams, y, own)
    n_kernels = len(grams)
    start = np.log(np.append(np.full(n_kernels, 0.3 / n_kernels), 0.7))
    bounds = [(np.log(LOWEST), np.log(HIGHEST))] * n_kernels
    bounds.append((np.log(LOWEST_NOISE), np.log(HIGHEST)))
    found = minimize(
        _negative_evidence if given is None else _negative_conditional,
        start,
        args=whole if given is None else (*whole, *part),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": iterations},
    )
    weight, noise = np.exp(found.x[:-1]), float(np.exp(found.x[-1]))
    inverse = _inverse(weight, noise, part[0])[0]
    coef = np.zeros(len(y))
    coef[own] = inverse @ part[1]
    return KernelFit(weight, noise, coef, inverse, -float(found.fun))


def _rows(grams: Array, y: Array, rows: Array) -> tuple[Array, Array]:
    """Kernels among the rows, and their labels."""
    return np.ascontiguousarray(grams[:, rows][:, :, rows]), y[rows]


def _negative_conditional(
    log_params: Array, kernels: Array, y: Array, given: Array, y_given: Array
) -> tuple[float, Array]:
    """−log p(y | y_given) as ``_negative_evidence``; ``kernels`` and ``y`` are of all rows."""
    value, gradient = _negative_evidence(log_params, kernels, y)
    less, slopes = _negative_evidence(log_params, given, y_given)
    return value - less, gradient - slopes


def _negative_evidence(log_params: Array, kernels: Array, y: Array) -> tuple[float, Array]:
    """−log p(y) up to a constant and its gradient by the logarithms of weights and noise."""
    weight, noise = np.exp(log_params[:-1]), np.exp(log_params[-1])
    inverse, half_logdet = _inverse(weight, noise, kernels)
    alpha = inverse @ y
    value = 0.5 * y @ alpha + half_logdet
    inner = inverse - np.outer(alpha, alpha)
    slopes = 0.5 * kernels.reshape(len(kernels), -1) @ inner.ravel()
    gradient = np.append(slopes * weight, 0.5 * np.trace(inner) * noise)
    return float(value), gradient


def _inverse(weight: Array, noise: float, kernels: Array) -> tuple[Array, float]:
    """The inverse of A = Σ w_j K_j + σ² I, and ½ log det A."""
    n = kernels.shape[1]
    total = (weight @ kernels.reshape(len(kernels), -1)).reshape(n, n)
    total.flat[:: n + 1] += noise
    lower, _ = dpotrf(total.T, lower=1, overwrite_a=1)  # .T: LAPACK's column order, no copy
    half_logdet = float(np.log(np.diag(lower)).sum())
    below, _ = dpotri(lower, lower=1, overwrite_c=1)
    inverse: Array = np.tril(below) + np.tril(below, -1).T
    return inverse, half_logdet

"""Kernel weights and noise by the marginal likelihood of a Gaussian process.

Rasmussen and Williams (2006), sections 5.4 and 5.4.2. With y ~ N(0, Σ_j w_j K_j + σ² I) the weights
say how much of a target each modality explains; kernels that explain nothing go to zero, so that
each target chooses its modalities by itself.

Several kernels explain the labels of some tens of people by chance, with next to no noise. So the
noise has a log-normal prior, and what is found is its posterior's mode (type II maximum a
posteriori): most of how somebody is rated is not in a recording. Hundreds of people outweigh it.
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
PRIOR_NOISE = 0.7  # of labels of variance 1: what recordings leave unexplained, by experience
PRIOR_PRECISION = 6.0  # precision of log σ² around it: .31 to 1.56 with 95 %


@dataclass(frozen=True)
class KernelFit:
    """A fitted target.

    Attributes:
        weight: (J,) kernel weights.
        noise: σ².
        coef: (n,) dual coefficients A⁻¹y, 0 at rows that it is not of.
        inverse: (m, m) A⁻¹ of the m rows that it is of; (0, 0) where there are too few of them.
        evidence: logarithm of likelihood and prior, up to a constant of the labels' number.
    """

    weight: Array
    noise: float
    coef: Array
    inverse: Array
    evidence: float = 0.0


def maximize_evidence(
    grams: Array,
    y: Array,
    *,
    given: Array | None = None,
    iterations: int = 30,
    prior_precision: float = PRIOR_PRECISION,
) -> KernelFit:
    """Maximise the marginal likelihood of one standardised target, and the prior of its noise.

    Args:
        grams: (J, n, n) positive semi-definite, of mean diagonal 1.
        y: (n,) zero-mean, unit-variance labels; NaN rows are left out.
        given: (n,) bool; with it what is maximised is the likelihood of the other labels given
            these, log p(y) − log p(y_given), and the fit is of these alone. None: log p(y).
        iterations: of L-BFGS-B.
        prior_precision: τ of the prior log σ² ~ N(log 0.7, 1/τ); 0 for none.

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
    start = np.log(np.append(np.full(n_kernels, (1 - PRIOR_NOISE) / n_kernels), PRIOR_NOISE))
    bounds = [(np.log(LOWEST), np.log(HIGHEST))] * n_kernels
    bounds.append((np.log(LOWEST_NOISE), np.log(HIGHEST)))

    def unlikely(log_params: Array) -> tuple[float, Array]:
        if given is None:
            value, gradient = _negative_evidence(log_params, *whole)
        else:
            value, gradient = _negative_conditional(log_params, *whole, *part)
        off = log_params[-1] - start[-1]
        gradient[-1] += prior_precision * off
        return value + 0.5 * prior_precision * off**2, gradient

    found = minimize(
        unlikely,
        start,
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

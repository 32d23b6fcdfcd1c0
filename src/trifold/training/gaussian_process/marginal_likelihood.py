"""Kernel weights and noise by the marginal likelihood of a Gaussian process.

Rasmussen and Williams (2006), sections 5.4 and 5.4.2. With y ~ N(0, Σ_j w_j K_j + σ² I) the weights
say how much of a target each modality explains; kernels that explain nothing go to zero, so that
each target chooses its modalities by itself.

With some tens of people, several kernels explain the labels by chance and leave next to no noise.
So the noise has a log-normal prior and the estimate is the mode of the posterior (type II maximum a
posteriori): most of how somebody is rated is not in a recording. Hundreds of people outweigh it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

from trifold.contracts import Array

MIN_WEIGHT, MIN_NOISE = 1e-5, 0.05
MAX_WEIGHT = MAX_NOISE = 50.0
MIN_LABELS = 3  # two labels are explained by anything
PRIOR_NOISE = 0.7  # of labels of variance 1: what recordings leave unexplained, by experience
PRIOR_PRECISION = 6.0  # precision of log σ² around it: .31 to 1.56 with 95 %


@dataclass(frozen=True)
class KernelFit:
    """A fitted target.

    Attributes:
        weight: (J,) kernel weights.
        noise: σ².
        coef: (n,) dual coefficients A⁻¹y, 0 at rows that it is not conditioned on.
        inverse: (m, m) A⁻¹ of the m rows that it is conditioned on; (0, 0) with too few of them.
        evidence: log likelihood plus log prior, up to a constant that depends on m alone.
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
    """Maximise the marginal likelihood of one standardised target times the prior of its noise.

    Args:
        grams: (J, n, n) positive semi-definite, of mean diagonal 1.
        y: (n,) zero-mean, unit-variance labels; NaN rows are left out.
        given: (n,) bool; maximise log p(y_others | y_given) = log p(y) − log p(y_given) instead,
            and condition the fit on the given labels alone. None: log p(y), all labels.
        iterations: of L-BFGS-B.
        prior_precision: τ of the prior log σ² ~ N(log 0.7, 1/τ); 0 for none.

    Returns:
        The fit. With fewer than three labels to condition on, or to be likely, it predicts the
        mean.
    """
    seen = np.isfinite(y)
    conditioned = seen if given is None else seen & given
    predicted = seen if given is None else seen & ~given
    if min(conditioned.sum(), predicted.sum()) < MIN_LABELS:
        return KernelFit(np.full(len(grams), MIN_WEIGHT), 1.0, np.zeros(len(y)), np.zeros((0, 0)))
    whole, part = _rows(grams, y, seen), _rows(grams, y, conditioned)
    n_kernels = len(grams)
    # starts at the prior's mode, with the rest of the variance shared among the kernels
    start = np.log(np.append(np.full(n_kernels, (1 - PRIOR_NOISE) / n_kernels), PRIOR_NOISE))
    prior_mean = start[-1]
    bounds = [(np.log(MIN_WEIGHT), np.log(MAX_WEIGHT))] * n_kernels
    bounds.append((np.log(MIN_NOISE), np.log(MAX_NOISE)))

    def negative_log_posterior(log_params: Array) -> tuple[float, Array]:
        if given is None:
            value, gradient = _negative_evidence(log_params, *whole)
        else:
            value, gradient = _negative_conditional(log_params, *whole, *part)
        deviation = log_params[-1] - prior_mean
        gradient[-1] += prior_precision * deviation
        return value + 0.5 * prior_precision * deviation**2, gradient

    found = minimize(
        negative_log_posterior,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": iterations},
    )
    weight, noise = np.exp(found.x[:-1]), float(np.exp(found.x[-1]))
    inverse = _inverse(weight, noise, part[0])[0]
    coef = np.zeros(len(y))
    coef[conditioned] = inverse @ part[1]
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

"""Standard errors from the inverse penalised Hessian.

At the solution the nuclear penalty equals a quadratic one, ``λ‖Θ‖_* = (λ/2) tr(Θ S⁻¹ Θᵀ) + const``
with ``S = (ΘᵀΘ)^(1/2)``: a Gaussian prior on each clip's row. The posterior around the solution is
therefore Gaussian with precision ``information + prior``, and splits by question.

Two variances come out of it. The *posterior* one says how far a score may lie from the truth; its
root is the standard error. The *sampling* one says how much the score would move if the judgements
were made again; shrunk scores move less than they may be off. Separation reliability takes the
latter (the former would count the shrinkage twice).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri

from trifold.contracts import Array
from trifold.paired_comparisons.model.blocks import Block, blocks, information
from trifold.paired_comparisons.model.comparisons import Comparisons
from trifold.paired_comparisons.model.likelihood import RaterEffects
from trifold.paired_comparisons.model.ridge import PRECISION

LARGEST_SYSTEM = 4000  # unknowns of one question that are inverted together


@dataclass(frozen=True)
class Uncertainty:
    """Variances of (N, D) scores.

    Attributes:
        posterior: (N, D) squared standard errors.
        sampling: (N, D) variance over repetitions of the judgements.
        exact: False where a question was too large, so that opponents count as known.
    """

    posterior: Array
    sampling: Array
    exact: bool = True


def ridge_uncertainty(
    data: Comparisons, scores: Array, effects: RaterEffects, *, precision: float = PRECISION
) -> Uncertainty:
    """Of per-dimension ridge scores."""
    posterior, sampling = np.zeros(data.shape), np.zeros(data.shape)
    exact = True
    for block in blocks(data):
        fisher = information(block, scores, data, effects)[:, :, None, None]
        parts = _invert(fisher, np.array([precision]))
        at = (block.clips, block.dimension)
        posterior[at], sampling[at] = parts[0][:, 0, 0], parts[1][:, 0, 0]
        exact &= parts[2]
    return Uncertainty(posterior, sampling, exact)


def nuclear_uncertainty(
    data: Comparisons, scores: Array, effects: RaterEffects, *, penalty: float
) -> Uncertainty:
    """Of nuclear-norm scores; dimensions that the penalty removed have no variance left."""
    basis, prior = span(scores)
    precision = penalty * data.weight.sum() / prior
    posterior, sampling = np.zeros(data.shape), np.zeros(data.shape)
    exact = True
    for question in _by_question(data):
        clips = question[0].clips
        fisher = _joint_information(question, scores, data, effects, basis)
        parts = _invert(fisher, precision)
        posterior[clips] = np.einsum("iab,da,db->id", parts[0], basis, basis)
        sampling[clips] = np.einsum("iab,da,db->id", parts[1], basis, basis)
        exact &= parts[2]
    return Uncertainty(posterior, sampling, exact)


def span(scores: Array) -> tuple[Array, Array]:
    """(D, r) right singular vectors with a singular value, and the (r,) values."""
    _, values, vectors = np.linalg.svd(scores, full_matrices=False)
    kept = values > 1e-8 * max(float(values.max(initial=0.0)), 1e-300)
    return vectors[kept].T, values[kept]


def _by_question(data: Comparisons) -> list[list[Block]]:
    """The D blocks of each question."""
    everything, d = list(blocks(data)), data.shape[1]
    return [everything[g : g + d] for g in range(0, len(everything), d)]


def _joint_information(
    question: list[Block], scores: Array, data: Comparisons, effects: RaterEffects, basis: Array
) -> Array:
    """(n, n, r, r): Σ_δ Laplacian_δ ⊗ v_δ v_δᵀ, the information on coordinates in the span."""
    laplacians = np.stack([information(block, scores, data, effects) for block in question])
    joint: Array = np.einsum("dij,da,db->ijab", laplacians, basis, basis, optimize=True)
    return joint


def _invert(fisher: Array, precision: Array) -> tuple[Array, Array, bool]:
    """Posterior and sampling covariance of each clip, (n, r, r) each, and whether they are exact.

    The mean over clips is fixed by convention, so its share of the variance is taken out.

    Args:
        fisher: (n, n, r, r) information.
        precision: (r,) of the prior on each coordinate.
    """
    n, r = len(fisher), len(precision)
    if n * r > LARGEST_SYSTEM:
        own = fisher[np.arange(n), np.arange(n)]
        posterior = np.linalg.inv(own + np.diag(precision))
        return posterior, posterior @ own @ posterior, False
    joint = fisher.transpose(0, 2, 1, 3).reshape(n * r, n * r)
    joint[np.diag_indices(n * r)] += np.tile(precision, n)
    inverse = _inverse(joint).reshape(n, r, n, r)
    posterior = inverse[np.arange(n), :, np.arange(n)]
    shrunk = np.einsum("iajc,c,jcib->iab", inverse, precision, inverse, optimize=True)
    return posterior - np.diag(1 / precision) / n, posterior - shrunk, True


def _inverse(positive: Array) -> Array:
    """Of a symmetric positive definite matrix, by Cholesky: half the work of a general one."""
    factor, _ = dpotrf(positive, lower=True, overwrite_a=True)
    below, _ = dpotri(factor, lower=True, overwrite_c=True)
    whole: Array = np.tril(below) + np.tril(below, -1).T
    return whole

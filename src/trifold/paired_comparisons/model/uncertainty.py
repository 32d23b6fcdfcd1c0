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
from trifold.paired_comparisons.model.blocks import (
    Block,
    blocks,
    information,
    information_alone,
    information_by_component,
)
from trifold.paired_comparisons.model.comparisons import Comparisons
from trifold.paired_comparisons.model.likelihood import RaterEffects
from trifold.paired_comparisons.model.ridge import PRECISION

LARGEST_SYSTEM = 4000  # unknowns that are inverted together
LEAST_CHOLESKY = 48  # rows, below which many matrices at once are quicker in one call


@dataclass(frozen=True)
class Uncertainty:
    """Variances of (N, D) scores.

    Attributes:
        posterior: (N, D) squared standard errors.
        sampling: (N, D) variance over repetitions of the judgements.
        exact: False where too many clips were joined by comparisons, so that opponents count as
            known.
    """

    posterior: Array
    sampling: Array
    exact: bool = True


def ridge_uncertainty(
    data: Comparisons, scores: Array, effects: RaterEffects, *, precision: float = PRECISION
) -> Uncertainty:
    """Of per-dimension ridge scores."""
    posterior, sampling = np.empty(data.shape), np.empty(data.shape)
    exact = True
    for block in blocks(data):
        at = (block.clips, block.dimension)
        posterior[at], sampling[at], known = _of_block(block, scores, data, effects, precision)
        exact &= known
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


def _of_block(
    block: Block, scores: Array, data: Comparisons, effects: RaterEffects, precision: float
) -> tuple[Array, Array, bool]:
    """(n,) posterior and sampling variances of ridge scores, and whether they are exact."""
    n = len(block.clips)
    posterior, sampling = np.full((2, n), np.nan)
    parts = information_by_component(block, scores, data, effects, largest=LARGEST_SYSTEM)
    for rows, fisher in parts:
        size = fisher.shape[1]
        fisher[:, np.arange(size), np.arange(size)] += precision
        inverse = _inverses(fisher)
        own = np.diagonal(inverse, axis1=1, axis2=2)
        posterior[rows] = own - 1 / precision / n  # the mean is fixed, see ``_invert``
        sampling[rows] = own - precision * np.einsum("gij,gij->gi", inverse, inverse)
    rest = np.isnan(posterior)
    if rest.any():
        own = information_alone(block, scores, data, effects)[rest]
        posterior[rest], sampling[rest] = 1 / (own + precision), own / (own + precision) ** 2
    return posterior, sampling, not rest.any()


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
    inverse = _inverses(joint[None])[0].reshape(n, r, n, r)
    posterior = inverse[np.arange(n), :, np.arange(n)]
    shrunk = np.einsum("iajc,c,jcib->iab", inverse, precision, inverse, optimize=True)
    return posterior - np.diag(1 / precision) / n, posterior - shrunk, True


def _inverses(positive: Array) -> Array:
    """Of (g, s, s) symmetric positive definite matrices; large ones by Cholesky, half the work."""
    if positive.shape[1] < LEAST_CHOLESKY:
        return np.linalg.inv(positive)
    found = np.empty_like(positive)
    for inverse, one in zip(found, positive, strict=True):
        factor, _ = dpotrf(one, lower=True)
        below, _ = dpotri(factor, lower=True, overwrite_c=True)  # zeros stand above the diagonal
        np.add(below, below.T, out=inverse)
        inverse[np.diag_indices(len(one))] /= 2
    return found

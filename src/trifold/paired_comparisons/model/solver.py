"""Accelerated proximal gradient for the scores, with singular value thresholding.

Minimises ``f(Θ) + penalty(Θ)`` where, with W the total weight,

    f(Θ) = −(1/W) Σ_m w_m log P(outcome_m | x_m) + (ridge/2) ‖Θ‖²_F

by the method of Beck and Teboulle (2009) with the restart of O'Donoghue and Candès (2015). The step
is 1/L with L = max degree / (2 W) + ridge: the curvature in x is at most 1/4, and the Laplacian of
a graph at most twice its largest degree. Every column of the gradient sums to zero within each
question and thresholding acts on the right, so iterates stay centred without a projection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.paired_comparisons.model.comparisons import Comparisons, degrees
from trifold.paired_comparisons.model.likelihood import RaterEffects, expected

Prox = Callable[[Array, float], Array]
TOLERANCE = 1e-7
MOST_ITERATIONS = 20_000


@dataclass(frozen=True)
class Solution:
    """Where the iterations ended.

    Attributes:
        scores: (N, D) Θ, centred within each question and dimension.
        iterations: gradient steps taken.
        converged: False when the limit of iterations came first.
    """

    scores: Array
    iterations: int
    converged: bool


class Gradient:
    """∇f of one data set at fixed effects, with the indices laid out once."""

    def __init__(self, data: Comparisons, effects: RaterEffects, *, ridge: float = 0.0) -> None:
        n, d = data.shape
        self.shape, self.ridge = (n, d), ridge
        self._left, self._right = data.left * d + data.dimension, data.right * d + data.dimension
        self._offset, self._outcome = effects.offset(data), data.outcome
        ties = effects.tie_weight[data.dimension]
        self._ties: Array | float = ties if ties.any() else 0.0
        self._weight = data.weight / data.weight.sum()
        largest = float(degrees(data).max()) / float(data.weight.sum())
        self.lipschitz = largest / 2 + ridge

    def __call__(self, scores: Array) -> Array:
        """(N, D) gradient; each column sums to zero within a question when the ridge is 0."""
        flat = scores.ravel()
        x = flat[self._left] - flat[self._right] + self._offset
        g = self._weight * (expected(x, self._ties) - self._outcome)
        pulled = np.bincount(self._left, g, flat.size) - np.bincount(self._right, g, flat.size)
        gradient: Array = pulled.reshape(self.shape) + self.ridge * scores
        return gradient


def minimise(
    gradient: Gradient,
    prox: Prox,
    *,
    start: Array | None = None,
    tolerance: float = TOLERANCE,
    most: int = MOST_ITERATIONS,
) -> Solution:
    """Iterate until the scores change by less than ``tolerance`` of their size.

    Args:
        gradient: of the smooth part.
        prox: ``(X, step) -> argmin_Y penalty(Y) + ‖Y − X‖² / (2 step)``.
        start: (N, D) warm start, centred within question; zeros by default.
        tolerance: relative change of one step.
        most: iterations.
    """
    step = 1.0 / gradient.lipschitz
    scores = np.zeros(gradient.shape) if start is None else start
    ahead, momentum = scores, 1.0
    for iteration in range(1, most + 1):
        updated = prox(ahead - step * gradient(ahead), step)
        change = updated - scores
        if np.vdot(ahead - updated, change) > 0:  # overshot: restart the momentum
            momentum = 1.0
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = updated + (momentum - 1) / following * change
        scores, momentum = updated, following
        if np.linalg.norm(change) <= tolerance * max(float(np.linalg.norm(scores)), 1e-12):
            return Solution(scores, iteration, converged=True)
    return Solution(scores, most, converged=False)


def unpenalised(scores: Array, step: float) -> Array:
    """The prox of no penalty at all."""
    return scores


def nuclear(penalty: float) -> Prox:
    """The prox of ``penalty · ‖Θ‖_*``: singular values shrink by ``penalty · step``."""
    return lambda scores, step: threshold_singular_values(scores, penalty * step)


def within_span(basis: Array) -> Prox:
    """Keeps Θ in the span of (D, r) right singular vectors, for refitting without the penalty."""
    projection = basis @ basis.T
    return lambda scores, step: scores @ projection


def threshold_singular_values(scores: Array, amount: float) -> Array:
    """(N, D) with every singular value smaller by ``amount``, or 0.

    By the eigenvectors of the (D, D) Gram matrix: N may be large, D is not.
    """
    squares, vectors = np.linalg.eigh(scores.T @ scores)
    values = np.sqrt(np.maximum(squares, 0.0))
    kept = np.divide(values - amount, values, out=np.zeros_like(values), where=values > amount)
    thresholded: Array = scores @ ((vectors * kept) @ vectors.T)
    return thresholded


def singular_values(scores: Array) -> Array:
    """(D,) singular values, largest first."""
    values: Array = np.linalg.svd(scores, compute_uv=False)
    return values


def largest_penalty(data: Comparisons, effects: RaterEffects) -> float:
    """λ_max = ‖∇f(0)‖: the smallest nuclear penalty whose solution is Θ = 0."""
    return float(np.linalg.norm(Gradient(data, effects)(np.zeros(data.shape)), 2))


def coin_flip_norm(data: Comparisons, *, draws: int = 5, seed: int = 0) -> float:
    """Mean ‖∇f‖ when every judgement is a fair coin: how large the noise in the gradient is.

    Theory asks for λ of twice this (Negahban et al., 2018); cross-validation ends at about half.
    """
    generator = np.random.default_rng(seed)
    d = data.dimension
    total = data.weight.sum()
    norms = []
    for _ in range(draws):
        g = data.weight * generator.choice((-0.5, 0.5), len(data)) / total
        noise = np.zeros(data.shape)
        np.add.at(noise, (data.left, d), g)
        np.add.at(noise, (data.right, d), -g)
        norms.append(np.linalg.norm(noise, 2))
    return float(np.mean(norms))

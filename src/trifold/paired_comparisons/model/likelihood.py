"""The probability of a judgement: Bradley–Terry with ties after Davidson (1970).

With ``x = θ_left − θ_right + side`` the three answers have weights

    left: exp(x / 2)      right: exp(−x / 2)      tie: ν

so that without ties (ν = 0) ``P(left) = σ(x)``, and a tie weighs ν against the geometric mean of
the two strengths. The expected outcome ``e = P(left) + P(tie) / 2`` has the derivatives that
fitting needs: −log P has slope ``e − outcome`` and curvature ``Var(outcome) ≤ 1/4`` in x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from trifold.contracts import Array
from trifold.paired_comparisons.model.comparisons import NO_RATER, Comparisons


@dataclass(frozen=True)
class RaterEffects:
    """What raters add to what is judged.

    Attributes:
        side: β, advantage in logits of whatever stands left.
        rater_side: (R,) γ, each rater's own addition to it.
        tie_weight: (D,) ν per dimension; 0 where no ties occur.
    """

    side: float
    rater_side: Array
    tie_weight: Array

    def offset(self, data: Comparisons) -> Array:
        """(M,) what side and rater add to the difference."""
        own = np.append(self.rater_side, 0.0)  # the last entry serves unknown raters
        added: Array = self.side + own[np.where(data.rater == NO_RATER, -1, data.rater)]
        return added


def no_effects(data: Comparisons) -> RaterEffects:
    """No side bias; a tie weight that gives every dimension its share of ties at x = 0."""
    total = np.bincount(data.dimension, data.weight, data.shape[1])
    ties = np.bincount(data.dimension, data.weight * data.tied, data.shape[1])
    share = np.divide(ties, total, out=np.zeros(len(ties)), where=total > 0)
    return RaterEffects(
        side=0.0,
        rater_side=np.zeros(len(data.raters)),
        tie_weight=2 * share / np.maximum(1 - share, 0.01),
    )


def probabilities(x: Array, tie_weight: Array | float) -> tuple[Array, Array, Array]:
    """P(left), P(tie) and P(right) at differences ``x``.

    Args:
        x: (M,) logits.
        tie_weight: (M,) or one ν ≥ 0.
    """
    if not np.any(tie_weight):
        return expit(x), np.zeros_like(x), expit(-x)
    root = np.exp(-np.abs(x) / 2)  # ≤ 1, so nothing overflows
    total = 1 + root**2 + tie_weight * root
    stronger, weaker = 1 / total, root**2 / total
    left, right = np.where(x >= 0, stronger, weaker), np.where(x >= 0, weaker, stronger)
    return left, tie_weight * root / total, right


def expected(x: Array, tie_weight: Array | float) -> Array:
    """(M,) expected outcome: 1 left, .5 tie, 0 right."""
    if not np.any(tie_weight):
        certain: Array = expit(x)
        return certain
    left, tie, _ = probabilities(x, tie_weight)
    outcome: Array = left + tie / 2
    return outcome


def variance(x: Array, tie_weight: Array | float) -> Array:
    """(M,) variance of the outcome: the curvature of −log P in x, and its Fisher information."""
    left, tie, right = probabilities(x, tie_weight)
    spread: Array = left * right + tie * (left + right) / 4
    return spread


def log_loss(x: Array, outcome: Array, tie_weight: Array | float) -> Array:
    """(M,) −log P of what happened."""
    left, tie, right = probabilities(x, tie_weight)
    chance = np.where(outcome == 1, left, np.where(outcome == 0, right, tie))
    loss: Array = -np.log(np.maximum(chance, 1e-300))
    return loss


def differences(scores: Array, effects: RaterEffects, data: Comparisons) -> Array:
    """(M,) x of every comparison at the given (N, D) scores."""
    at = data.dimension
    x: Array = scores[data.left, at] - scores[data.right, at] + effects.offset(data)
    return x

"""Slopes of judgements on held-out differences: for undoing shrinkage, and for judging raters."""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array
from trifold.paired_comparisons.model.comparisons import Comparisons, subset
from trifold.paired_comparisons.model.likelihood import RaterEffects, expected, variance
from trifold.paired_comparisons.model.solver import Gradient, minimise, within_span
from trifold.paired_comparisons.model.uncertainty import span

PRIOR_PRECISION = 1.0  # pulls a slope towards 1; what few comparisons say counts little


def slopes(
    held_out: Array, data: Comparisons, effects: RaterEffects, group: Array, n_groups: int
) -> tuple[Array, Array]:
    """Logistic slope of the outcome on held-out differences, one per group.

    1 where differences are predicted to the right size, above 1 where they are shrunk too much, 0
    where judgements have nothing to do with them, below 0 where winners are coded the wrong way.

    Args:
        held_out: (M,) x predicted without the comparison's pair; NaN where never held out.
        data: M comparisons.
        effects: of the raters; its offset is not scaled.
        group: (M,) group of each comparison; negative ones count nowhere.
        n_groups: G.

    Returns:
        (G,) slopes and their standard errors; 1 and 1 for a group without comparisons.
    """
    used = np.isfinite(held_out) & (group >= 0)
    offset = effects.offset(data)[used]
    difference, group = held_out[used] - offset, group[used]
    outcome, weight = data.outcome[used], data.weight[used]
    ties = effects.tie_weight[data.dimension[used]]
    slope = np.ones(n_groups)
    for _ in range(30):
        x = slope[group] * difference + offset
        pull = weight * (expected(x, ties) - outcome) * difference
        curvature = weight * variance(x, ties) * difference**2
        hessian = np.bincount(group, curvature, n_groups) + PRIOR_PRECISION
        step = (np.bincount(group, pull, n_groups) + PRIOR_PRECISION * (slope - 1)) / hessian
        slope = slope - np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:
            break
    return slope, 1 / np.sqrt(hessian)


def refit(data: Comparisons, scores: Array, effects: RaterEffects, *, ridge: float) -> Array:
    """(N, D) scores without the nuclear penalty in the span of the kept singular vectors.

    Args:
        data: M comparisons.
        scores: (N, D) penalised solution.
        effects: of the raters.
        ridge: small penalty that bounds clips which always win.
    """
    basis, _ = span(scores)
    gradient = Gradient(data, effects, ridge=ridge)
    return minimise(gradient, within_span(basis), start=scores, tolerance=1e-5).scores


def held_out_residuals(
    held_out: Array, data: Comparisons, effects: RaterEffects
) -> tuple[Comparisons, Array, Array]:
    """The comparisons that were held out, what was expected of them, and its variance."""
    rows = np.flatnonzero(np.isfinite(held_out))
    kept, x = subset(data, rows), held_out[rows]
    ties = effects.tie_weight[kept.dimension]
    return kept, expected(x, ties), variance(x, ties)

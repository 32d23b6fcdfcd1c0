"""Raters' effects: side bias, raters' side bias and the weight of ties, at given scores.

All of them are convex in (β, γ, log ν): Newton's method on a small dense system. A side bias can
only be told from the clips where clips change sides; ``side_information`` says how far they do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import lsqr

from trifold.contracts import Array
from trifold.paired_comparisons.model.comparisons import Comparisons
from trifold.paired_comparisons.model.likelihood import (
    RaterEffects,
    no_effects,
    probabilities,
    variance,
)

RATER_PRECISION = 4.0  # prior of a rater's side bias: standard deviation of half a logit
TIE_PRECISION = 0.01
LEAST_INFORMATION = 0.2
ROUNDS = 20


@dataclass(frozen=True)
class FreeEffects:
    """Which habits of the raters are estimated.

    Attributes:
        side: a common advantage of the left side.
        rater_side: each rater's own, where raters are known.
    """

    side: bool = True
    rater_side: bool = True


def side_information(data: Comparisons) -> float:
    """Share of the comparisons' information on a side bias that clips cannot explain, 0 to 1.

    1 when every clip stands left as often as right; 0 when scores could take the place of the bias,
    as when one group of clips always stands left.
    """
    n, d = data.shape
    rows = np.tile(np.arange(len(data)), 2)
    cells = np.concatenate([data.left, data.right]) * d + np.tile(data.dimension, 2)
    root = np.sqrt(data.weight)
    values = np.concatenate([root, -root])
    design = coo_matrix((values, (rows, cells)), shape=(len(data), n * d)).tocsr()
    explained = lsqr(design, root, atol=1e-6, btol=1e-6)[0]
    rest = root - design @ explained
    return float(rest @ rest / data.weight.sum())


def identifiable(data: Comparisons, free: FreeEffects) -> FreeEffects:
    """The same without the side bias where the design cannot tell it from the clips."""
    if free.side and side_information(data) < LEAST_INFORMATION:
        return FreeEffects(side=False, rater_side=False)
    return free


def fit_effects(
    data: Comparisons, difference: Array, free: FreeEffects, start: RaterEffects
) -> tuple[RaterEffects, Array]:
    """Newton's method from ``start``.

    Args:
        data: M comparisons.
        difference: (M,) θ_left − θ_right.
        free: what is estimated.
        start: where to begin; dimensions without ties keep ν = 0.

    Returns:
        The effects, and the (R,) standard errors of the raters' side bias, NaN where it is fixed.
    """
    system = _System(data, difference, free, start)
    values = system.start
    for _ in range(50):
        slope, hessian = system(values)
        step = np.clip(np.linalg.solve(hessian, slope), -2.0, 2.0)
        values = values - step
        if np.abs(step).max(initial=0.0) < 1e-8:
            break
    _, hessian = system(values)
    errors = np.sqrt(np.diag(np.linalg.inv(hessian)))
    return system.effects(values), system.rater_part(errors)


def alternating_fit(
    data: Comparisons,
    free: FreeEffects,
    solve: Callable[[RaterEffects, Array | None], Array],
    *,
    start: RaterEffects | None = None,
) -> tuple[Array, RaterEffects, Array]:
    """Scores and effects in turn until the effects stand still.

    Args:
        data: M comparisons.
        free: what is estimated beside the scores.
        solve: ``(effects, warm start) -> scores``.
        start: where to begin; no bias by default.

    Returns:
        (N, D) scores, effects, and (R,) standard errors of the raters' side bias.
    """
    effects = no_effects(data) if start is None else start
    scores: Array | None = None
    for _ in range(ROUNDS):
        scores = solve(effects, scores)
        difference = scores[data.left, data.dimension] - scores[data.right, data.dimension]
        following, errors = fit_effects(data, difference, free, effects)
        change = _distance(effects, following)
        if change < 1e-4:
            return scores, effects, errors
        effects = following
    return solve(effects, scores), effects, errors


def _distance(first: RaterEffects, second: RaterEffects) -> float:
    parts = [
        [abs(first.side - second.side)],
        np.abs(first.rater_side - second.rater_side),
        np.abs(first.tie_weight - second.tie_weight) / np.maximum(second.tie_weight, 1e-9),
    ]
    return float(np.concatenate(parts).max())


class _System:
    """Slope and Hessian of −log likelihood and priors in (β, γ, log ν)."""

    def __init__(
        self, data: Comparisons, difference: Array, free: FreeEffects, start: RaterEffects
    ) -> None:
        self.data, self.difference, self.fixed = data, difference, start
        self.n_raters = len(data.raters) if free.rater_side else 0
        self.n_side = int(free.side)
        self.tied = np.flatnonzero(start.tie_weight > 0)
        raters = start.rater_side[: self.n_raters]
        self.start = np.concatenate(
            [np.full(self.n_side, start.side), raters, np.log(start.tie_weight[self.tied])]
        )
        priors = [np.full(self.n_side, 1e-9), np.full(self.n_raters, RATER_PRECISION)]
        self.precision = np.concatenate([*priors, np.full(len(self.tied), TIE_PRECISION)])
        self.column = np.full(data.shape[1], -1)
        self.column[self.tied] = self.n_side + self.n_raters + np.arange(len(self.tied))

    def effects(self, values: Array) -> RaterEffects:
        """From the vector of free values."""
        ties = self.fixed.tie_weight.copy()
        ties[self.tied] = np.exp(values[self.n_side + self.n_raters :])
        own = self.fixed.rater_side
        return RaterEffects(
            side=float(values[0]) if self.n_side else self.fixed.side,
            rater_side=values[self.n_side : self.n_side + self.n_raters] if self.n_raters else own,
            tie_weight=ties,
        )

    def rater_part(self, values: Array) -> Array:
        """(R,) entries of the raters, NaN where they are fixed."""
        if not self.n_raters:
            return np.full(len(self.data.raters), np.nan)
        return values[self.n_side : self.n_side + self.n_raters]

    def __call__(self, values: Array) -> tuple[Array, Array]:
        data, effects = self.data, self.effects(values)
        x, ties = self.difference + effects.offset(data), effects.tie_weight[data.dimension]
        left, tie, _ = probabilities(x, ties)
        e = left + tie / 2
        columns, n = self._columns(), len(values)
        slopes = (data.weight * (e - data.outcome), data.weight * (tie - data.tied))
        curvature = (variance(x, ties), -tie * (e - 0.5), tie * (1 - tie))
        slope = self.precision * values
        hessian = np.diag(self.precision)
        for c, is_tie in columns:
            slope += _sums(c, slopes[is_tie], n)
            for other, also in columns:
                part = data.weight * curvature[is_tie + also]
                both = np.where((c >= 0) & (other >= 0), c * n + other, -1)
                hessian += _sums(both, part, n * n).reshape(n, n)
        return slope, hessian

    def _columns(self) -> list[tuple[Array, bool]]:
        """Column of the free values that each comparison touches, and whether it is a tie's."""
        columns: list[tuple[Array, bool]] = []
        if self.n_side:
            columns.append((np.zeros(len(self.data), dtype=np.int64), False))
        if self.n_raters:
            known = self.data.rater >= 0
            columns.append((np.where(known, self.n_side + self.data.rater, -1), False))
        if len(self.tied):
            columns.append((self.column[self.data.dimension], True))
        return columns


def _sums(keys: Array, values: Array, n: int) -> Array:
    """Sum of the values by key; negative keys count nowhere."""
    kept = keys >= 0
    summed: Array = np.bincount(keys[kept], values[kept], n)
    return summed

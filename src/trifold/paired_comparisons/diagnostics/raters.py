"""Raters one by one: side bias, use of ties, and whether their judgements fit the others'.

Severity cannot be seen in comparisons: it cancels. What can: a preference for one side, ties given
too freely or never, judgements that follow the scores too loosely (misfit), not at all (slope near
0) or the wrong way round (slope below 0: winners coded upside down). Everything is held against
predictions made without the pair in question, else raters would be compared with themselves.

Infit weighs squared residuals by information, outfit does not (Wright and Masters, 1982); both are
1 for a rater who is as noisy as the model says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.paired_comparisons.model.calibration import slopes
from trifold.paired_comparisons.model.comparisons import Comparisons
from trifold.paired_comparisons.model.likelihood import (
    RaterEffects,
    expected,
    probabilities,
    variance,
)

MISFIT_INFIT, MISFIT_Z = 1.2, 3.0
REVERSED_Z = 2.0


@dataclass(frozen=True)
class RaterFit:
    """One entry per rater in every array, (R,).

    Attributes:
        comparisons: judgements given.
        tie_rate: share of ties.
        side: β + γ in logits: above 0 prefers the left.
        side_error: standard error of γ.
        infit: information-weighted mean square of residuals, relative to all raters together.
        infit_z: how many standard errors it lies from 1.
        outfit: plain mean square of standardised residuals, relative to all raters.
        slope: of judgements on the others' scores, relative to all raters together.
        slope_error: standard error of the slope.
    """

    comparisons: Array
    tie_rate: Array
    side: Array
    side_error: Array
    infit: Array
    infit_z: Array
    outfit: Array
    slope: Array
    slope_error: Array

    @property
    def misfits(self) -> Array:
        """(R,) bool: noisier than the model allows."""
        bad: Array = (self.infit > MISFIT_INFIT) & (self.infit_z > MISFIT_Z)
        return bad

    @property
    def upside_down(self) -> Array:
        """(R,) bool: judgements run against everybody else's."""
        bad: Array = self.slope < -REVERSED_Z * self.slope_error
        return bad


def rate_raters(
    held_out: Array, data: Comparisons, effects: RaterEffects, side_error: Array
) -> RaterFit:
    """Hold every rater's judgements against held-out predictions.

    Args:
        held_out: (M,) x predicted without the pair, on the scale of logits; NaN where never.
        data: M comparisons.
        effects: of the raters.
        side_error: (R,) standard errors of γ.
    """
    n = len(data.raters)
    known = data.rater >= 0
    count = np.bincount(data.rater[known], minlength=n)
    ties = np.bincount(data.rater[known], data.tied[known], n)
    infit, z, outfit = _mean_squares(held_out, data, effects)
    slope, error = slopes(held_out, data, effects, data.rater, n)
    overall = slopes(held_out, data, effects, np.where(known, 0, -1), 1)[0][0]
    return RaterFit(
        comparisons=count,
        tie_rate=ties / np.maximum(count, 1),
        side=effects.side + effects.rater_side,
        side_error=side_error,
        infit=infit,
        infit_z=z,
        outfit=outfit,
        slope=slope / max(float(overall), 1e-6),
        slope_error=error / max(float(overall), 1e-6),
    )


def _mean_squares(
    held_out: Array, data: Comparisons, effects: RaterEffects
) -> tuple[Array, Array, Array]:
    """(R,) infit, its z and outfit; 1, 0 and 1 for raters without held-out comparisons."""
    used = np.isfinite(held_out) & (data.rater >= 0)
    n, rater, x = len(data.raters), data.rater[used], held_out[used]
    tie_weight = effects.tie_weight[data.dimension[used]]
    v = np.maximum(variance(x, tie_weight), 1e-6)
    square = (data.outcome[used] - expected(x, tie_weight)) ** 2
    sums = [np.bincount(rater, part, n) for part in (square, v, square / v, np.ones(len(x)))]
    spread = np.bincount(rater, _fourth_moment(x, tie_weight) - v**2, n)
    some = sums[3] > 0
    infit = np.divide(sums[0], sums[1], out=np.ones(n), where=some)
    outfit = np.divide(sums[2], sums[3], out=np.ones(n), where=some)
    common = square.sum() / v.sum() if len(x) else 1.0
    typical = float(np.median(outfit[some])) if some.any() else 1.0
    error = np.divide(np.sqrt(np.maximum(spread, 0)), sums[1], out=np.ones(n), where=some)
    relative = np.where(some, infit / common, 1.0)
    return relative, (relative - 1) / np.maximum(error, 1e-6), np.where(some, outfit / typical, 1.0)


def _fourth_moment(x: Array, tie_weight: Array) -> Array:
    """(M,) fourth central moment of the outcome."""
    left, tie, right = probabilities(x, tie_weight)
    e = left + tie / 2
    moment: Array = left * (1 - e) ** 4 + tie * (0.5 - e) ** 4 + right * e**4
    return moment

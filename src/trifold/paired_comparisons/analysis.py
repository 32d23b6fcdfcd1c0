"""From comparisons to scores and everything that should stand beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from trifold.contracts import Array
from trifold.paired_comparisons.diagnostics.active import Suggestion, next_pairs
from trifold.paired_comparisons.diagnostics.consistency import Triads, circular_triads
from trifold.paired_comparisons.diagnostics.halo import Halo, between_halves, halo_of
from trifold.paired_comparisons.diagnostics.raters import RaterFit, rate_raters
from trifold.paired_comparisons.diagnostics.reliability import SplitHalf, separation, split_half
from trifold.paired_comparisons.model.calibration import refit, slopes
from trifold.paired_comparisons.model.comparisons import Comparisons
from trifold.paired_comparisons.model.graph import Connection, connections, unbounded
from trifold.paired_comparisons.model.likelihood import RaterEffects, no_effects
from trifold.paired_comparisons.model.rater_effects import (
    FreeEffects,
    alternating_fit,
    identifiable,
)
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.paired_comparisons.model.selection import Selection, select_penalty
from trifold.paired_comparisons.model.solver import (
    Gradient,
    coin_flip_norm,
    largest_penalty,
    minimise,
    nuclear,
    singular_values,
)
from trifold.paired_comparisons.model.uncertainty import (
    Uncertainty,
    nuclear_uncertainty,
    ridge_uncertainty,
)
from trifold.paired_comparisons.settings import AnalysisSettings

FIRST_FRACTION = 0.1  # of λ_max, while raters' habits are estimated
LEAST_HELD_OUT = 20  # comparisons without which cross-validation says nothing
COIN_FLIP_SHARE = 0.5  # of the coin-flip norm: where cross-validation usually ends
REFIT_RIDGE = 0.1  # precision per score that keeps a refit finite


@dataclass(frozen=True)
class ScoreEstimates:
    """(N, D) logits, centred within each question and dimension, with their variances."""

    values: Array
    uncertainty: Uncertainty
    reliability: Array

    @property
    def errors(self) -> Array:
        """(N, D) standard errors."""
        roots: Array = np.sqrt(np.maximum(self.uncertainty.posterior, 0.0))
        return roots


@dataclass(frozen=True)
class Analysis:
    """All that ``trifold label`` reports.

    Attributes:
        data: the comparisons.
        settings: how it was done.
        free: which habits of the raters were estimated.
        effects: what they are.
        selection: cross-validation of the penalty; None where too few pairs can be held out.
        fraction: the penalty used, as a fraction of λ_max.
        penalty_scale: λ_max and the coin-flip norm.
        debiased: nuclear-norm scores after debiasing.
        slopes: (D,) by which each dimension was scaled.
        ridge: per-dimension scores.
        singular: (D,) singular values of the penalised solution.
        split: halves of raters or pairs.
        triads: circular triads per dimension.
        connections: per question and dimension.
        extreme: (N, D) bool, always won or always lost.
        raters: fit of each rater; None where raters are unknown.
        halos: ``nuclear``, ``ridge`` and, where reliable enough, ``halves``.
        halo_path: mean |r| between dimensions at every fraction of λ_max.
        suggestions: the next best pairs.
    """

    data: Comparisons
    settings: AnalysisSettings
    free: FreeEffects
    effects: RaterEffects
    selection: Selection | None
    fraction: float
    penalty_scale: tuple[float, float]
    debiased: ScoreEstimates
    slopes: Array
    ridge: ScoreEstimates
    singular: Array
    split: SplitHalf
    triads: list[Triads]
    connections: list[Connection]
    extreme: Array
    raters: RaterFit | None
    halos: dict[str, Halo]
    halo_path: list[tuple[float, float]]
    suggestions: list[Suggestion]


def analyse(data: Comparisons, settings: AnalysisSettings | None = None) -> Analysis:
    """Estimate raters' habits, choose the penalty, fit, and diagnose.

    On one thread: the matrices are small, and threads that wait for each other on busy cores cost
    several times what they save.
    """
    with threadpool_limits(limits=1):
        return _analyse(data, settings or AnalysisSettings())


def _analyse(data: Comparisons, s: AnalysisSettings) -> Analysis:
    free, effects, side_error = estimate_effects(data, side=s.side)
    selection = _select(data, effects, s)
    largest, coin_flips = largest_penalty(data, effects), coin_flip_norm(data, seed=s.seed)
    fraction = _fraction(selection, coin_flips / max(largest, 1e-300))
    shrunk = fit_nuclear(data, effects, fraction=fraction)
    debiased, scale, held_out = _debiased(data, effects, shrunk, fraction, selection, s)
    ridge = _ridge(data, effects, s)
    split = split_half(data, effects, fraction=fraction, repeats=s.halves, seed=s.seed)
    known = bool(data.raters) and held_out is not None
    return Analysis(
        data=data,
        settings=s,
        free=free,
        effects=effects,
        selection=selection,
        fraction=fraction,
        penalty_scale=(largest, coin_flips),
        debiased=debiased,
        slopes=scale,
        ridge=ridge,
        singular=singular_values(shrunk),
        split=split,
        triads=circular_triads(data, debiased.values, debiased.errors, effects, seed=s.seed),
        connections=connections(data),
        extreme=unbounded(data),
        raters=rate_raters(held_out, data, effects, side_error)
        if known and held_out is not None
        else None,
        halos=_halos(debiased.values, ridge.values, split),
        halo_path=_halo_path(data, effects, s.fractions),
        suggestions=next_pairs(
            data, ridge.values, effects, count=s.pairs, precision=s.precision, seed=s.seed
        ),
    )


def estimate_effects(data: Comparisons, *, side: bool) -> tuple[FreeEffects, RaterEffects, Array]:
    """Habits of the raters, at lightly shrunk scores.

    Returns:
        What was estimated, the estimates, and (R,) standard errors of raters' side bias.
    """
    free = identifiable(data, FreeEffects(side=side, rater_side=side and len(data.raters) > 1))
    if not free.side and not data.tied.any():
        return free, no_effects(data), np.full(len(data.raters), np.nan)

    def solve(effects: RaterEffects, start: Array | None) -> Array:
        prox = nuclear(FIRST_FRACTION * largest_penalty(data, effects))
        return minimise(Gradient(data, effects), prox, start=start, tolerance=1e-5).scores

    _, effects, errors = alternating_fit(data, free, solve)
    return free, effects, errors


def fit_nuclear(data: Comparisons, effects: RaterEffects, *, fraction: float) -> Array:
    """(N, D) penalised scores at a fraction of λ_max."""
    prox = nuclear(fraction * largest_penalty(data, effects))
    return minimise(Gradient(data, effects), prox).scores


def _select(data: Comparisons, effects: RaterEffects, s: AnalysisSettings) -> Selection | None:
    options = {"folds": s.folds, "seed": s.seed, "least": LEAST_HELD_OUT}
    return select_penalty(data, effects, fractions=s.fractions, **options)


def _fraction(selection: Selection | None, coin_flip_share: float) -> float:
    if selection is not None:
        return selection.fraction
    return float(np.clip(COIN_FLIP_SHARE * coin_flip_share, 1e-3, 0.5))


def _debiased(
    data: Comparisons,
    effects: RaterEffects,
    shrunk: Array,
    fraction: float,
    selection: Selection | None,
    s: AnalysisSettings,
) -> tuple[ScoreEstimates, Array, Array | None]:
    """Debiased scores, the slopes, and held-out differences on their scale."""
    penalty = fraction * largest_penalty(data, effects)
    uncertainty = nuclear_uncertainty(data, shrunk, effects, penalty=penalty)
    scale = np.ones(data.shape[1])
    held_out = None if selection is None else selection.differences
    if held_out is not None:
        measured = slopes(held_out, data, effects, data.dimension, data.shape[1])[0]
        offset = effects.offset(data)
        held_out = offset + np.maximum(measured, 0.1)[data.dimension] * (held_out - offset)
        scale = np.maximum(measured, 0.1) if s.debias == "slopes" else scale
    values = shrunk * scale
    if s.debias == "refit" and shrunk.any():
        values = refit(data, shrunk, effects, ridge=REFIT_RIDGE / float(data.weight.sum()))
    scaled = Uncertainty(
        uncertainty.posterior * scale**2, uncertainty.sampling * scale**2, uncertainty.exact
    )
    return ScoreEstimates(values, scaled, separation(values, scaled.sampling)), scale, held_out


def _ridge(data: Comparisons, effects: RaterEffects, s: AnalysisSettings) -> ScoreEstimates:
    values = fit_ridge(data, effects, precision=s.precision)
    uncertainty = ridge_uncertainty(data, values, effects, precision=s.precision)
    return ScoreEstimates(values, uncertainty, separation(values, uncertainty.sampling))


def _halos(debiased: Array, ridge: Array, split: SplitHalf) -> dict[str, Halo]:
    halos = {"nuclear": halo_of(debiased), "ridge": halo_of(ridge)}
    halves = between_halves(split)
    return halos if halves is None else halos | {"halves": halves}


def _halo_path(
    data: Comparisons, effects: RaterEffects, fractions: tuple[float, ...]
) -> list[tuple[float, float]]:
    """Mean |r| along the penalties, warm-started from large to small; small ones are costly."""
    if data.shape[1] < 2:
        return []
    largest, scores, path = largest_penalty(data, effects), None, []
    gradient = Gradient(data, effects)
    for fraction in sorted((f for f in fractions if f >= 0.02), reverse=True):
        prox = nuclear(fraction * largest)
        scores = minimise(gradient, prox, start=scores, tolerance=1e-4).scores
        path.append((fraction, halo_of(scores).mean_correlation))
    return path

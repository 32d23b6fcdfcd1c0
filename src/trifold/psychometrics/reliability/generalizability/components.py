"""Variance components by analysis of variance: balanced, and analogous for any design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.reliability.generalizability.observations import Observations

ROUNDING = 1e-12  # of all squares: less is none, as where raters give the same


@dataclass(frozen=True)
class AnalysisOfVariance:
    """Balanced, in the order of the design's effects.

    Attributes:
        df: (E,) degrees of freedom.
        squares: (E,) sums of squares.
        expected: (E, E) of mean square A how many times component B it holds.
    """

    df: Array
    squares: Array
    expected: Array

    @property
    def mean_squares(self) -> Array:
        """(E,)."""
        return np.asarray(self.squares / self.df)

    @property
    def components(self) -> Array:
        """(E,) variances that give the mean squares; they may be negative."""
        return np.linalg.solve(self.expected, self.mean_squares)


def analysis_of_variance(seen: Observations) -> AnalysisOfVariance:
    """Mean squares of a balanced design, Brennan (2001), chapter 3.

    The sum of squares of an effect is the uncorrected one less those of all effects within its
    facets; a mean square holds each component of more facets once for each score in a cell.
    """
    effects, levels = seen.design.effects, seen.levels
    uncorrected = uncorrected_sums(seen, (seen.scores - seen.scores.mean())[:, None])[:-1, 0]
    squares = np.zeros(len(effects))
    for one, effect in enumerate(effects):
        within = [o for o, other in enumerate(effects) if other.facets < effect.facets]
        squares[one] = uncorrected[one] - squares[within].sum()
    df = [
        np.prod([levels[f] - 1 for f in e.main]) * np.prod([levels[f] for f in e.nest])
        for e in effects
    ]
    every = frozenset(seen.design.facets)
    expected = [
        [
            np.prod([levels[f] for f in every - b.facets]) if a.facets <= b.facets else 0.0
            for b in effects
        ]
        for a in effects
    ]
    squares[squares <= ROUNDING * uncorrected[-1]] = 0.0
    return AnalysisOfVariance(np.array(df), squares, np.array(expected))


def uncorrected_sums(seen: Observations, scores: Array) -> Array:
    """(E + 1, R) sums Σ_a (Σy)²/n_a over the cells of each effect and, last, of the mean.

    Args:
        seen: whose cells.
        scores: (N, R), R sets of scores at once.
    """
    sums = [np.empty(0)] * len(seen.design.effects)
    sums[-1] = scores  # one in each cell of the residual; the others are summed from finer ones
    for e, step in reversed(list(enumerate(seen.steps))):
        sums[e] = step.matrix @ sums[step.finer]
    rows = [
        np.einsum("ar,ar,a->r", each, each, 1.0 / seen.cells(effect).counts)
        for each, effect in zip(sums, seen.design.effects, strict=True)
    ]
    rows.append(scores.sum(axis=0) ** 2 / len(scores))
    return np.stack(rows)


def expectations(seen: Observations) -> Array:
    """(E + 1, E + 1): how often each uncorrected sum holds each component and, last, μ².

    Henderson's (1953) method I as Brennan (2001), eq. 7.5: Σ_a Σ_b n_ab² / n_a, with n_ab the
    scores in both cells.
    """
    effects = seen.design.effects
    one = seen.together(frozenset())
    rows = [[_shared(seen, a.facets, b.facets) for b in effects] for a in effects]
    rows.append([float(np.sum(np.square(seen.cells(b).counts))) / one.counts[0] for b in effects])
    means = np.full((len(rows), 1), float(len(seen.scores)))
    return np.hstack([np.array(rows), means])


def _shared(seen: Observations, a: frozenset[str], b: frozenset[str]) -> float:
    both, cells = seen.together(a | b), seen.together(a)
    of = np.zeros(len(both.counts), dtype=np.int64)
    of[both.of] = cells.of
    return float(np.sum(np.square(both.counts) / cells.counts[of]))


def identified(matrix: Array) -> bool:
    """False where components cannot be told apart, as of people with one score each."""
    scale = np.linalg.norm(matrix, axis=0)
    return bool(np.linalg.matrix_rank(matrix / scale, tol=1e-9) == len(matrix))


def analogous_anova(seen: Observations) -> Array:
    """(E,) components of any design by Henderson's method I; they may be negative.

    Balanced, they are those of the analysis of variance. NaN where they cannot be told apart.
    """
    matrix = expectations(seen)
    if not identified(matrix):
        return np.full(len(seen.design.effects), np.nan)
    sums = uncorrected_sums(seen, (seen.scores - seen.scores.mean())[:, None])[:, 0]
    found = np.linalg.solve(matrix, sums)[:-1]
    return np.where(np.abs(found) <= ROUNDING * seen.scores.var(), 0.0, found)

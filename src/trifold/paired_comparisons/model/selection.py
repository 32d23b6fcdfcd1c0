"""The nuclear penalty by cross-validation on pairs of clips, with the one-standard-error rule.

A pair is held out with all its dimensions and raters, and comes back into training where the
comparisons of its question would fall apart without it. Penalties are fractions of each training
set's own λ_max, from large to small with warm starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from trifold.contracts import Array
from trifold.paired_comparisons.model.comparisons import Comparisons, subset
from trifold.paired_comparisons.model.likelihood import RaterEffects, differences, log_loss
from trifold.paired_comparisons.model.solver import Gradient, largest_penalty, minimise, nuclear

FRACTIONS = (0.5, 0.35, 0.25, 0.17, 0.12, 0.085, 0.06, 0.042, 0.03, 0.015, 0.005, 0.001)
CV_TOLERANCE = 1e-4
WORSE = 5.0  # standard errors above the best at which smaller penalties are no longer tried


@dataclass(frozen=True)
class Selection:
    """What cross-validation found.

    Attributes:
        fractions: (P,) penalties tried, as fractions of λ_max.
        loss: (P, folds) held-out log loss per comparison; NaN where no longer tried.
        best: index of the smallest mean loss.
        chosen: index of the largest penalty within one standard error of it.
        differences: (M,) held-out x at the chosen penalty; NaN for pairs never held out.
        baseline: held-out log loss of scores that are all zero.
        n_kept: pairs never held out because a question's comparisons hang on them.
    """

    fractions: Array
    loss: Array
    best: int
    chosen: int
    differences: Array
    baseline: float
    n_kept: int

    @property
    def fraction(self) -> float:
        """The chosen penalty as a fraction of λ_max."""
        return float(self.fractions[self.chosen])


def fold_of_pairs(data: Comparisons, *, folds: int, seed: int) -> Array:
    """(M,) fold 0 … folds − 1 in which each comparison is held out, or −1 for never."""
    pairs, index = np.unique(data.pair, return_inverse=True)
    ends = np.stack([pairs // data.shape[0], pairs % data.shape[0]], axis=1)
    fold = np.random.default_rng(seed).permutation(len(pairs)) % folds
    for f in range(folds):
        parts = _components(ends[fold != f], data.shape[0])
        held_out = np.flatnonzero(fold == f)
        fold[held_out[_needed(parts[ends[held_out]])]] = -1
    dealt: Array = fold[index]
    return dealt


def select_penalty(
    data: Comparisons,
    effects: RaterEffects,
    *,
    folds: int = 5,
    seed: int = 0,
    fractions: tuple[float, ...] = FRACTIONS,
    ridge: float = 0.0,
    least: int = 20,
) -> Selection | None:
    """Cross-validate the penalties at the given effects (a few numbers of the whole data set).

    Args:
        data: M comparisons.
        effects: of the raters.
        folds: number of folds.
        seed: of the folds.
        fractions: of λ_max, from large to small.
        ridge: further penalty of the fits.
        least: comparisons that must be held out.

    Returns:
        What was found, or None where fewer than ``least`` comparisons can be held out.
    """
    fold = fold_of_pairs(data, folds=folds, seed=seed)
    if int((fold >= 0).sum()) < least:
        return None
    paths = [_Path(data, effects, fold, f, ridge) for f in range(folds) if (fold == f).any()]
    loss = np.full((len(fractions), len(paths)), np.nan)
    held_out: list[Array] = []
    for p, fraction in enumerate(fractions):
        loss[p] = [path.loss(fraction) for path in paths]
        held_out.append(_gather(paths, len(data)))
        means = loss[: p + 1].mean(axis=1)
        if means[-1] > means.min() + WORSE * _standard_error(loss[int(means.argmin())]):
            break
    best = int(np.nanargmin(loss.mean(axis=1)))
    limit = loss[best].mean() + _standard_error(loss[best])
    chosen = int(np.flatnonzero(loss.mean(axis=1) <= limit)[0])
    zero = effects.offset(data), effects.tie_weight[data.dimension]
    baseline = log_loss(zero[0], data.outcome, zero[1])[fold >= 0].mean()
    return Selection(
        fractions=np.array(fractions),
        loss=loss,
        best=best,
        chosen=chosen,
        differences=held_out[chosen],
        baseline=float(baseline),
        n_kept=len(np.unique(data.pair[fold == -1])),
    )


class _Path:
    """One fold: warm-started fits on the training pairs, scored on the held-out ones."""

    def __init__(
        self, data: Comparisons, effects: RaterEffects, fold: Array, f: int, ridge: float
    ) -> None:
        train = subset(data, fold != f)
        self.rows = np.flatnonzero(fold == f)
        self.held_out, self.effects = subset(data, self.rows), effects
        self._gradient = Gradient(train, effects, ridge=ridge)
        self._largest = largest_penalty(train, effects)
        self._scores: Array | None = None
        self.x = np.zeros(len(self.rows))

    def loss(self, fraction: float) -> float:
        """Mean held-out log loss at a fraction of this fold's λ_max."""
        prox = nuclear(fraction * self._largest)
        solution = minimise(self._gradient, prox, start=self._scores, tolerance=CV_TOLERANCE)
        self._scores = solution.scores
        self.x = differences(solution.scores, self.effects, self.held_out)
        ties = self.effects.tie_weight[self.held_out.dimension]
        loss = log_loss(self.x, self.held_out.outcome, ties)
        return float(np.average(loss, weights=self.held_out.weight))


def _gather(paths: list[_Path], n: int) -> Array:
    """(n,) held-out x of all folds."""
    x = np.full(n, np.nan)
    for path in paths:
        x[path.rows] = path.x
    return x


def _standard_error(losses: Array) -> float:
    return float(np.std(losses, ddof=1) / np.sqrt(len(losses))) if len(losses) > 1 else 0.0


def _needed(ends: Array) -> list[int]:
    """Of edges between components, those of a spanning forest: without them it falls apart."""
    parent: dict[int, int] = {}

    def root(part: int) -> int:
        while parent.get(part, part) != part:
            part = parent[part]
        return part

    needed = []
    for i in np.flatnonzero(ends[:, 0] != ends[:, 1]).tolist():
        first, second = root(int(ends[i, 0])), root(int(ends[i, 1]))
        if first != second:
            parent[first] = second
            needed.append(i)
    return needed


def _components(ends: Array, n: int) -> Array:
    """(n,) component of every clip in the graph of the given pairs."""
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n))
    parts: Array = connected_components(graph, directed=False)[1]
    return parts

"""How much of the spread of scores is more than noise.

Scale separation reliability ``(Var θ̂ − mean SE²) / Var θ̂`` takes the sampling variance of the
estimates; in simulations it comes within .03 of the squared correlation with the truth, except for
nuclear-norm scores of fewer than five comparisons per clip, where it is too high. Split-half
reliability needs no such assumption: two halves of the raters (or of the pairs, where raters are
unknown), fitted apart, correlated, and stepped up by Spearman and Brown. Both are too high for
pairs that were chosen adaptively: extreme clips then meet equals only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.paired_comparisons.model.comparisons import Comparisons, subset
from trifold.paired_comparisons.model.likelihood import RaterEffects
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.paired_comparisons.model.solver import Gradient, largest_penalty, minimise, nuclear

DEMANDED = 0.8
HALF_TOLERANCE = 1e-5


@dataclass(frozen=True)
class SplitHalf:
    """Scores of two halves against each other.

    Attributes:
        nuclear: (repeats, D) correlation of the halves' nuclear-norm scores.
        ridge: (repeats, D) the same for per-dimension scores.
        cross: (D, D) mean correlation of dimension a in one half with b in the other, per-dimension
            scores: free of noise that dimensions share because they were judged on one pair.
        by_rater: True when raters were divided, False when pairs were.
    """

    nuclear: Array
    ridge: Array
    cross: Array
    by_rater: bool


def separation(scores: Array, sampling: Array) -> Array:
    """(D,) scale separation reliability of (N, D) scores and their sampling variances."""
    return separation_of(scores.var(axis=0), sampling.mean(axis=0))


def separation_of(spread: Array, noise: Array) -> Array:
    """(D,) the same of (D,) variances of scores and means of their sampling variances."""
    share = np.divide(noise, spread, out=np.ones_like(spread), where=spread > 0)
    reliability: Array = np.maximum(1 - share, 0.0)
    return reliability


def spearman_brown(r: Array) -> Array:
    """Reliability of the whole from the correlation of its halves."""
    whole: Array = 2 * r / (1 + r)
    return whole


def comparisons_needed(reliability: float, given: float, wanted: float = DEMANDED) -> float:
    """How many comparisons a reliability takes, where ``given`` of them have ``reliability``.

    The sampling variance of scores falls with the number of comparisons, so that R / (1 − R) grows
    with it: the formula of Spearman (1910) and Brown (1910). Infinite where nothing is told apart.
    """
    if reliability <= 0:
        return float("inf")
    if reliability >= 1:
        return 0.0
    return given * (wanted / (1 - wanted)) / (reliability / (1 - reliability))


def split_half(
    data: Comparisons, effects: RaterEffects, *, fraction: float, repeats: int = 5, seed: int = 0
) -> SplitHalf:
    """Fit random halves apart.

    Args:
        data: M comparisons.
        effects: of the raters, as estimated on the whole.
        fraction: penalty chosen on the whole, as a fraction of λ_max. The halves take the same: a
            larger one, as their fewer comparisons would ask for, makes halves agree on what the
            penalty shares out rather than on what was judged.
        repeats: random divisions.
        seed: of the divisions.
    """
    generator = np.random.default_rng(seed)
    within: dict[str, list[Array]] = {"nuclear": [], "ridge": []}
    cross = []
    for _ in range(repeats):
        first, by_rater = _halves(data, generator)
        halves = (subset(data, first), subset(data, ~first))
        ridge = [fit_ridge(half, effects) for half in halves]
        low_rank = [_nuclear(half, effects, fraction) for half in halves]
        cross.append(_between(*ridge))
        within["ridge"].append(np.diag(cross[-1]))
        within["nuclear"].append(np.diag(_between(*low_rank)))
    mean = np.mean(cross, axis=0)
    return SplitHalf(
        nuclear=np.stack(within["nuclear"]),
        ridge=np.stack(within["ridge"]),
        cross=(mean + mean.T) / 2,
        by_rater=by_rater,
    )


def _halves(data: Comparisons, generator: np.random.Generator) -> tuple[Array, bool]:
    """(M,) bool, in the first half; by rater where all are known and there are at least two."""
    by_rater = len(data.raters) > 1 and bool((data.rater >= 0).all())
    keys = data.rater if by_rater else np.unique(data.pair, return_inverse=True)[1]
    order = generator.permutation(int(keys.max()) + 1)
    sizes = np.bincount(keys, data.weight)[order]
    first = np.cumsum(sizes) <= sizes.sum() / 2
    first[0] = True  # neither half is empty
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order[first]] = True
    return chosen[keys], by_rater


def _nuclear(half: Comparisons, effects: RaterEffects, fraction: float) -> Array:
    prox = nuclear(fraction * largest_penalty(half, effects))
    return minimise(Gradient(half, effects), prox, tolerance=HALF_TOLERANCE).scores


def _between(first: Array, second: Array) -> Array:
    """(D, D) correlations across clips; 0 where a half has no spread."""
    a, b = (scores - scores.mean(axis=0) for scores in (first, second))
    size = np.sqrt((a**2).sum(axis=0))[:, None] * np.sqrt((b**2).sum(axis=0))
    between: Array = np.divide(a.T @ b, size, out=np.zeros_like(size), where=size > 0)
    return between

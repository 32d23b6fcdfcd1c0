"""Does the evidence name what the score rests on? Deletion tests against random order.

Pieces are hidden one after the other, those that raised the score most first, and once more those
that lowered it most first. The area between the two curves (Samek et al., 2017, most against least
relevant first) is large when the order is right and 0 in the mean when it is random, whatever the
score does when anything at all is hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import wilcoxon

from trifold.contracts import Array
from trifold.scoring.attribution.attribution import Scores

STEPS = 10


def area_between(scores: Scores, values: Array, *, steps: int = STEPS) -> Array:
    """Mean over steps of the score when low pieces are hidden minus when high ones are.

    Args:
        scores: v, from (C, P) shown pieces to (C, K) scores.
        values: (P, K) contributions.
        steps: at which the curves are read, from some to all but some pieces hidden.

    Returns:
        (K,) in points of the targets' scales.
    """
    n = len(values)
    hidden = np.unique(np.linspace(0, n, steps + 2).round().astype(int))[1:-1]
    if len(hidden) == 0:
        return np.zeros(values.shape[1])
    rank = np.argsort(np.argsort(-values, axis=0, kind="stable"), axis=0)  # 0 raised it most
    high_first = rank.T[:, None] >= hidden[:, None]  # (K, S, P) shown
    low_first = rank.T[:, None] < n - hidden[:, None]
    both = np.stack([low_first, high_first])
    found = scores(both.reshape(-1, n)).reshape(*both.shape[:3], -1)  # (2, K, S, K)
    k = np.arange(values.shape[1])
    area: Array = (found[0, k, :, k] - found[1, k, :, k]).mean(axis=1)
    return area


def random_area(scores: Scores, values: Array, *, draws: int, seed: int) -> Array:
    """The same for random orders of the same pieces, mean of several draws; (K,)."""
    generator = np.random.default_rng(seed)
    orders = [generator.random(values.shape) for _ in range(draws)]
    return np.mean([area_between(scores, order) for order in orders], axis=0)


@dataclass(frozen=True)
class Faithfulness:
    """A paired comparison over candidates.

    Attributes:
        mean: area of the evidence.
        random: area of random orders.
        better: share of candidates whose evidence beats random.
        p_value: one-sided Wilcoxon signed-rank test that it does.
        n: candidates.
    """

    mean: float
    random: float
    better: float
    p_value: float
    n: int


def against_random(areas: Sequence[float], random: Sequence[float]) -> Faithfulness:
    """Areas of n candidates, in a common unit, beside those of random orders."""
    gain = np.asarray(areas) - np.asarray(random)
    same = not np.any(gain)
    return Faithfulness(
        mean=float(np.mean(areas)),
        random=float(np.mean(random)),
        better=float(np.mean(gain > 0)),
        p_value=1.0 if same else float(wilcoxon(gain, alternative="greater").pvalue),
        n=len(gain),
    )

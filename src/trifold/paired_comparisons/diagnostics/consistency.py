"""Circular triads: A over B, B over C, C over A.

Counted after Kendall and Babington Smith (1940) on the pairs that were judged, ties left out; a
pair judged several times counts in proportion. Noise alone makes some, so the count stands beside
what the scores expect and beside 1/4, the share among coin flips. More than expected means that
judges weigh different things in different pairs. Estimates spread less than the true scores do, so
the expectation is taken over draws around them, one standard error wide; in simulations it is still
too high by about .01, so an excess is an excess.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from trifold.contracts import Array
from trifold.paired_comparisons.model.blocks import Block, blocks
from trifold.paired_comparisons.model.comparisons import Comparisons
from trifold.paired_comparisons.model.likelihood import RaterEffects, probabilities

BY_CHANCE = 0.25


@dataclass(frozen=True)
class Triads:
    """Triads of one dimension over all questions.

    Attributes:
        triads: number of triples in which all three pairs were decided.
        circular: share of them that are circular; NaN where there are none.
        expected: share that the fitted scores expect.
    """

    triads: int
    circular: float
    expected: float


def circular_triads(
    data: Comparisons, scores: Array, errors: Array, effects: RaterEffects, *, seed: int = 0
) -> list[Triads]:
    """(D,) one entry per dimension.

    Args:
        data: M comparisons.
        scores: (N, D) fitted scores, on the scale of logits.
        errors: (N, D) their standard errors.
        effects: of the raters.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    drawn = scores + errors * generator.normal(size=scores.shape)
    sums = np.zeros((data.shape[1], 3))
    for block in blocks(data):
        sums[block.dimension] += _count(block, data, drawn, effects)
    return [
        Triads(
            triads=round(float(total)),
            circular=float(circular / total) if total > 0.5 else float("nan"),
            expected=float(fitted / total) if total > 0.5 else float("nan"),
        )
        for total, circular, fitted in sums
    ]


def _count(block: Block, data: Comparisons, scores: Array, effects: RaterEffects) -> Array:
    """Triads, circular ones, and expected circular ones of a block."""
    decided = ~data.tied[block.rows]
    left, right = block.left[decided], block.right[decided]
    outcome = data.outcome[block.rows[decided]]
    n = len(block.clips)
    wins = _matrix(left, right, outcome, n) + _matrix(right, left, 1 - outcome, n)
    judged = wins + wins.T
    judged.data = 1 / judged.data
    share = wins.multiply(judged).tocsr()  # of the pair's judgements, how many the row won
    own = scores[block.clips, block.dimension]
    linked = (judged > 0).astype(float).tocsr()
    first, second = linked.nonzero()
    fitted = csr_matrix((_win(own[first] - own[second], effects, block), (first, second)), (n, n))
    return np.array([_closed(linked) / 6, _closed(share) / 3, _closed(fitted) / 3])


def _win(x: Array, effects: RaterEffects, block: Block) -> Array:
    """P(first beats second) when a tie is no answer."""
    left, tie, _ = probabilities(x, float(effects.tie_weight[block.dimension]))
    decided: Array = left / np.maximum(1 - tie, 1e-12)
    return decided


def _matrix(row: Array, column: Array, value: Array, n: int) -> csr_matrix:
    return csr_matrix((value, (row, column)), shape=(n, n))


def _closed(matrix: csr_matrix) -> float:
    """tr(A³): weight of closed walks of length three."""
    return float((matrix @ matrix).multiply(matrix.T).sum())

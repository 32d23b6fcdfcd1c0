"""Whether the comparisons hang together: what scores can be told from them at all.

Within a question, scores of clips that no chain of comparisons joins are tied only by the penalty.
Finite scores without a penalty need more: a chain of wins from every clip to every other (Ford,
1957). The algebraic connectivity, second smallest eigenvalue of the Laplacian, says how firmly the
graph holds: the variance of score differences falls with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from trifold.contracts import Array
from trifold.paired_comparisons.model.blocks import Block, blocks
from trifold.paired_comparisons.model.comparisons import Comparisons

LARGEST_SPECTRUM = 1500


@dataclass(frozen=True)
class Connection:
    """How one question's clips are connected on one dimension.

    Attributes:
        question: index of the question.
        dimension: index of the dimension.
        clips: clips of the question.
        comparisons: comparisons among them.
        components: groups that no comparison joins; 1 is connected.
        win_components: groups that no chain of wins (or ties) joins both ways; above 1 the scores
            are bounded by the penalty alone.
        least: smallest number of comparisons of a clip.
        algebraic: algebraic connectivity; NaN for questions too large to compute it.
    """

    question: int
    dimension: int
    clips: int
    comparisons: int
    components: int
    win_components: int
    least: int
    algebraic: float


def connections(data: Comparisons) -> list[Connection]:
    """One entry per question and dimension."""
    return [_connection(block, data) for block in blocks(data)]


def unbounded(data: Comparisons) -> Array:
    """(N, D) bool: clips that won or lost every comparison; only the penalty keeps them finite."""
    n, d = data.shape
    gains = np.concatenate([data.outcome, 1 - data.outcome])
    cells = np.concatenate([data.left, data.right]) * d + np.tile(data.dimension, 2)
    count = np.bincount(cells, minlength=n * d)
    sums = np.bincount(cells, gains, n * d)
    extreme: Array = (count > 0) & ((sums == 0) | (sums == count))
    return extreme.reshape(n, d)


def _connection(block: Block, data: Comparisons) -> Connection:
    n = len(block.clips)
    outcome = data.outcome[block.rows]
    edges = _sparse(block.left, block.right, n)
    wins = _sparse(block.left[outcome > 0], block.right[outcome > 0], n)
    losses = _sparse(block.right[outcome < 1], block.left[outcome < 1], n)
    degree = np.bincount(np.concatenate([block.left, block.right]), minlength=n)
    return Connection(
        question=int(data.question[block.clips[0]]) if n else -1,
        dimension=block.dimension,
        clips=n,
        comparisons=len(block.rows),
        components=int(connected_components(edges, directed=False)[0]),
        win_components=int(connected_components(wins + losses, connection="strong")[0]),
        least=int(degree.min()) if n else 0,
        algebraic=_algebraic(edges, degree),
    )


def _sparse(start: Array, end: Array, n: int) -> coo_matrix:
    return coo_matrix((np.ones(len(start)), (start, end)), shape=(n, n)).tocsr()


def _algebraic(edges: coo_matrix, degree: Array) -> float:
    n = len(degree)
    if n < 2 or n > LARGEST_SPECTRUM:
        return float("nan")
    dense = edges.toarray()
    laplacian = np.diag(degree) - dense - dense.T
    return float(max(np.linalg.eigvalsh(laplacian)[1], 0.0))

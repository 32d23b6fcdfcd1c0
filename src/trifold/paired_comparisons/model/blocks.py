"""The comparisons question by question and dimension by dimension.

Questions share no clip, so each (question, dimension) is a graph of its own: clips are its nodes,
comparisons its edges, and their Fisher information is a weighted Laplacian.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from trifold.contracts import Array
from trifold.paired_comparisons.model.comparisons import Comparisons, subset
from trifold.paired_comparisons.model.likelihood import RaterEffects, variance


@dataclass(frozen=True)
class Block:
    """The comparisons of one question on one dimension.

    Attributes:
        dimension: index of the dimension.
        clips: (n,) indices of all clips of the question.
        left: (m,) row of the left clip among them.
        right: (m,) row of the right clip.
        rows: (m,) the comparisons.
    """

    dimension: int
    clips: Array
    left: Array
    right: Array
    rows: Array


def blocks(data: Comparisons) -> Iterator[Block]:
    """Every (question, dimension), also those without a comparison."""
    d = data.shape[1]
    n_questions = len(data.questions)
    members, place = _members(data)
    rows_of = _grouped(data.question[data.left] * d + data.dimension, n_questions * d)
    for g, clips in enumerate(members):
        for k in range(d):
            rows = rows_of[g * d + k]
            yield Block(k, clips, place[data.left[rows]], place[data.right[rows]], rows)


def by_question(data: Comparisons) -> Iterator[Comparisons]:
    """Each question for itself: its clips, renumbered, and the comparisons between them."""
    members, place = _members(data)
    rows_of = _grouped(data.question[data.left], len(data.questions))
    for name, clips, rows in zip(data.questions, members, rows_of, strict=True):
        only = subset(data, rows)
        yield replace(
            only,
            left=place[only.left],
            right=place[only.right],
            question=np.zeros(len(clips), dtype=np.int64),
            clips=tuple(map(data.clips.__getitem__, clips.tolist())),
            questions=(name,),
        )


def information(block: Block, scores: Array, data: Comparisons, effects: RaterEffects) -> Array:
    """(n, n) Fisher information of the block's comparisons: a weighted graph Laplacian."""
    return _laplacian(block, _weight(block, scores, data, effects), len(block.clips))


def information_among(
    block: Block, kept: Array, scores: Array, data: Comparisons, effects: RaterEffects
) -> Array:
    """(k, k) part of ``information`` for some clips, without making the whole.

    Its inverse is their covariance where the scores of all other clips count as known.

    Args:
        block: of n clips.
        kept: (k,) rows of the block's clips.
        scores: (N, D) of all clips.
        data: all comparisons.
        effects: of the raters.
    """
    weight = _weight(block, scores, data, effects)
    own = _met(block, weight)
    place = np.full(len(block.clips), -1)
    place[kept] = np.arange(len(kept))
    left, right = place[block.left], place[block.right]
    inside = (left >= 0) & (right >= 0)
    part = np.zeros((len(kept), len(kept)))
    np.add.at(part, (left[inside], right[inside]), -weight[inside])
    part += part.T
    part[np.diag_indices(len(kept))] = own[kept]
    return part


def information_alone(
    block: Block, scores: Array, data: Comparisons, effects: RaterEffects
) -> Array:
    """(n,) diagonal of ``information``: of each clip where all others count as known."""
    return _met(block, _weight(block, scores, data, effects))


def information_by_component(
    block: Block, scores: Array, data: Comparisons, effects: RaterEffects, *, largest: int
) -> Iterator[tuple[Array, Array]]:
    """The parts of ``information`` that belong to clips joined by comparisons, small parts first.

    Between clips that no chain of comparisons joins it is 0, so that every component can be
    inverted for itself. Of a question with thousands of clips most are in small ones.

    Args:
        block: of n clips.
        scores: (N, D) of all clips.
        data: all comparisons.
        effects: of the raters.
        largest: clips of a component; larger ones are left out.

    Yields:
        (g, s) rows of the block's clips in all g components of s clips, and (g, s, s) information.
    """
    n, weight = len(block.clips), _weight(block, scores, data, effects)
    edges = coo_array((np.ones(len(weight)), (block.left, block.right)), shape=(n, n))
    component = connected_components(edges, directed=False)[1]
    sizes, order = np.bincount(component), np.argsort(component, kind="stable")
    first = np.cumsum(sizes) - sizes
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n) - first[component[order]]
    whose = component[block.left]
    for size in np.unique(sizes[sizes <= largest]):
        found = np.flatnonzero(sizes == size)
        mine = sizes[whose] == size
        cell = np.searchsorted(found, whose[mine]) * size + place[block.left[mine]]
        cell = cell * size + place[block.right[mine]]
        part = np.bincount(cell, -weight[mine], len(found) * size**2).reshape(-1, size, size)
        part = part + part.transpose(0, 2, 1)
        part = part.astype(float, copy=False)  # without a comparison NumPy counts in integers
        part[:, np.arange(size), np.arange(size)] = -part.sum(axis=2)
        yield order[first[found][:, None] + np.arange(size)], part


def _met(block: Block, weight: Array) -> Array:
    """(n,) sums of (m,) weights over the comparisons that each clip takes part in."""
    n = len(block.clips)
    met: Array = np.bincount(block.left, weight, n) + np.bincount(block.right, weight, n)
    return met


def _weight(block: Block, scores: Array, data: Comparisons, effects: RaterEffects) -> Array:
    """(m,) Fisher information of each comparison of the block."""
    x, ties = _setting(block, scores[block.clips, block.dimension], data, effects)
    weight: Array = data.weight[block.rows] * variance(x, ties)
    return weight


def _setting(
    block: Block, scores: Array, data: Comparisons, effects: RaterEffects
) -> tuple[Array, float]:
    """Differences of the block's comparisons and the tie weight of its dimension."""
    own = effects.rater_side
    rater = data.rater[block.rows]
    offset = effects.side + np.where(rater >= 0, np.append(own, 0.0)[rater], 0.0)
    x = scores[block.left] - scores[block.right] + offset
    return x, float(effects.tie_weight[block.dimension])


def _laplacian(block: Block, weight: Array, n: int) -> Array:
    laplacian = np.zeros((n, n))
    np.add.at(laplacian, (block.left, block.right), -weight)
    laplacian += laplacian.T
    laplacian[np.diag_indices(n)] = -laplacian.sum(axis=1)
    return laplacian


def _members(data: Comparisons) -> tuple[list[Array], Array]:
    """Clips of each question, and the (N,) place of every clip among those of its question."""
    members = _grouped(data.question, len(data.questions))
    place = np.empty(data.shape[0], dtype=np.int64)
    for clips in members:
        place[clips] = np.arange(len(clips))
    return members, place


def _grouped(keys: Array, n: int) -> list[Array]:
    """Indices of the entries with key 0, 1, … n − 1, in order."""
    order = np.argsort(keys, kind="stable")
    ends = np.cumsum(np.bincount(keys, minlength=n))
    return np.split(order, ends[:-1])

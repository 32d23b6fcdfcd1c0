"""Pairwise judgements as arrays, and the ways to divide them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trifold.contracts import Array

LEFT_WINS, TIE, RIGHT_WINS = 1.0, 0.5, 0.0
NO_RATER = -1


@dataclass(frozen=True)
class Comparisons:
    """M judgements "left or right?" of N clips on D dimensions by R raters.

    Clips are compared only within their question. One pair that was judged on several dimensions
    gives one comparison for each.

    Attributes:
        left: (M,) index of the clip shown left (or first).
        right: (M,) index of the clip shown right (or second).
        dimension: (M,) index of the dimension judged.
        outcome: (M,) 1 where the left clip has more of the dimension, 0 the right, .5 a tie.
        rater: (M,) index of the rater, -1 where unknown.
        weight: (M,) positive weights.
        question: (N,) index of the question that each clip answers.
        clips: N clip ids.
        questions: names of the questions.
        dimensions: D names.
        raters: R names.
    """

    left: Array
    right: Array
    dimension: Array
    outcome: Array
    rater: Array
    weight: Array
    question: Array
    clips: tuple[str, ...]
    questions: tuple[str, ...]
    dimensions: tuple[str, ...]
    raters: tuple[str, ...]

    def __len__(self) -> int:
        """M."""
        return len(self.left)

    @property
    def shape(self) -> tuple[int, int]:
        """(N, D) of the scores."""
        return len(self.clips), len(self.dimensions)

    @property
    def pair(self) -> Array:
        """(M,) one number per unordered pair of clips, the same for all dimensions and raters."""
        low, high = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        numbers: Array = low * len(self.clips) + high
        return numbers

    @property
    def tied(self) -> Array:
        """(M,) bool: the rater saw no difference."""
        equal: Array = self.outcome == TIE
        return equal


COLUMNS = ("left", "right", "dimension", "outcome", "rater", "weight")


def subset(data: Comparisons, rows: Array) -> Comparisons:
    """The named comparisons (index or bool); clips, dimensions and raters stay."""
    return replace(data, **{name: getattr(data, name)[rows] for name in COLUMNS})


def among(data: Comparisons, clips: Array) -> Comparisons:
    """Some clips (increasing indices), which are renumbered, and the comparisons between them."""
    place = np.full(data.shape[0], -1, dtype=np.int64)
    place[clips] = np.arange(len(clips))
    only = subset(data, (place[data.left] >= 0) & (place[data.right] >= 0))
    return replace(
        only,
        left=place[only.left],
        right=place[only.right],
        question=data.question[clips],
        clips=tuple(data.clips[clip] for clip in clips),
    )


def one_dimension(data: Comparisons, dimension: int) -> Comparisons:
    """The comparisons on one dimension as a data set with D = 1."""
    only = subset(data, data.dimension == dimension)
    name = (data.dimensions[dimension],)
    return replace(only, dimension=np.zeros(len(only), dtype=np.int64), dimensions=name)


def mirrored(data: Comparisons) -> Comparisons:
    """Left and right exchanged, and the outcome with them: the same judgements."""
    return replace(data, left=data.right, right=data.left, outcome=1.0 - data.outcome)


def degrees(data: Comparisons) -> Array:
    """(N, D) total weight of the comparisons that each clip takes part in."""
    n, d = data.shape
    cells = np.concatenate([data.left, data.right]) * d + np.tile(data.dimension, 2)
    counted: Array = np.bincount(cells, np.tile(data.weight, 2), n * d).reshape(n, d)
    return counted


def centred(scores: Array, question: Array) -> Array:
    """(N, D) scores minus their mean within each question; what no comparison can tell is 0."""
    counts = np.maximum(np.bincount(question), 1)
    sums = np.stack([np.bincount(question, column) for column in scores.T], axis=1)
    within: Array = scores - (sums / counts[:, None])[question]
    return within


def standardized(scores: Array, question: Array) -> Array:
    """(N, D) z-scores within question; 0 where all clips of a question score the same.

    Differences of spread between questions are lost with this; keep the raw scores beside it.
    """
    within = centred(scores, question)
    spread = np.sqrt(centred_variance(within, question))[question]
    z: Array = np.divide(within, spread, out=np.zeros_like(within), where=spread > 1e-12)
    return z


def centred_variance(within: Array, question: Array) -> Array:
    """(questions, D) mean square of scores that are centred within their question."""
    counts = np.maximum(np.bincount(question), 1)
    sums = np.stack([np.bincount(question, column**2) for column in within.T], axis=1)
    variances: Array = sums / counts[:, None]
    return variances

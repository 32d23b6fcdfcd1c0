"""Which pairs to ask for next.

A comparison of i and j on a dimension tells ``log(1 + h · Var(θ_i − θ_j))`` nats about the scores
(the D-optimal gain), with h its Fisher information and Var from the per-dimension posterior. Pairs
are taken greedily, and every choice updates the covariances as if it had been judged, so a batch
does not ask the same thing many times. Clips that hardly met anybody come first by themselves; of
a question with very many, only those that met the fewest are looked at, and all others count as
known.

Caveat: pairs chosen this way are pairs of near equals. Reliability and split-half figures computed
from them are inflated (Bramley, 2015); report those of randomly chosen pairs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.paired_comparisons.model.blocks import blocks, information, information_among
from trifold.paired_comparisons.model.comparisons import Comparisons, degrees
from trifold.paired_comparisons.model.likelihood import RaterEffects, variance
from trifold.paired_comparisons.model.ridge import PRECISION

CAVEAT = (
    "Reliability computed from actively chosen pairs is inflated, because they set near equals "
    "against each other; judge it on randomly chosen pairs."
)
LARGEST_QUESTION = 1000  # clips of which pairs are searched exhaustively


@dataclass(frozen=True)
class Suggestion:
    """A pair worth judging.

    Attributes:
        left: index of a clip.
        right: index of the other.
        gain: expected information over all dimensions, in nats.
    """

    left: int
    right: int
    gain: float


def next_pairs(
    data: Comparisons,
    scores: Array,
    effects: RaterEffects,
    *,
    count: int,
    precision: float = PRECISION,
    seed: int = 0,
    closed: Collection[tuple[int, int]] = (),
    largest: int = LARGEST_QUESTION,
) -> list[Suggestion]:
    """The ``count`` most informative pairs, each to be judged on all dimensions.

    Args:
        data: the comparisons so far.
        scores: (N, D) per-dimension ridge scores.
        effects: of the raters.
        count: pairs to ask for; fewer where there are not so many.
        precision: of the prior.
        seed: of the choice of side, and of the order of clips that are alike.
        closed: pairs of clips that are not to be asked, in either order.
        largest: clips of a question of which pairs are searched; of more, those that were compared
            least.
    """
    generator = np.random.default_rng(seed)
    candidates = _questions(data, scores, effects, precision, generator, largest)
    for question in candidates:
        question.close(closed)
    chosen: list[Suggestion] = []
    while candidates and len(chosen) < count:
        best = max(candidates, key=lambda one: one.gain)
        if best.gain <= 0:
            break
        left, right = generator.permutation(best.pair)
        chosen.append(Suggestion(int(left), int(right), best.gain))
        best.judge()
    return chosen


class _Question:
    """Covariances of one question's clips on all dimensions, and its best pair."""

    def __init__(self, clips: Array, covariance: Array, h: Array) -> None:
        self.clips, self._covariance, self._h = clips, covariance, h  # (n,), (D, n, n), (D, n, n)
        self._open = np.triu(np.ones((len(clips), len(clips)), dtype=bool), 1)
        self._search()

    @property
    def pair(self) -> Array:
        """Indices of the best pair's clips."""
        best: Array = self.clips[list(self._best)]
        return best

    def judge(self) -> None:
        """Update the covariances as if the best pair had been judged; it is not asked again."""
        i, j = self._best
        self._open[i, j] = False
        spread = self._covariance[:, :, i] - self._covariance[:, :, j]  # (D, n)
        h = self._h[:, i, j]
        shrink = h / (1 + h * (spread[:, i] - spread[:, j]))
        self._covariance -= shrink[:, None, None] * spread[:, :, None] * spread[:, None, :]
        self._search()

    def close(self, pairs: Collection[tuple[int, int]]) -> None:
        """Pairs that are not to be asked."""
        place = {int(clip): i for i, clip in enumerate(self.clips)}
        inside = [(place[a], place[b]) for a, b in pairs if a in place and b in place]
        for i, j in inside:
            self._open[min(i, j), max(i, j)] = False
        if inside:
            self._search()

    def _search(self) -> None:
        own = np.diagonal(self._covariance, axis1=1, axis2=2)
        difference = own[:, :, None] + own[:, None, :] - 2 * self._covariance
        gains = np.log1p(self._h * np.maximum(difference, 0)).sum(axis=0)
        gains = np.where(self._open, gains, 0.0)
        best = np.unravel_index(int(gains.argmax()), gains.shape)
        self._best = int(best[0]), int(best[1])
        self.gain = float(gains[self._best])


def _questions(
    data: Comparisons,
    scores: Array,
    effects: RaterEffects,
    precision: float,
    generator: np.random.Generator,
    largest: int,
) -> list[_Question]:
    everything, d = list(blocks(data)), data.shape[1]
    met, built = degrees(data).sum(axis=1), []
    for question in (everything[g : g + d] for g in range(0, len(everything), d)):
        clips = question[0].clips
        if len(clips) < 2:
            continue
        kept = generator.permutation(len(clips))
        if len(clips) > largest:
            kept = kept[np.argsort(met[clips[kept]], kind="stable")][:largest]
        covariance, h = [], []
        for block in question:
            if len(clips) > largest:
                fisher = information_among(block, kept, scores, data, effects)
                covariance.append(np.linalg.inv(fisher + precision * np.eye(len(kept))))
            else:
                fisher = information(block, scores, data, effects)
                inverse = np.linalg.inv(fisher + precision * np.eye(len(kept)))
                covariance.append(inverse[np.ix_(kept, kept)])
            own = scores[clips[kept], block.dimension]
            x = own[:, None] - own[None, :]
            h.append(variance(x, float(effects.tie_weight[block.dimension])))
        built.append(_Question(clips[kept], np.stack(covariance), np.stack(h)))
    return built

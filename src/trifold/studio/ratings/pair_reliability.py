"""How reliable the scores of paired comparisons are, found once for each state of a question."""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Lock

import numpy as np
from threadpoolctl import threadpool_limits

from trifold.contracts import Array
from trifold.paired_comparisons.diagnostics.reliability import comparisons_needed, separation_of
from trifold.paired_comparisons.model.blocks import by_question
from trifold.paired_comparisons.model.comparisons import Comparisons, one_dimension
from trifold.paired_comparisons.model.likelihood import RaterEffects, no_effects
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.paired_comparisons.model.uncertainty import ridge_uncertainty

FEWEST = 3  # recordings, below which there is no spread of scores to speak of
QUESTIONS = 20_000  # on one target, of which two figures are kept
STEP, LEAST = 1.05, 0.1  # ratio of ties' weights + LEAST at which figures are found
Figures = tuple[float, float]


@dataclass(frozen=True)
class PairReliability:
    """Of the scores that comparisons give on one target.

    Attributes:
        reliability: separation; NaN where nothing was compared.
        given: comparisons.
        more: that it would take for ``wanted``; infinite where nobody is told apart.
        wanted: reliability.
    """

    reliability: float
    given: int
    more: float
    wanted: float


def reliabilities(data: Comparisons, wanted: float) -> dict[str, PairReliability]:
    """Target to how reliable its scores are and what more comparisons would bring."""
    counts = np.bincount(data.dimension, minlength=data.shape[1])
    found = np.full(data.shape[1], np.nan)
    if len(data) and len(data.clips) >= FEWEST:
        found = _separation(data)
    result = {}
    for k, name in enumerate(data.dimensions):
        value, given = (float(found[k]) if counts[k] else float("nan")), int(counts[k])
        needed = comparisons_needed(value, given, wanted) if given else float("nan")
        more = float(np.ceil(max(needed - given, 0.0))) if np.isfinite(needed) else needed
        result[name] = PairReliability(value, given, more, wanted)
    return result


def _separation(data: Comparisons) -> Array:
    """(D,) reliability of each target's scores.

    Questions share no score and targets are fitted alone, so that a judgement changes what was
    found of its question on its targets. The weight of ties is that of all questions, which every
    tie changes a little: what was found at the two weights of a grid around it is interpolated.
    """
    spread, noise = np.zeros((2, data.shape[1]))
    weights = no_effects(data).tie_weight
    with threadpool_limits(limits=1):
        for question in by_question(data):
            for k, weight in enumerate(weights.tolist()):
                one = one_dimension(question, k)
                for share, at in _around(weight) if len(one) else ():
                    found = _KEPT.of(_digest(one, at), partial(_spread, one, at))
                    spread[k] += share * found[0]
                    noise[k] += share * found[1]
    return separation_of(spread / len(data.clips), noise / len(data.clips))


def _around(weight: float) -> list[tuple[float, float]]:
    """Shares that sum to 1, and weights of ties: figures hardly differ between two of these."""
    place = math.log(1 + weight / LEAST, STEP)
    low = math.floor(place)
    both = [(low + 1 - place, low), (place - low, low + 1)]
    return [(share, LEAST * (STEP**n - 1)) for share, n in both if share > 0]


def _spread(data: Comparisons, tie_weight: float) -> tuple[float, float]:
    """Sums over the clips of one question on one target: squares of scores, sampling variances."""
    effects = RaterEffects(0.0, np.zeros(len(data.raters)), np.array([tie_weight]))
    scores = fit_ridge(data, effects)  # which are centred within the question
    sampling = ridge_uncertainty(data, scores, effects).sampling
    return float((scores**2).sum()), float(sampling.sum())


def _digest(data: Comparisons, tie_weight: float) -> bytes:
    """Of all that ``_spread`` is computed from."""
    said = hashlib.sha256(repr((len(data.clips), tie_weight)).encode())
    for column in (data.left, data.right, data.outcome):
        said.update(repr(len(column)).encode() + np.ascontiguousarray(column).tobytes())
    return said.digest()


class _Kept:
    """What was found, by the digest of what it was computed from; the oldest is forgotten."""

    def __init__(self, most: int) -> None:
        self._most, self._found = most, OrderedDict[bytes, Figures]()
        self._lock = Lock()

    def of(self, digest: bytes, find: Callable[[], Figures]) -> Figures:
        """What is kept; else it is found, which two may do at once."""
        with self._lock:
            known = self._found.get(digest)
            if known is not None:
                self._found.move_to_end(digest)
                return known
        found = find()
        with self._lock:
            self._found[digest] = found
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        return found


_KEPT = _Kept(QUESTIONS)  # pages are opened more often than comparisons come in

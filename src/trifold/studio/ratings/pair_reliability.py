"""How reliable the scores of paired comparisons are, found once for each state of a question."""

from __future__ import annotations

import hashlib
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
from trifold.paired_comparisons.model.comparisons import Comparisons
from trifold.paired_comparisons.model.likelihood import RaterEffects, no_effects
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.paired_comparisons.model.uncertainty import ridge_uncertainty

FEWEST = 3  # recordings, below which there is no spread of scores to speak of
QUESTIONS = 4096  # of which figures are kept: two numbers a target


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

    Questions share no score, so that a judgement changes what was found of its own question alone,
    unless it is a tie, or ties came before: their share in a target is that of all questions.
    """
    effects = no_effects(data)
    squares, noise = np.zeros((2, data.shape[1]))
    with threadpool_limits(limits=1):
        for one in by_question(data):
            if len(one):
                spread, sampling = _KEPT.of(_digest(one, effects), partial(_spread, one, effects))
                squares += spread
                noise += sampling
    return separation_of(squares / len(data.clips), noise / len(data.clips))


def _spread(data: Comparisons, effects: RaterEffects) -> tuple[Array, Array]:
    """(D,) sums over the clips of one question: squares of scores, and sampling variances."""
    scores = fit_ridge(data, effects)  # which are centred within the question
    sampling = ridge_uncertainty(data, scores, effects).sampling
    return (scores**2).sum(axis=0), sampling.sum(axis=0)


def _digest(data: Comparisons, effects: RaterEffects) -> bytes:
    """Of all that ``_spread`` is computed from."""
    said = hashlib.sha256(repr(data.shape).encode())
    columns = (data.left, data.right, data.dimension, data.outcome, effects.tie_weight)
    for column in columns:
        said.update(repr(len(column)).encode() + np.ascontiguousarray(column).tobytes())
    return said.digest()


class _Kept:
    """What was found, by the digest of what it was computed from; the oldest is forgotten."""

    def __init__(self, most: int) -> None:
        self._most, self._found = most, OrderedDict[bytes, tuple[Array, Array]]()
        self._lock = Lock()

    def of(self, digest: bytes, find: Callable[[], tuple[Array, Array]]) -> tuple[Array, Array]:
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

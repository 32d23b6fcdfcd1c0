"""Which pair of answers a rater compares next, chosen while the rater waits."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from itertools import combinations

import numpy as np
from threadpoolctl import threadpool_limits

from trifold.contracts import Array
from trifold.paired_comparisons.diagnostics.active import next_pairs
from trifold.paired_comparisons.model.comparisons import Comparisons, among, degrees
from trifold.paired_comparisons.model.likelihood import no_effects
from trifold.studio.ratings.pairs import Judged, scores_of

SHORTLIST = 8  # of the best pairs, of which each rater takes another
LARGEST = 150  # answers of which pairs are searched
Pair = tuple[int, int]


def next_pair(found: Judged, *, rater: str) -> tuple[str, str] | None:
    """The pair of recordings that this rater should see next; None where all were shown.

    Each rater takes another of the best few: twenty at once would all get the best one. Of more
    than ``LARGEST`` answers, pairs are searched in the questions that were compared least.
    """
    data, own = found.data, found.pairs.get(rater, set())
    if len(data.clips) < 2 or not data.dimensions:
        return None
    drawn = int.from_bytes(hashlib.sha256(f"{rater}\x00{len(own)}".encode()).digest()[:4])
    closed = _closed(found, own)
    clips = np.arange(len(data.clips))
    if len(clips) > LARGEST:
        searched = _least_compared(data, closed, seed=drawn)
        clips = np.flatnonzero(np.isin(data.question, searched))
        data, closed = among(data, clips), _within(closed, clips, len(data.clips))
    shut = set(map(tuple, closed.tolist()))
    best = _best(data, shut, seed=drawn) or _any(data, shut)
    if not best:
        return None
    left, right = best[drawn % len(best)]
    return data.clips[left], data.clips[right]


def _best(data: Comparisons, closed: set[Pair], *, seed: int) -> list[Pair]:
    """The most informative pairs."""
    with threadpool_limits(limits=1):
        found = next_pairs(
            data,
            scores_of(data),
            no_effects(data),
            count=SHORTLIST,
            seed=seed,
            closed=closed,
            largest=LARGEST,
        )
    return [(one.left, one.right) for one in found]


def _any(data: Comparisons, closed: set[Pair]) -> list[Pair]:
    """One pair that is open; of a large question not all were looked at."""
    for question in range(len(data.questions)):
        for pair in combinations(np.flatnonzero(data.question == question).tolist(), 2):
            if pair not in closed:
                return [pair]
    return []


def _closed(found: Judged, own: Collection[Pair]) -> Array:
    """(P, 2) pairs of clips that are not asked, each once and the lower clip first."""
    n = len(found.people)
    pairs = np.array([*own, *_alone(found)], dtype=np.int64).reshape(-1, 2)
    numbers = np.unique(pairs.min(axis=1) * n + pairs.max(axis=1))
    return np.stack(np.divmod(numbers, n), axis=1)


def _alone(found: Judged) -> list[Pair]:
    """Pairs of answers of one person to one question, which are not compared."""
    numbers = {person: p for p, person in enumerate(dict.fromkeys(found.people))}
    person = np.array([numbers[one] for one in found.people])
    cell = person * len(found.data.questions) + found.data.question
    _, whose, count = np.unique(cell, return_inverse=True, return_counts=True)
    theirs: dict[int, list[int]] = {}
    for clip in np.flatnonzero(count[whose] > 1).tolist():
        theirs.setdefault(whose[clip], []).append(clip)
    return [pair for clips in theirs.values() for pair in combinations(clips, 2)]


def _least_compared(data: Comparisons, closed: Array, *, seed: int) -> list[int]:
    """Questions with a pair that is open, the least compared first, as many as are searched."""
    n = np.bincount(data.question, minlength=len(data.questions))
    first, second = data.question[closed].T
    left = n * (n - 1) // 2 - np.bincount(first[first == second], minlength=len(n))
    met = np.bincount(data.question, degrees(data).sum(axis=1), len(n)) / np.maximum(n, 1)
    order = np.random.default_rng(seed).permutation(len(n))
    asked = [int(q) for q in order[np.argsort(met[order], kind="stable")] if left[q] > 0]
    before = np.cumsum([0, *n[asked]])[:-1]
    return [q for q, earlier in zip(asked, before, strict=True) if earlier + n[q] <= LARGEST] or (
        asked[:1]
    )


def _within(closed: Array, clips: Array, n: int) -> Array:
    """The pairs that lie among some of n clips, which are renumbered."""
    place = np.full(n, -1)
    place[clips] = np.arange(len(clips))
    moved = place[closed]
    inside: Array = moved[(moved >= 0).all(axis=1)]
    return inside

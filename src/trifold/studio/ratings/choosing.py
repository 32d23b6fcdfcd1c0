"""Which pair of answers a rater compares next, chosen while the rater waits."""

from __future__ import annotations

import hashlib
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
    closed = {(min(pair), max(pair)) for pair in own} | _alone(found)
    clips = np.arange(len(data.clips))
    if len(clips) > LARGEST:
        searched = _least_compared(data, closed, seed=drawn)
        clips = np.flatnonzero(np.isin(data.question, searched))
        data, closed = among(data, clips), _within(closed, clips)
    best = _best(data, closed, seed=drawn) or _any(data, closed)
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


def _alone(found: Judged) -> set[Pair]:
    """Pairs of answers of one person to one question, which are not compared."""
    theirs: dict[tuple[str, int], list[int]] = {}
    for clip, (person, question) in enumerate(
        zip(found.people, found.data.question.tolist(), strict=True)
    ):
        theirs.setdefault((person, question), []).append(clip)
    return {pair for clips in theirs.values() for pair in combinations(clips, 2)}


def _least_compared(data: Comparisons, closed: set[Pair], *, seed: int) -> list[int]:
    """Questions with a pair that is open, the least compared first, as many as are searched."""
    n = np.bincount(data.question, minlength=len(data.questions))
    inside = [data.question[a] for a, b in closed if data.question[a] == data.question[b]]
    left = n * (n - 1) // 2 - np.bincount(np.array(inside, dtype=np.int64), minlength=len(n))
    met = np.bincount(data.question, degrees(data).sum(axis=1), len(n)) / np.maximum(n, 1)
    order = np.random.default_rng(seed).permutation(len(n))
    asked = [int(q) for q in order[np.argsort(met[order], kind="stable")] if left[q] > 0]
    before = np.cumsum([0, *n[asked]])[:-1]
    return [q for q, earlier in zip(asked, before, strict=True) if earlier + n[q] <= LARGEST] or (
        asked[:1]
    )


def _within(closed: set[Pair], clips: Array) -> set[Pair]:
    place = {clip: i for i, clip in enumerate(clips.tolist())}
    return {(place[a], place[b]) for a, b in closed if a in place and b in place}

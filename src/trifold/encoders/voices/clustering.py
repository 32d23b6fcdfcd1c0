"""How many voices there are among stretches of speech, and whose each is.

Two voices are found only where they are far apart: one person split in two would lose words.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from trifold.contracts import Array

MOST_STRETCHES = 2500  # that are compared in pairs; of more, so many are taken evenly


class Apart(NamedTuple):
    """From when on voices are two; distances are one minus cosines.

    Attributes:
        stretches: mean distance between the stretches of two groups.
        voices: distance between the means of two groups.
        least_s: seconds that a voice speaks at least; less is a laugh or a noise.
        least_share: likewise, of all speech.
    """

    stretches: float = 0.38
    voices: float = 0.28
    least_s: float = 1.5
    least_share: float = 0.02


def voices_among(vectors: Array, seconds: Array, apart: Apart) -> Array:
    """(K, D) of length 1, the mean vector of each voice; one row where all sound alike.

    Average linkage (Sokal and Michener 1958) of cosines groups the stretches; groups whose means
    are near are joined, the nearest first; small groups are no voices.

    Args:
        vectors: (n, D) of length 1, n of 1 at least.
        seconds: (n,) that each stands for.
        apart: thresholds.
    """
    taken = np.unique(np.linspace(0, len(vectors) - 1, MOST_STRETCHES).astype(int))
    taken = taken if len(vectors) > MOST_STRETCHES else np.arange(len(vectors))
    if len(taken) < 2:
        return _unit(vectors[:1])
    tree = linkage(vectors[taken], "average", "cosine")
    group = fcluster(tree, apart.stretches, "distance")
    sums = np.stack([vectors[taken][group == g].sum(axis=0) for g in np.unique(group)])
    lengths = np.array([seconds[taken][group == g].sum() for g in np.unique(group)])
    least_s = max(apart.least_s * lengths.sum() / seconds.sum(), apart.least_share * lengths.sum())
    kept = lengths >= least_s
    if not kept.any():
        return _unit(vectors.mean(axis=0, keepdims=True))
    return _unit(_joined(sums[kept], apart.voices))


def _joined(sums: Array, nearest: float) -> Array:
    """The sums of groups, those of near means added up."""
    while len(sums) > 1:
        means = _unit(sums)
        distance = 1 - means @ means.T + 2 * np.eye(len(means))
        i, j = np.unravel_index(distance.argmin(), distance.shape)
        if distance[i, j] >= nearest:
            break
        together = sums[i] + sums[j]
        sums = np.concatenate([np.delete(sums, [i, j], axis=0), together[None]])
    return sums


def likeliest(likeness: Array, switch: Array) -> Array:
    """(n,) the voice of each stretch by Viterbi's algorithm: what is near in time is one voice.

    Args:
        likeness: (n, K) cosines to each voice.
        switch: (n,) what another voice than in the stretch before costs.
    """
    n, k = likeness.shape
    best, came = likeness[0].copy(), np.zeros((n, k), int)
    for row in range(1, n):
        moved = best[:, None] - switch[row] * (1 - np.eye(k))
        came[row] = moved.argmax(axis=0)
        best = moved.max(axis=0) + likeness[row]
    voice = np.zeros(n, int)
    voice[-1] = best.argmax()
    for row in range(n - 1, 0, -1):
        voice[row - 1] = came[row, voice[row]]
    return voice


def _unit(vectors: Array) -> Array:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Array = vectors / np.maximum(length, 1e-9)
    return unit

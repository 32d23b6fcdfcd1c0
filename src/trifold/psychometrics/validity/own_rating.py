"""Does a score say its own rating: beside the others' ratings, given them, and given length?

All correlations are of ranks, as Spearman's: what is asked is whom a score puts before whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.counted import counted_ranks, counted_spearman
from trifold.psychometrics.evaluation import by_name, number, summary, with_mean
from trifold.psychometrics.replicates import Replicates, draws_of, replicate

SINGULAR = 1e-5  # eigenvalue of correlations below which one rating follows from the others


def own_and_others(
    preds: Array,
    labels: Array,
    names: Sequence[str],
    *,
    resamples: int,
    seed: int,
    groups: Sequence[str],
    constant: Array,
) -> dict[str, Any] | None:
    """The heterotrait-heteromethod part of a multitrait-multimethod matrix, and what is its own.

    Campbell & Fiske (1959) ask that scores of a trait correlate with ratings of that trait more
    than with ratings of others. The partial correlation with its own rating, all other ratings held
    constant, says what a score knows beyond what the ratings share; it is what multiple regression
    of the score on all ratings gives, β √(1/g) / √(β²/g + 1 − R²) with g its rating's diagonal
    element of the inverse correlations (Cohen et al. 2003, ch. 3).

    Args:
        preds: (S, B, K) scores.
        labels: (B, K); rows with all ratings count.
        names: K targets.
        resamples: bootstrap draws of people and repeats, see ``replicates``.
        seed: of the draws.
        groups: (B,) person of each row.
        constant: (K,) bool, True where everybody has the same score.

    Returns:
        ``n`` rows and ``per_target``: name to ``own``, ``other`` with its ``target``,
        ``difference`` (own less other) and ``partial``, each with ``rho``, ``low`` and ``high``;
        None for fewer than two targets, or fewer people than three more than targets.
    """
    rows, k = np.isfinite(labels).all(axis=1), len(names)
    if k < 2 or len({groups[i] for i in np.flatnonzero(rows).tolist()}) < k + 3:
        return None
    draws = draws_of(
        int(rows.sum()),
        resamples=resamples,
        seed=seed,
        groups=[one for one, used in zip(groups, rows, strict=True) if used],
    )

    def statistic(s: int, counts: Array) -> Array:
        cross, among = _rank_correlations(preds[s, rows], labels[rows], counts)
        cross[:, constant] = np.nan
        return np.concatenate([cross.reshape(len(cross), -1), _partial(cross, among)], axis=1)

    found = replicate(statistic, draws, repeats=len(preds))
    return {
        "n": int(rows.sum()),
        "per_target": {name: _of_target(found, i, names) for i, name in enumerate(names)},
    }


def _of_target(found: Replicates, i: int, names: Sequence[str]) -> dict[str, Any]:
    """Own, best other, difference and partial of one target."""
    k = len(names)
    others = np.delete(np.arange(k), i)
    values = found.point[i * k + others]
    best = int(others[np.nanargmax(values)]) if np.isfinite(values).any() else int(others[0])
    own, other = np.array([i * k + i]), np.array([i * k + best])
    return {
        "own": _told(found.columns(own)),
        "other": {"target": names[best], **_told(found.columns(other))},
        "difference": _told(found.columns(own).minus(found.columns(other))),
        "partial": _told(found.columns(np.array([k * k + i]))),
    }


def _told(found: Replicates) -> dict[str, float | None]:
    low, high = found.interval()
    ends = {"rho": found.point[0], "low": low[0], "high": high[0]}
    return {name: number(value) for name, value in ends.items()}


def _rank_correlations(preds: Array, labels: Array, counts: Array) -> tuple[Array, Array]:
    """(r, K, K) of scores with ratings, and of ratings among themselves."""
    middle, root = (counts.sum(axis=0) + 1) / 2, np.sqrt(counts)
    sides = []
    for values in (preds, labels):
        ranks = [(counted_ranks(column, counts) - middle) * root for column in values.T]
        z = np.stack(ranks).transpose(2, 0, 1)  # (r, K, n)
        size = np.sqrt(np.einsum("rkn,rkn->rk", z, z))[:, :, None]
        sides.append(np.where(size > 0, z / np.where(size > 0, size, 1), np.nan))
    rated = sides[1].transpose(0, 2, 1)
    return (sides[0] @ rated).astype(float), (sides[1] @ rated).astype(float)


def _partial(cross: Array, among: Array) -> Array:
    """(r, K) partial correlation of each score with its own rating, all other ratings constant."""
    sound = np.isfinite(among).all(axis=(1, 2))
    usable = np.where(sound[:, None, None], among, np.eye(among.shape[1]))
    sound &= np.linalg.eigvalsh(usable)[:, 0] > SINGULAR
    inverse = np.linalg.inv(np.where(sound[:, None, None], usable, np.eye(among.shape[1])))
    beta = cross @ inverse
    left = np.clip(1 - (beta * cross).sum(axis=2), 0, None)
    g = np.diagonal(inverse, axis1=1, axis2=2)
    own = np.diagonal(beta, axis1=1, axis2=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        partial = own / np.sqrt(g) / np.sqrt(own**2 / g + left)
    return np.where(sound[:, None], partial, np.nan)


def given_length(
    preds: Array,
    labels: Array,
    words: Array,
    names: Sequence[str],
    *,
    resamples: int,
    seed: int,
    groups: Sequence[str],
    constant: Array,
) -> dict[str, Any] | None:
    """Partial rank correlation of score and rating, the number of words held constant.

    (ρ_sr − ρ_sw ρ_rw) / √((1 − ρ_sw²)(1 − ρ_rw²)); any increasing function of the number of words,
    such as its logarithm, gives the same.

    Args:
        preds: (S, B, K) scores.
        labels: (B, K), NaN where unrated.
        words: (B,) spoken words, NaN where unknown; such rows do not count.
        names: K targets.
        resamples: bootstrap draws of people and repeats, see ``replicates``.
        seed: of the draws.
        groups: (B,) person of each row.
        constant: (K,) bool, True where everybody has the same score.

    Returns:
        as a metric of ``evaluation.evaluate``, and ``words_and_scores`` and ``words_and_ratings``
        by target; None where words are unknown.
    """
    rows = np.isfinite(words)
    if not rows.any():
        return None
    own = [one for one, used in zip(groups, rows, strict=True) if used]
    draws = draws_of(int(rows.sum()), resamples=resamples, seed=seed, groups=own)
    said, rated = words[rows], labels[rows]

    def statistic(s: int, counts: Array) -> Array:
        parts = [
            _three(preds[s, rows, k], y, said, counts) * (np.nan if constant[k] else 1.0)
            for k, y in enumerate(rated.T)
        ]
        partial, scores, ratings = (np.stack(one, axis=1) for one in zip(*parts, strict=True))
        return np.concatenate([with_mean(partial), scores, ratings], axis=1)

    found, k = replicate(statistic, draws, repeats=len(preds)), len(names)
    rest = found.point[k + 1 :]
    return {
        **summary(found.columns(slice(0, k + 1)), names),
        "n": int(rows.sum()),
        "words_and_scores": by_name(names, rest[:k]),
        "words_and_ratings": by_name(names, rest[k:]),
    }


def _three(scores: Array, ratings: Array, words: Array, counts: Array) -> Array:
    """(3, r) partial correlation, and words with scores and with ratings."""
    seen = np.isfinite(ratings)
    if not seen.any():
        return np.full((3, counts.shape[1]), np.nan)
    s, y, w, n = scores[seen], ratings[seen], words[seen], counts[seen]
    own, with_scores, with_ratings = (
        counted_spearman(a, b, n) for a, b in ((s, y), (s, w), (y, w))
    )
    left = (1 - with_scores**2) * (1 - with_ratings**2)
    some = left > SINGULAR
    partial = (own - with_scores * with_ratings) / np.sqrt(np.where(some, left, 1))
    return np.stack([np.where(some, partial, np.nan), with_scores, with_ratings])

"""Splits by candidate, never by clip."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.model_selection import KFold

from src.contracts import Array, Split
from src.errors import InputError

NAMES: tuple[Split, ...] = ("train", "val", "test")


def split_by_candidate(
    candidate_ids: Sequence[str], *, fractions: Sequence[float] = (0.6, 0.2, 0.2), seed: int = 0
) -> dict[str, Split]:
    """Deal candidates to train, val and test.

    The order comes from a hash of seed and id, so it does not depend on the order of the input, and
    removing a candidate hardly moves the others.

    Args:
        candidate_ids: ids; repeated ones count once.
        fractions: shares of train, val and test, summing to 1.
        seed: of the hash.

    Raises:
        InputError: when the fractions are not three shares that sum to 1.
    """
    if len(fractions) != len(NAMES) or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
        raise InputError(expected="three shares that sum to 1", got=str(list(fractions)))
    people = sorted(set(candidate_ids), key=lambda person: (_digest(person, seed), person))
    ends = np.round(np.cumsum(fractions) * len(people)).astype(int)
    starts = [0, *ends[:-1].tolist()]
    return {
        person: name
        for name, start, end in zip(NAMES, starts, ends.tolist(), strict=True)
        for person in people[start:end]
    }


def k_folds(candidate_ids: Sequence[str], *, folds: int, seed: int) -> list[tuple[Array, Array]]:
    """scikit-learn's ``KFold(folds, shuffle=True, random_state=seed)`` over candidates as given.

    Returns:
        (train rows, test rows) per fold.

    Raises:
        InputError: when an id occurs twice or there are fewer candidates than folds.
    """
    if len(set(candidate_ids)) != len(candidate_ids):
        raise InputError(expected="each candidate once", got="repeated ids")
    if not 2 <= folds <= len(candidate_ids):
        raise InputError(expected=f"2 to {len(candidate_ids)} folds", got=str(folds))
    return list(KFold(folds, shuffle=True, random_state=seed).split(list(candidate_ids)))


def count(splits: Mapping[str, Split]) -> dict[Split, int]:
    """Candidates per split."""
    values = list(splits.values())
    return {name: values.count(name) for name in NAMES}


def _digest(person: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\x00{person}".encode()).hexdigest()

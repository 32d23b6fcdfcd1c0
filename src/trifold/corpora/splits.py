"""Splits by person: never by clip, nor by candidate where a person gives several."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from sklearn.model_selection import KFold

from trifold.contracts import Array, Split
from trifold.errors import InputError

NAMES: tuple[Split, ...] = ("train", "val", "test")


def alone(candidate_ids: Iterable[str]) -> dict[str, str]:
    """Candidates who are people themselves, as ``split_by_person`` takes them."""
    return {candidate: candidate for candidate in candidate_ids}


def split_by_person(
    people: Mapping[str, str], *, fractions: Sequence[float] = (0.6, 0.2, 0.2), seed: int = 0
) -> dict[str, Split]:
    """Deal candidates to train, val and test, all candidates of one person to the same.

    The order comes from a hash of seed and id, so it does not depend on the order of the input, and
    removing a candidate hardly moves the others.

    Args:
        people: candidate to the person whose it is.
        fractions: shares of train, val and test in people, summing to 1.
        seed: of the hash.

    Raises:
        InputError: when the fractions are not three shares that sum to 1.
    """
    if len(fractions) != len(NAMES) or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
        raise InputError(expected="three shares that sum to 1", got=str(list(fractions)))
    candidates: dict[str, list[str]] = {}
    for candidate, person in people.items():
        candidates.setdefault(person, []).append(candidate)
    drawn = {p: hashlib.sha256(f"{seed}\x00{p}".encode()).hexdigest() for p in candidates}
    order = sorted(candidates, key=lambda person: (drawn[person], person))
    ends = np.round(np.cumsum(fractions) * len(order)).astype(int)
    starts = [0, *ends[:-1].tolist()]
    return {
        candidate: name
        for name, start, end in zip(NAMES, starts, ends.tolist(), strict=True)
        for person in order[start:end]
        for candidate in candidates[person]
    }


def k_folds(people: Sequence[str], *, folds: int, seed: int) -> list[tuple[Array, Array]]:
    """scikit-learn's ``KFold(folds, shuffle=True, random_state=seed)`` over people as they appear.

    Args:
        people: whose each row is.
        folds: of people.
        seed: of the shuffle.

    Returns:
        (train rows, test rows) per fold; the rows of one person are never in both.

    Raises:
        InputError: when there are fewer people than folds.
    """
    names, person = np.unique(list(people), return_inverse=True)
    _, first = np.unique(person, return_index=True)
    order = np.argsort(np.argsort(first))[person]  # people numbered as they appear
    if not 2 <= folds <= len(names):
        raise InputError(expected=f"2 to {len(names)} folds", got=str(folds))
    parts = KFold(folds, shuffle=True, random_state=seed).split(np.arange(len(names)))
    tested = [np.isin(order, test) for _, test in parts]
    return [(np.flatnonzero(~test), np.flatnonzero(test)) for test in tested]


def count(splits: Mapping[str, Split]) -> dict[Split, int]:
    """Candidates per split."""
    values = list(splits.values())
    return {name: values.count(name) for name in NAMES}

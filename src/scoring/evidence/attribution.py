"""Contributions of pieces to scores that add up to the score minus the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Protocol

import numpy as np

from src.contracts import Array

Scores = Callable[[Array], Array]  # (C, P) bool to (C, K)


class Attribution(Protocol):
    """From v, the groups of P pieces and the scores at both ends to (P, K) contributions."""

    def __call__(
        self, scores: Scores, groups: Sequence[str], *, ends: tuple[Array, Array]
    ) -> Array:
        """Contributions that add up to the difference of the ends."""
        ...


def shapley(
    scores: Scores, groups: Sequence[str], *, ends: tuple[Array, Array], rounds: int, seed: int = 0
) -> Array:
    """Owen's (1977) values: Shapley values of pieces inside modalities, by sampled orders.

    A piece's contribution is the mean change of the score when it is added, over orders in which
    the pieces of a modality follow each other. Every order of the modalities comes equally often,
    forwards and backwards (Mitchell et al., 2022, antithetic sampling), so that sums by modality
    are exact Shapley values; inside a modality they are estimates.

    Args:
        scores: v.
        groups: (P,) modality of each piece.
        ends: (K,) scores with nothing and with everything shown.
        rounds: how often every order of the modalities comes, with its reverse.
        seed: of the orders inside.

    Returns:
        (P, K); its sum over pieces is the difference of the ends.
    """
    orders = list(_orders(groups, rounds=rounds, generator=np.random.default_rng(seed)))
    n = len(groups)
    steps = np.stack([_prefixes(order) for order in orders])  # (O, P − 1, P)
    between = scores(steps.reshape(-1, n)).reshape(len(orders), n - 1, len(ends[0]))
    first, last = (np.tile(end, (len(orders), 1, 1)) for end in ends)
    gains = np.diff(np.concatenate([first, between, last], axis=1), axis=1)  # (O, P, K)
    values = np.zeros((n, gains.shape[-1]))
    for order, gain in zip(orders, gains, strict=True):
        values[order] += gain / len(orders)
    return values


def occlusion(scores: Scores, groups: Sequence[str], *, ends: tuple[Array, Array]) -> Array:
    """What the score loses when one piece is hidden, brought to the sum by equal shares.

    Cheaper than ``shapley`` and blind to what several pieces say alike.

    Args:
        scores: v.
        groups: (P,) modality of each piece.
        ends: (K,) scores with nothing and with everything shown.

    Returns:
        (P, K).
    """
    n = len(groups)
    lost = ends[1] - scores(~np.eye(n, dtype=bool))
    values: Array = lost + (ends[1] - ends[0] - lost.sum(axis=0)) / n
    return values


def _orders(
    groups: Sequence[str], *, rounds: int, generator: np.random.Generator
) -> Iterator[Array]:
    names = list(dict.fromkeys(groups))
    members = {name: np.flatnonzero(np.array(groups) == name) for name in names}
    for _ in range(rounds):
        for arranged in permutations(names):
            order = np.concatenate([generator.permutation(members[name]) for name in arranged])
            yield order
            yield order[::-1]


def _prefixes(order: Array) -> Array:
    """(P − 1, P) bool: the first piece, the first two, …, all but the last."""
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    return place[None] <= np.arange(len(order) - 1)[:, None]

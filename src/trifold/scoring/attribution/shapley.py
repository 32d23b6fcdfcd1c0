"""Owen's (1977) values: Shapley values of pieces inside modalities, with their standard errors.

A piece's contribution is the mean change of the score when it is added, over all orders in which
the pieces of a modality follow each other. Of a piece's order only two things matter: which other
modalities came before (its context) and which pieces of its own. Contexts are few and all of them
are taken; orders inside are all taken where that is cheap and drawn at random where it is not. So
sums by modality are exact, and errors come from the orders inside alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import comb, factorial
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit  # scipy.stats takes a second to load

from trifold.contracts import Array
from trifold.scoring.attribution.attribution import Contributions, Scores
from trifold.scoring.attribution.record import NORMAL_95

ORDERS = 24  # of all pieces, their reverses among them


class Context(NamedTuple):
    """Pieces of other modalities, (P,) bool, that came before in an order and in its reverse.

    ``weight`` is the share of such orders.
    """

    before: Array
    reverse: Array
    weight: float


def shapley(
    scores: Scores,
    groups: Sequence[str],
    *,
    ends: tuple[Array, Array],
    orders: int = ORDERS,
    seed: int = 0,
) -> Contributions:
    """Owen values from a number of orders that does not depend on the number of modalities.

    Every order comes with its reverse (Mitchell et al., 2022, antithetic sampling), and contexts
    come as often as in all orders of the modalities. The standard error takes each such pair as
    one draw. A modality of so few pieces that all its coalitions take no more scores than the
    sampled orders is enumerated, and its error is 0. Coalitions that occur twice are scored once.

    Args:
        scores: v.
        groups: (P,) modality of each piece.
        ends: (K,) scores with nothing and with everything shown.
        orders: of all pieces; 12 or a multiple gives every context its exact share of pairs.
        seed: of the orders inside.
    """
    v, generator = _Remembered(scores, ends), np.random.default_rng(seed)
    found = np.zeros((2, len(groups), len(ends[0])))
    modalities = len(set(groups))
    for name in dict.fromkeys(groups):
        own = np.flatnonzero(np.array(groups) == name)
        contexts = _contexts(groups, name)
        if 2 ** (modalities - 1) * (2 ** len(own) - 2) <= orders * (len(own) - 1):
            found[0, own] = _enumerated(v, own, contexts)
        else:
            found[:, own] = _sampled(v, own, contexts, orders // 2, generator)
    return Contributions(*found)


class _Remembered:
    """v that scores no coalition twice, and knows both ends."""

    def __init__(self, scores: Scores, ends: tuple[Array, Array]) -> None:
        self._scores, self._ends = scores, ends
        self._known: dict[bytes, Array] = {}

    def __call__(self, shown: Array) -> Array:
        """(…, P) bool to (…, K)."""
        rows = shown.reshape(-1, shown.shape[-1])
        keys = [row.tobytes() for row in np.packbits(rows, axis=1)]
        if not self._known:
            none, every = np.packbits([[False] * rows.shape[1], [True] * rows.shape[1]], axis=1)
            self._known = {none.tobytes(): self._ends[0], every.tobytes(): self._ends[1]}
        new = {key: i for i, key in enumerate(keys) if key not in self._known}
        if new:
            self._known.update(zip(new, self._scores(rows[list(new.values())]), strict=True))
        return np.stack([self._known[key] for key in keys]).reshape(*shown.shape[:-1], -1)


def _contexts(groups: Sequence[str], name: str) -> list[Context]:
    """Every set of the other modalities, in pairs: what an order shows first its reverse does last.

    Of all orders, |R|! (M − |R| − 1)! / M! have just the modalities R first.
    """
    others = [other for other in dict.fromkeys(groups) if other != name]
    chosen = [(False, *rest) for rest in product([False, True], repeat=max(len(others) - 1, 0))]
    weights = [factorial(sum(c)) * factorial(len(others) - sum(c)) for c in chosen]
    of = np.array([[group == other for group in groups] for other in others], dtype=bool)
    of = of.reshape(len(others), len(groups))
    found = []
    for first, weight in zip(chosen, weights, strict=True):
        is_first = np.array(first[: len(others)], dtype=bool)
        before, reverse = of[is_first].any(axis=0), of[~is_first].any(axis=0)
        found.append(Context(before, reverse, weight / sum(weights)))
    return found


def _sampled(
    v: _Remembered,
    own: Array,
    contexts: Sequence[Context],
    pairs: int,
    generator: np.random.Generator,
) -> Array:
    """(2, n, K) values and standard errors; contexts are strata, pairs of orders are draws.

    Errors carry Student's t for so few draws: 1.96 of them either way are a 95 % range.
    """
    draws = [max(round(pairs * context.weight), 2) for context in contexts]
    orders = generator.permuted(np.tile(np.arange(len(own)), (sum(draws), 1)), axis=1)
    ends = (np.repeat([c[end] for c in contexts], draws, axis=0) for end in (0, 1))
    gains = _gains(v, own, np.concatenate([*ends]), np.concatenate([orders, orders[:, ::-1]]))
    means = gains.reshape(2, *orders.shape, -1).mean(axis=0)  # (sum of draws, n, K)
    values = variance = np.zeros(means.shape[1:])
    for context, n, some in zip(contexts, draws, np.split(means, np.cumsum(draws)), strict=False):
        values = values + context.weight * some.mean(axis=0)
        variance = variance + context.weight**2 * some.var(axis=0, ddof=1) / n
    few = stdtrit(sum(draws) - len(draws), 0.975) / NORMAL_95
    return np.stack([values, few * np.sqrt(variance)])


def _gains(v: _Remembered, own: Array, before: Array, orders: Array) -> Array:
    """(O, n, K): what each piece adds in each order, ``before`` (O, P) being there."""
    n = len(own)
    place = np.argsort(orders, axis=1)  # (O, n): when each piece comes
    shown = np.tile(before[:, None], (1, n + 1, 1))
    shown[:, :, own] = place[:, None] < np.arange(n + 1)[:, None]
    steps = np.diff(v(shown), axis=1)
    gains: Array = np.take_along_axis(steps, place[:, :, None], axis=1)
    return gains


def _enumerated(v: _Remembered, own: Array, contexts: Sequence[Context]) -> Array:
    """(n, K) values from all coalitions of a modality's pieces in all contexts."""
    n = len(own)
    coalitions = np.array(list(product([False, True], repeat=n)))  # (2^n, n)
    size = coalitions.sum(axis=1)
    # a coalition of s pieces is what comes before the next in one of n·C(n−1, s) orders
    share = np.array([1 / (n * comb(n - 1, s)) if s < n else 0.0 for s in size])
    shown = np.stack([[c.before, c.reverse] for c in contexts])[:, :, None]  # (contexts, 2, 1, P)
    shown = np.tile(shown, (1, 1, len(coalitions), 1))
    shown[..., own] = coalitions
    weights = [context.weight for context in contexts]
    worth = np.average(v(shown).mean(axis=1), axis=0, weights=weights)  # (2^n, K)
    values = []
    for i in range(n):
        without = ~coalitions[:, i]  # coalitions are in binary order: those with i line up
        gain = worth[~without] - worth[without]
        values.append(share[without] @ gain)
    return np.stack(values)

"""Contributions of pieces to scores that add up to the score minus the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from trifold.contracts import Array

Scores = Callable[[Array], Array]  # (C, P) bool to (C, K)


class Contributions(NamedTuple):
    """What each piece did to each score, and how well that is known.

    ``values`` (P, K) add up over pieces to the difference of the ends; ``error`` (P, K) is their
    standard error from sampled orders, such that 1.96 of it either way are a 95 % range; 0 where
    nothing was sampled.
    """

    values: Array
    error: Array


class Attribution(Protocol):
    """From v, the groups of P pieces and the scores at both ends to contributions."""

    def __call__(
        self, scores: Scores, groups: Sequence[str], *, ends: tuple[Array, Array]
    ) -> Contributions:
        """Contributions that add up to the difference of the ends."""
        ...


def occlusion(scores: Scores, groups: Sequence[str], *, ends: tuple[Array, Array]) -> Contributions:
    """What the score loses when one piece is hidden, brought to the sum by equal shares.

    Cheaper than ``shapley`` and blind to what several pieces say alike. Nothing is sampled.

    Args:
        scores: v.
        groups: (P,) modality of each piece.
        ends: (K,) scores with nothing and with everything shown.
    """
    n = len(groups)
    lost = ends[1] - scores(~np.eye(n, dtype=bool))
    values: Array = lost + (ends[1] - ends[0] - lost.sum(axis=0)) / n
    return Contributions(values, np.zeros_like(values))

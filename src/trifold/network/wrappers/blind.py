"""Streams hidden from a network that had no token of them in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from trifold.network.base import NetworkOutput
from trifold.network.wrappers.base import NetworkWrapper


class BlindNetwork(NetworkWrapper):
    """Scores as if some streams were missing, as they were in all of its training.

    The weights that read them are still random, and a token of them would add noise to the score.

    Args:
        unseen: names of streams of which no training candidate had a token.
        wrapped: arguments of ``NetworkWrapper``.
    """

    def __init__(self, *, unseen: Sequence[str], **wrapped: Any) -> None:
        super().__init__(**wrapped)
        self.unseen = frozenset(unseen)

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        shown = self.shown(token_mask)
        output: NetworkOutput = self.network(tokens, shown, answer_mask)
        return output

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``."""
        return self.inner.candidates(tokens, self.shown(token_mask), answer_mask)

    def fused(self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor]) -> Tensor:
        """See ``FusionNetwork``."""
        return self.inner.fused(tokens, self.shown(token_mask))

    def shown(self, token_mask: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The masks with unseen streams hidden."""
        return {s: mask & (s not in self.unseen) for s, mask in token_mask.items()}

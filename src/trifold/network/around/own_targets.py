"""A network that was trained on several corpora, and scores the targets of one."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from trifold.network.around.base import WrappedNetwork
from trifold.network.base import NetworkOutput


class OwnTargetsNetwork(WrappedNetwork):
    """The first K of the K + J targets of the network inside; the others are other corpora's.

    Args:
        num_targets: K.
        beyond: J.
        wrapped: what ``WrappedNetwork`` takes.
    """

    def __init__(self, *, num_targets: int, beyond: int, **wrapped: Any) -> None:
        super().__init__(num_targets=num_targets + beyond, **wrapped)
        self.num_targets = num_targets

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        inner: NetworkOutput = self.network(tokens, token_mask, answer_mask)
        k = self.num_targets
        traits_second = {"candidate", "members"}  # (B, K, …); all else is (B, T, K, …)
        return NetworkOutput(
            **{
                name: x if x is None else x[:, :k] if name in traits_second else x[:, :, :k]
                for name, x in inner._asdict().items()
            }
        )

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``."""
        return self.inner.candidates(tokens, token_mask, answer_mask)[:, : self.num_targets]

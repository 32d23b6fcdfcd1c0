"""A network that was trained on several corpora, and scores the targets of one."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from trifold.network.base import NetworkOutput
from trifold.network.wrappers.base import NetworkWrapper


class OwnTargetsNetwork(NetworkWrapper):
    """The first K of the K + J targets of the network inside; the others are other corpora's.

    Args:
        num_targets: K.
        beyond: J.
        wrapped: arguments of ``NetworkWrapper``.
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

        def own(x: Tensor | None) -> Tensor | None:
            return None if x is None else x[:, :, :k]  # (B, T, K, …)

        return NetworkOutput(
            candidate=inner.candidate[:, :k],
            answer=inner.answer[:, :, :k],
            members=None if inner.members is None else inner.members[:, :k],
            path_weight=own(inner.path_weight),
            expert_weight=own(inner.expert_weight),
            expert_features=own(inner.expert_features),
            expert_logits=own(inner.expert_logits),
        )

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``."""
        return self.inner.candidates(tokens, token_mask, answer_mask)[:, : self.num_targets]

    def fused(self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor]) -> Tensor:
        """What targets of all corpora are read from; see ``FusionNetwork``."""
        return self.inner.fused(tokens, token_mask)

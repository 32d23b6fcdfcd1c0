"""A network that scores components of the targets, rotated back to the targets."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from trifold.network.base import NetworkOutput
from trifold.network.wrappers.base import NetworkWrapper


class RotatedNetwork(NetworkWrapper):
    """Scores f(x) R + o, where f are the K components that the network inside scores.

    Weights of paths and experts are of components, not targets, and are left out of the output.

    Args:
        num_targets: K, and the number of components.
        wrapped: arguments of ``NetworkWrapper``.
    """

    rotation: Tensor
    offset: Tensor

    def __init__(self, *, num_targets: int, **wrapped: Any) -> None:
        super().__init__(num_targets=num_targets, **wrapped)
        self.register_buffer("rotation", torch.eye(num_targets))
        self.register_buffer("offset", torch.zeros(num_targets))

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        inner: NetworkOutput = self.network(tokens, token_mask, answer_mask)
        members = None
        if inner.members is not None:
            members = torch.einsum("bcm,ck->bkm", inner.members, self.rotation)
            members = members + self.offset[:, None]
        return NetworkOutput(
            candidate=inner.candidate @ self.rotation + self.offset,
            answer=inner.answer @ self.rotation + self.offset,
            members=members,
        )

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``."""
        scores = self.inner.candidates(tokens, token_mask, answer_mask)
        return scores @ self.rotation + self.offset

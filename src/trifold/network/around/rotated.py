"""A network of components of the targets, whose scores are turned back to the targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from trifold.contracts import Modality
from trifold.network.around.base import WrappedNetwork
from trifold.network.base import NetworkOutput


class RotatedNetwork(WrappedNetwork):
    """Scores f(x) R + o, where f are the K components that the network inside scores.

    Paths and experts of the output are those of components and are not told.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        num_targets: K, and the number of components.
        network: specification of the network inside.
    """

    rotation: Tensor
    offset: Tensor

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        network: Mapping[str, Any],
    ) -> None:
        super().__init__(
            stream_dims=stream_dims,
            stream_modality=stream_modality,
            num_targets=num_targets,
            network=network,
        )
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

"""A deep network beside a plain one, which it adds to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from trifold.contracts import FeatureBatch, Modality
from trifold.network.base import NetworkOutput
from trifold.network.build import build_network
from trifold.network.wrappers.base import NetworkWrapper


class ShortcutNetwork(NetworkWrapper):
    """Scores of a plain network and, by a gate per target, of the one inside: p_k + g_k f_k.

    With few people there are few steps, in which a deep network hardly leaves the mean; what is
    linear need not wait for it. As wide & deep learning (Cheng et al., 2016), with a gate that
    starts near zero (ReZero, Bachlechner et al., 2021). Routing and experts of the output are those
    of the deep network.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        num_targets: K.
        network: specification of the deep network.
        plain: specification of the plain one, such as ``PooledFusion``.
        gate: start of g_k.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        network: Mapping[str, Any],
        plain: Mapping[str, Any],
        gate: float = 0.1,
    ) -> None:
        super().__init__(
            stream_dims=stream_dims,
            stream_modality=stream_modality,
            num_targets=num_targets,
            network=network,
        )
        self.plain = build_network(
            plain,
            stream_dims=stream_dims,
            stream_modality=stream_modality,
            num_targets=num_targets,
        )
        self.gate = nn.Parameter(torch.full((num_targets,), float(gate)))
        self.streams = tuple(dict.fromkeys((*self.inner.streams, *self.plain.streams)))

    def fit_standardizers(
        self, train: FeatureBatch, resolution: Mapping[str, Tensor] | None = None
    ) -> None:
        """Fit those of both; see ``FusionNetwork``."""
        super().fit_standardizers(train, resolution)
        self.plain.fit_standardizers(train, resolution)

    def initialise(self, train: FeatureBatch) -> None:
        """Start both; see ``FusionNetwork``."""
        super().initialise(train)
        self.plain.initialise(train)

    def read_own_questions(self, own: Tensor) -> None:
        """Tell both; see ``FusionNetwork``."""
        super().read_own_questions(own)
        self.plain.read_own_questions(own)

    def parameters_by_part(self) -> dict[str, int]:
        """Of the network, and ``shortcut`` of what stands beside it."""
        beside = sum(self.plain.parameters_by_part().values()) + self.gate.numel()
        return {**super().parameters_by_part(), "shortcut": beside}

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        deep: NetworkOutput = self.inner(tokens, token_mask, answer_mask)
        plain: NetworkOutput = self.plain(tokens, token_mask, answer_mask)
        members = deep.members
        if members is not None:
            members = plain.candidate.unsqueeze(-1) + self.gate.unsqueeze(-1) * members
        return deep._replace(
            candidate=plain.candidate + self.gate * deep.candidate,
            answer=plain.answer + self.gate * deep.answer,
            members=members,
        )

    def fused(self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor]) -> Tensor:
        """(B, T, F) of both side by side; see ``FusionNetwork``."""
        both = [network.fused(tokens, token_mask) for network in (self.inner, self.plain)]
        return torch.cat(both, dim=-1)

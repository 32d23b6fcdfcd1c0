"""Several networks as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from trifold.contracts import Modality
from trifold.network.base import NetworkOutput
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.build import build_network
from trifold.network.wrappers.base import SeveralNetworks


class EnsembleNetwork(SeveralNetworks):
    """Weighted mean of members, then per target slope and offset: s_k (Σ_m w_mk f_mk) + o_k.

    The mean of diverse models has a smaller error than each of them and too small a variance; the
    slope restores it. ``members`` of the output are the members' scores, whose spread says how much
    they disagree.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        num_targets: K.
        members: specification of each member.
    """

    weight: Tensor
    slope: Tensor
    offset: Tensor

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        members: Sequence[Mapping[str, Any]],
    ) -> None:
        super().__init__(
            [
                build_network(
                    spec,
                    stream_dims=stream_dims,
                    stream_modality=stream_modality,
                    num_targets=num_targets,
                )
                for spec in members
            ]
        )
        self.register_buffer("weight", torch.full((len(members), num_targets), 1 / len(members)))
        self.register_buffer("slope", torch.ones(num_targets))
        self.register_buffer("offset", torch.zeros(num_targets))

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """None of its own: members are fitted before they join."""
        return {}

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        outputs = [network(tokens, token_mask, answer_mask) for network in self.each]
        candidate = torch.stack([output.candidate for output in outputs])  # (M, B, K)
        answer = torch.stack([output.answer for output in outputs])  # (M, B, T, K)
        return NetworkOutput(
            candidate=torch.einsum("mbk,mk->bk", candidate, self.weight) * self.slope + self.offset,
            answer=torch.einsum("mbtk,mk->btk", answer, self.weight) * self.slope + self.offset,
            members=self.members_of(outputs),
        )

    def members_of(self, outputs: Sequence[NetworkOutput]) -> Tensor:
        """(B, K, M) scores of the members, each as if it were the only one."""
        candidate = torch.stack([output.candidate for output in outputs], dim=-1)  # (B, K, M)
        return candidate * self.slope.unsqueeze(-1) + self.offset.unsqueeze(-1)

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``."""
        each = [network.candidates(tokens, token_mask, answer_mask) for network in self.each]
        mean = torch.einsum("mbk,mk->bk", torch.stack(each), self.weight)
        return mean * self.slope + self.offset

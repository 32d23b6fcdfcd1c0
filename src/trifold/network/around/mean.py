"""Several networks as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from trifold.contracts import FeatureBatch, Modality
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.build import build_network


class EnsembleNetwork(FusionNetwork):
    """Weighted mean of members, then per target slope and offset: s_k (Σ_m w_mk f_mk) + o_k.

    An average of unlike models errs less than each of them but varies too little; the slope gives
    the spread back. ``members`` of the output carry the members' scores, whose spread tells
    where the models disagree.

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
        super().__init__()
        self.networks = nn.ModuleList(
            build_network(
                spec,
                stream_dims=stream_dims,
                stream_modality=stream_modality,
                num_targets=num_targets,
            )
            for spec in members
        )
        self.streams = tuple(dict.fromkeys(s for net in self._each() for s in net.streams))
        self.register_buffer("weight", torch.full((len(members), num_targets), 1 / len(members)))
        self.register_buffer("slope", torch.ones(num_targets))
        self.register_buffer("offset", torch.zeros(num_targets))

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """None of its own: members are fitted before they join."""
        return {}

    def fit_standardizers(
        self, train: FeatureBatch, resolution: Mapping[str, Tensor] | None = None
    ) -> None:
        """Fit those of the members; see ``FusionNetwork``."""
        for network in self._each():
            network.fit_standardizers(train, resolution)

    def parameters_by_part(self) -> dict[str, int]:
        """Over all members together."""
        parts: Counter[str] = Counter()
        for network in self._each():
            parts.update(network.parameters_by_part())
        return dict(parts)

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        outputs = [network(tokens, token_mask, answer_mask) for network in self._each()]
        candidate = torch.stack([output.candidate for output in outputs])  # (M, B, K)
        answer = torch.stack([output.answer for output in outputs])  # (M, B, T, K)
        members = candidate * self.slope + self.offset
        return NetworkOutput(
            candidate=torch.einsum("mbk,mk->bk", candidate, self.weight) * self.slope + self.offset,
            answer=torch.einsum("mbtk,mk->btk", answer, self.weight) * self.slope + self.offset,
            members=members.permute(1, 2, 0),
        )

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``."""
        each = [network.candidates(tokens, token_mask, answer_mask) for network in self._each()]
        mean = torch.einsum("mbk,mk->bk", torch.stack(each), self.weight)
        return mean * self.slope + self.offset

    def _each(self) -> list[FusionNetwork]:
        return [network for network in self.networks if isinstance(network, FusionNetwork)]

"""The fusion of the 365 Aspects entry, first of track 2 of the AVI challenge 2025.

It stands beside ours for comparison. Its loss was taken on the candidate's mean over heads and
answers alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trifold.contracts import Modality
from trifold.network.base import NetworkOutput
from trifold.network.published.pooled import ManyNetworks, PooledPeer

ORDER = ("video", "text", "audio")  # of the concatenation


class SharedCompressionEnsemble(PooledPeer):
    """S·GELU(A_m x_m) per modality with one S for all, concatenated, to the mean of 32 networks.

    No norm or mask, as published; with the published widths it has some 60 million
    parameters.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to text, audio, video or question (not read).
        num_targets: K.
        width: of the adapters A_m.
        compressed: of what S gives per modality.
        members: networks in the ensemble.
        hidden: widths of their hidden layers.
        dropout: on what they read; none as published.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        width: int = 2304,
        compressed: int = 768,
        members: int = 32,
        hidden: tuple[int, ...] = (768, 32),
        dropout: float = 0.0,
    ) -> None:
        super().__init__(stream_dims=stream_dims, stream_modality=stream_modality)
        self.adapters = nn.ModuleDict(
            {m: nn.Linear(d, width) for m, d in self.modality_dims.items()}
        )
        self.compress, self.dropout = nn.Linear(width, compressed), nn.Dropout(dropout)
        self.head = ManyNetworks(
            len(ORDER) * compressed, num_targets=num_targets, members=members, hidden=hidden
        )

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        vectors = self.pooled(tokens, token_mask, answer_mask)
        parts = [self.compress(F.gelu(self.adapters[m](vectors[m]))) for m in ORDER]
        return self.gather(self.head(self.dropout(torch.cat(parts, dim=-1))), answer_mask)

"""The fusion of Traits Run Deep, first of track 1 of the AVI challenge 2025, to stand beside ours.

The published model has one target and reads one question's answer; here it has K, and a candidate
is the mean over answers. Its losses were taken on the mean of the heads alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trifold.contracts import Modality
from trifold.network.base import NetworkOutput
from trifold.network.blocks.attention import HeadGate
from trifold.network.blocks.streams.chunks import PromptGate, chunk_count
from trifold.network.published.pooled import ManyNetworks, PooledPeer


class TraitsRunDeep(PooledPeer):
    """Chunk projectors, head gates to the text, a text enhancer and the mean of 32 networks.

    Audio and video are the queries and text is key and value in both connectors, as released.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to text, audio, video or question (not read).
        num_targets: K.
        width: of projected modalities.
        text_width: of the second projection of the text, the connectors and the enhancer.
        heads: of the connectors.
        members: networks in the ensemble.
        hidden: widths of their hidden layers.
        dropout: in the projectors; the published rate is not on record.
        connector_dropout: in the connectors.
        enhancer_dropout: on what is added to the text.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        width: int = 512,
        text_width: int = 256,
        heads: int = 4,
        members: int = 32,
        hidden: tuple[int, ...] = (128, 32),
        dropout: float = 0.1,
        connector_dropout: float = 0.3,
        enhancer_dropout: float = 0.1,
    ) -> None:
        super().__init__(stream_dims=stream_dims, stream_modality=stream_modality)
        self.projectors = nn.ModuleDict(
            {m: PromptedChunks(d, width, dropout=dropout) for m, d in self.modality_dims.items()}
        )
        self.text = PromptedChunks(self.modality_dims["text"], text_width, dropout=dropout)
        self.connectors = nn.ModuleDict(
            {
                m: HeadGate(width, out=text_width, heads=heads, dropout=connector_dropout)
                for m in ("audio", "video")
            }
        )
        self.enhancer = GatedEnhancer(text_width, dropout=enhancer_dropout)
        self.head = ManyNetworks(
            text_width, num_targets=num_targets, members=members, hidden=hidden
        )

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        vectors = self.pooled(tokens, token_mask, answer_mask)
        h = {m: self.projectors[m](x) for m, x in vectors.items()}
        audio, video = (self.connectors[m](h[m], h["text"]) for m in ("audio", "video"))
        z = self.enhancer(audio, video, self.text(vectors["text"]))
        return self.gather(self.head(z), answer_mask)


class PromptedChunks(nn.Module):
    """Cuts a vector into C chunks, each to a slice of the output through a network of its own.

    h_c = Drop(W2_c·LN_c(ReLU(W1_c x_c))) with a hidden width of four slices, a prompt gate per
    chunk, and a global vector on the concatenation.

    Args:
        dim: width of the vector.
        out: width of the output.
        dropout: on the slices.
    """

    def __init__(self, dim: int, out: int, *, dropout: float) -> None:
        super().__init__()
        self.chunks = concat_chunks(dim, out)
        cut, slice_ = dim // self.chunks, out // self.chunks
        hidden = 4 * slice_
        self.w1 = nn.Parameter(torch.randn(self.chunks, cut, hidden) * (2 / cut) ** 0.5)
        self.b1 = nn.Parameter(torch.zeros(self.chunks, hidden))
        self.norm_weight = nn.Parameter(torch.ones(self.chunks, hidden))
        self.norm_bias = nn.Parameter(torch.zeros(self.chunks, hidden))
        xavier = 0.5 * (2 / (hidden + slice_)) ** 0.5
        self.w2 = nn.Parameter(torch.randn(self.chunks, hidden, slice_) * xavier)
        self.b2 = nn.Parameter(torch.zeros(self.chunks, slice_))
        self.dropout, self.gate = nn.Dropout(dropout), PromptGate(self.chunks, slice_)
        nn.init.orthogonal_(self.gate.weight.weight)
        self.everywhere = nn.Parameter(torch.full((out,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, dim) to (N, out)."""
        x = x.unflatten(-1, (self.chunks, -1))
        h = torch.relu(torch.einsum("ncx,cxh->nch", x, self.w1) + self.b1)
        h = F.layer_norm(h, h.shape[-1:]) * self.norm_weight + self.norm_bias
        h = self.dropout(torch.einsum("nch,cho->nco", h, self.w2) + self.b2)
        joined: Tensor = self.gate(h).flatten(1) + self.everywhere
        return joined


class GatedEnhancer(nn.Module):
    """z = LN(t + Drop(g_a P_a a + g_v P_v v + g_t P_t t)), g = softmax of a small network."""

    def __init__(self, width: int, *, dropout: float) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(3 * width, width), nn.ReLU(), nn.Linear(width, 3))
        self.maps = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.dropout, self.norm = nn.Dropout(dropout), nn.LayerNorm(width)

    def forward(self, audio: Tensor, video: Tensor, text: Tensor) -> Tensor:
        """Three (N, D) to (N, D)."""
        parts = (audio, video, text)
        gate = torch.softmax(self.gate(torch.cat(parts, dim=-1)), dim=-1)
        moved = torch.stack([m(p) for m, p in zip(self.maps, parts, strict=True)], dim=1)
        enriched: Tensor = self.norm(text + self.dropout(torch.einsum("np,npd->nd", gate, moved)))
        return enriched


def concat_chunks(dim: int, out: int) -> int:
    """Chunks by the published rule, or the next smaller count that divides both widths.

    The published rule asserts the first and fails on the second from 20480 to 512.
    """
    return next(c for c in range(chunk_count(dim), 0, -1) if dim % c == 0 and out % c == 0)

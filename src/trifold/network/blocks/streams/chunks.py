"""Chunk-wise projection of encoder tokens to the width of the network, with a prompt gate."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.streams.projector import Projector

CHUNKS_FROM_WIDTH = ((20480, 40), (16384, 32), (8192, 16), (4096, 8), (2048, 4), (1024, 2))


def chunk_count(dim: int) -> int:
    """Chunks that a token of width ``dim`` is cut into: the rule of Traits Run Deep (2025).

    Widths that the rule's count does not divide take the next smaller count that does.
    """
    wanted = next((chunks for width, chunks in CHUNKS_FROM_WIDTH if dim >= width), 1)
    return next(chunks for chunks in range(wanted, 0, -1) if dim % chunks == 0)


class ChunkProjector(Projector):
    """Cuts each token into C chunks, each through its own bottleneck to one D-wide token.

    h_c = W2_c·Drop(ReLU(LN(W1_c x_c))), then a prompt gate g = σ(w·[h_c; p_c] + b) per chunk mixes
    in a learned prompt: g h_c + (1 − g) p_c. Chunk projector of Traits Run Deep (2025), with tokens
    in place of slices of one vector, so that cross-attention has something to attend over.

    Args:
        dim: width of the encoder's tokens.
        width: model width D.
        hidden: bottleneck r of every chunk.
        dropout: probability, on the way in and in the bottleneck.
        prompt_gate: False leaves the prompts out.
        norm_first: False normalises behind the ReLU, as in the paper.
    """

    def __init__(
        self,
        dim: int,
        *,
        width: int,
        hidden: int = 64,
        dropout: float = 0.2,
        prompt_gate: bool = True,
        norm_first: bool = True,
    ) -> None:
        super().__init__()
        self.chunks = chunk_count(dim)
        out = self._chunk_width(width)
        self.standardizer = TokenStandardizer(dim)
        self.dropout = nn.Dropout(dropout)
        self.w1 = nn.Parameter(_kaiming(self.chunks, dim // self.chunks, hidden))
        self.b1 = nn.Parameter(torch.zeros(self.chunks, hidden))
        self.norm_scale = nn.Parameter(torch.ones(self.chunks, hidden))
        self.norm_shift = nn.Parameter(torch.zeros(self.chunks, hidden))
        self.norm_first = norm_first
        self.w2 = nn.Parameter(_kaiming(self.chunks, hidden, out))
        self.b2 = nn.Parameter(torch.zeros(self.chunks, out))
        self.gate = PromptGate(self.chunks, out) if prompt_gate else nn.Identity()

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """(N, L, dim) to (N, L·C, D); the mask is not read."""
        n, length, _ = tokens.shape
        keep = self.dropout(torch.ones_like(tokens[:, :1]))  # whole columns of an answer: cheaper,
        x = (self.standardizer(tokens) * keep).reshape(n * length, self.chunks, -1)  # and stronger
        h = torch.einsum("ncx,cxr->ncr", x, self.w1) + self.b1
        h = torch.relu(self._norm(h)) if self.norm_first else self._norm(torch.relu(h))
        h = self.dropout(h)
        h = self.gate(torch.einsum("ncr,crd->ncd", h, self.w2) + self.b2)
        return self._arranged(h, n, length)

    def token_mask(self, mask: Tensor) -> Tensor:
        """(N, L) bool to (N, L·C): every token becomes C."""
        return mask.repeat_interleave(self.chunks, dim=1)

    def _chunk_width(self, width: int) -> int:
        """Width of what one chunk becomes."""
        return width

    def _arranged(self, h: Tensor, n: int, length: int) -> Tensor:
        """(N·L, C, D) to (N, L·C, D)."""
        return h.reshape(n, length * self.chunks, -1)

    def _norm(self, h: Tensor) -> Tensor:
        """LayerNorm with scale and shift of each chunk's own."""
        return F.layer_norm(h, h.shape[-1:]) * self.norm_scale + self.norm_shift


class SliceProjector(ChunkProjector):
    """The same, but chunks become C slices of one D-wide token, as in the paper.

    See ``ChunkProjector`` for the arguments.

    Raises:
        ValueError: when C does not divide ``width``.
    """

    def token_mask(self, mask: Tensor) -> Tensor:
        """(N, L) bool, unchanged: one token stays one token."""
        return mask

    def _chunk_width(self, width: int) -> int:
        if width % self.chunks:
            raise ValueError(f"expected a width that {self.chunks} chunks divide, got {width}")
        return width // self.chunks

    def _arranged(self, h: Tensor, n: int, length: int) -> Tensor:
        """(N·L, C, D/C) to (N, L, D)."""
        return h.reshape(n, length, -1)


class PromptGate(nn.Module):
    """Mixes each chunk with a learned prompt by one scalar gate per chunk, shared weights."""

    def __init__(self, chunks: int, width: int) -> None:
        super().__init__()
        self.prompt = nn.Parameter(0.02 * torch.randn(chunks, width))
        self.weight = nn.Linear(2 * width, 1)
        nn.init.constant_(self.weight.bias, 0.5)

    def forward(self, h: Tensor) -> Tensor:
        """(N, C, D) to (N, C, D)."""
        of_token, of_prompt = self.weight.weight[0].chunk(2)  # w·[h; p] without copying h beside p
        logit = h @ of_token + self.prompt @ of_prompt + self.weight.bias
        return torch.lerp(self.prompt, h, torch.sigmoid(logit).unsqueeze(-1))


def _kaiming(chunks: int, fan_in: int, fan_out: int) -> Tensor:
    return torch.randn(chunks, fan_in, fan_out) * (2.0 / fan_in) ** 0.5

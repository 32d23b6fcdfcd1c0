"""Attention over tokens, and the gate over heads that stands in for it in published work."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class AttentionPool(nn.Module):
    """Weights tokens by softmax(w·x) and sums them; w starts at zero, which is the plain mean."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(width))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(N, L, D) and (N, L) bool with at least one True per row, to (N, D)."""
        logits = (tokens @ self.query).masked_fill(~mask, float("-inf"))
        return torch.einsum("nl,nld->nd", torch.softmax(logits, dim=-1), tokens)


class MultiHeadAttention(nn.Module):
    """Vaswani et al. (2017), on torch's scaled_dot_product_attention.

    ``nn.MultiheadAttention`` fixes the batch size when exported.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.out = nn.Linear(width, width), nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)

    def forward(self, query: Tensor, keys: Tensor, key_mask: Tensor) -> Tensor:
        """(N, Lq, D), (N, Lk, D) and (N, Lk) bool to (N, Lq, D)."""
        q = self._split(self.query(query))
        k, v = (self._split(x) for x in self.key_value(keys).chunk(2, dim=-1))
        taken = F.scaled_dot_product_attention(q, k, v, attn_mask=key_mask[:, None, None])
        mixed: Tensor = self.out(taken.transpose(1, 2).flatten(-2))
        return mixed

    def _split(self, x: Tensor) -> Tensor:
        """(N, L, D) to (N, H, L, D/H)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class CrossAttention(nn.Module):
    """U = Q + Drop(MHA(LN Q, LN X, LN X)), pre-norm, for ``layers`` rounds.

    Args:
        width: model width D.
        heads: attention heads.
        dropout: on what is added to the query.
        layers: rounds over the same keys.
    """

    def __init__(
        self, width: int, *, heads: int = 4, dropout: float = 0.3, layers: int = 1
    ) -> None:
        super().__init__()
        self.query_norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.key_norm = nn.LayerNorm(width)
        self.attention = nn.ModuleList(MultiHeadAttention(width, heads) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)

    def forward(self, query: Tensor, keys: Tensor, key_mask: Tensor) -> Tensor:
        """(N, Lq, D), (N, Lk, D) and (N, Lk) bool, at least one True per row, to (N, Lq, D)."""
        x = self.key_norm(keys)
        for norm, attention in zip(self.query_norms, self.attention, strict=True):
            query = query + self.dropout(attention(norm(query), x, key_mask))
        return query


class HeadGate(nn.Module):
    """The connector of Traits Run Deep (2025), as released: a gate over heads, not attention.

    Single vectors are cut into H heads, s_h = ⟨q_h, k_h⟩/√d_h, and the softmax runs over the heads;
    LN(Drop(W·concat_h(s_h v_h))).

    Args:
        width: D of the vectors that come in.
        out: width of the vector that goes out; None keeps D.
        heads: H.
        dropout: before the norm.
    """

    def __init__(
        self, width: int, *, out: int | None = None, heads: int = 4, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.heads, out = heads, out or width
        self.query, self.key, self.value = (nn.Linear(width, out) for _ in range(3))
        self.out = nn.Sequential(nn.Linear(out, out), nn.Dropout(dropout), nn.LayerNorm(out))

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """(N, D) and (N, D) to (N, out)."""
        q, k, v = (
            layer(x).unflatten(-1, (self.heads, -1))
            for layer, x in ((self.query, query), (self.key, key), (self.value, key))
        )
        gate = torch.softmax((q * k).sum(dim=-1) / q.shape[-1] ** 0.5, dim=-1)  # (N, H)
        fused: Tensor = self.out((gate.unsqueeze(-1) * v).flatten(-2))
        return fused

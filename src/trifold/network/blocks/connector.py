"""Cross-modal connectors: what one modality's tokens take from another's."""

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


class Connector(nn.Module):
    """Text and one other modality to a single vector.

    Args:
        width: model width D.
        kind: ``mha``, ``headgate``, ``concat`` or ``none``.
        direction: ``text_query``, ``av_query`` or ``both`` (their mean); ``mha`` and ``headgate``.
        heads: attention heads.
        layers: rounds of ``mha``.
        dropout: on what is added.

    Raises:
        ValueError: for an unknown kind or direction, or a width that the heads do not divide.
    """

    def __init__(
        self,
        width: int,
        *,
        kind: str = "mha",
        direction: str = "text_query",
        heads: int = 4,
        layers: int = 1,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if kind not in ("mha", "headgate", "concat", "none"):
            raise ValueError(f"expected kind mha, headgate, concat or none, got {kind!r}")
        if direction not in ("text_query", "av_query", "both"):
            raise ValueError(f"expected direction text_query, av_query or both, got {direction!r}")
        if kind in ("mha", "headgate") and width % heads:
            raise ValueError(f"expected a width that {heads} heads divide, got {width}")
        self.kind, self.pool = kind, AttentionPool(width)
        self.ways = ("text_query", "av_query") if direction == "both" else (direction,)
        self.layers = nn.ModuleDict()
        if kind == "mha":
            options = {"heads": heads, "dropout": dropout, "layers": layers}
            self.layers.update({way: CrossAttention(width, **options) for way in self.ways})  # type: ignore[arg-type]
        elif kind == "headgate":
            gates = {way: HeadGate(width, heads=heads, dropout=dropout) for way in self.ways}
            self.layers.update(gates)
        elif kind == "concat":
            self.layers["joint"] = nn.Linear(2 * width, width)

    def forward(self, text: Tensor, text_mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        """(N, Lt, D), (N, Lt), (N, Lo, D), (N, Lo) to (N, D); masks have a True in every row."""
        if self.kind == "mha":
            ends = {
                "text_query": (text, text_mask, other, other_mask),
                "av_query": (other, other_mask, text, text_mask),
            }
            return torch.stack([self._attend(way, *ends[way]) for way in self.ways]).mean(dim=0)
        h_text, h_other = self.pool(text, text_mask), self.pool(other, other_mask)
        if self.kind == "headgate":
            pairs = {"text_query": (h_text, h_other), "av_query": (h_other, h_text)}
            return torch.stack([self.layers[way](*pairs[way]) for way in self.ways]).mean(dim=0)
        if self.kind == "concat":
            joint: Tensor = self.layers["joint"](torch.cat([h_text, h_other], dim=-1))
            return joint
        return h_other

    def _attend(
        self, way: str, query: Tensor, query_mask: Tensor, keys: Tensor, key_mask: Tensor
    ) -> Tensor:
        pooled: Tensor = self.pool(self.layers[way](query, keys, key_mask), query_mask)
        return pooled

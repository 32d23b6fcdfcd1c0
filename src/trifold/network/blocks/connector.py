"""Cross-modal connectors: text and one other modality to a single vector."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from trifold.network.blocks.attention import AttentionPool, CrossAttention, HeadGate


class Connector(nn.Module, ABC):
    """What text and one other modality tell together, as one D-wide vector.

    Args:
        width: model width D.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pool = AttentionPool(width)
        self.layers = nn.ModuleDict()

    @abstractmethod
    def forward(self, text: Tensor, text_mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        """(N, Lt, D), (N, Lt), (N, Lo, D), (N, Lo) to (N, D); masks have a True in every row."""


class PooledConnector(Connector):
    """The other modality alone, pooled: nothing is connected."""

    def forward(self, text: Tensor, text_mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        """See ``Connector``; the text is not read."""
        pooled: Tensor = self.pool(other, other_mask)
        return pooled


class JointConnector(Connector):
    """Both modalities pooled, side by side, through one linear map."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.layers["joint"] = nn.Linear(2 * width, width)

    def forward(self, text: Tensor, text_mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        """See ``Connector``."""
        pooled = [self.pool(text, text_mask), self.pool(other, other_mask)]
        joint: Tensor = self.layers["joint"](torch.cat(pooled, dim=-1))
        return joint


class QueryConnector(Connector):
    """Base of connectors in which one modality asks the other: text, the other, or both.

    Where both ask, the result is the mean of the two.

    Args:
        width: model width D.
        heads: H, of which each reads D / H columns.
        text_asks: the text is the query, the other modality key and value.
        other_asks: the other modality is the query.

    Raises:
        ValueError: when neither asks, or for heads that are no number or do not divide the width.
    """

    def __init__(
        self, width: int, *, heads: int = 4, text_asks: bool = True, other_asks: bool = False
    ) -> None:
        super().__init__(width)
        if not (text_asks or other_asks):
            raise ValueError("expected text_asks or other_asks, got neither")
        if type(heads) is not int or heads < 1:  # true counts as 1, and splits no width
            raise ValueError(f"expected a whole number of heads above 0, got {heads!r}")
        if width % heads:
            raise ValueError(f"expected a width that {heads} heads divide, got {width}")
        asks = {"text_query": text_asks, "av_query": other_asks}
        self.ways = tuple(way for way, chosen in asks.items() if chosen)

    def forward(self, text: Tensor, text_mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        """See ``Connector``."""
        ends = {
            "text_query": (text, text_mask, other, other_mask),
            "av_query": (other, other_mask, text, text_mask),
        }
        return torch.stack([self._asked(way, *ends[way]) for way in self.ways]).mean(dim=0)

    @abstractmethod
    def _asked(
        self, way: str, query: Tensor, query_mask: Tensor, keys: Tensor, key_mask: Tensor
    ) -> Tensor:
        """(N, Lq, D), (N, Lq), (N, Lk, D), (N, Lk) to (N, D)."""


class AttentionConnector(QueryConnector):
    """Cross-attention from each token of the query, then a pool over them.

    Args:
        width: model width D.
        heads: attention heads.
        layers: rounds of attention.
        text_asks: the text is the query, the other modality key and value.
        other_asks: the other modality is the query.
        residual_dropout: on what is added to the query.

    Raises:
        ValueError: see ``QueryConnector``.
    """

    def __init__(
        self,
        width: int,
        *,
        heads: int = 4,
        layers: int = 1,
        text_asks: bool = True,
        other_asks: bool = False,
        residual_dropout: float = 0.3,
    ) -> None:
        super().__init__(width, heads=heads, text_asks=text_asks, other_asks=other_asks)
        for way in self.ways:
            self.layers[way] = CrossAttention(
                width, heads=heads, dropout=residual_dropout, layers=layers
            )

    def _asked(
        self, way: str, query: Tensor, query_mask: Tensor, keys: Tensor, key_mask: Tensor
    ) -> Tensor:
        pooled: Tensor = self.pool(self.layers[way](query, keys, key_mask), query_mask)
        return pooled


class HeadGateConnector(QueryConnector):
    """Both modalities pooled, then the gate over heads of Traits Run Deep (2025).

    Args:
        width: model width D.
        heads: of the gate.
        text_asks: the text is the query, the other modality key and value.
        other_asks: the other modality is the query.
        residual_dropout: before the norm.

    Raises:
        ValueError: see ``QueryConnector``.
    """

    def __init__(
        self,
        width: int,
        *,
        heads: int = 4,
        text_asks: bool = True,
        other_asks: bool = False,
        residual_dropout: float = 0.3,
    ) -> None:
        super().__init__(width, heads=heads, text_asks=text_asks, other_asks=other_asks)
        for way in self.ways:
            self.layers[way] = HeadGate(width, heads=heads, dropout=residual_dropout)

    def _asked(
        self, way: str, query: Tensor, query_mask: Tensor, keys: Tensor, key_mask: Tensor
    ) -> Tensor:
        gated: Tensor = self.layers[way](self.pool(query, query_mask), self.pool(keys, key_mask))
        return gated

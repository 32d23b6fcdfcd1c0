"""The text feature enhancer: text, enriched by what the connectors brought."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class Enhancer(nn.Module, ABC):
    """The text, with or without what the other modalities add to it."""

    @abstractmethod
    def forward(self, text: Tensor, audio: Tensor, video: Tensor, present: Tensor) -> Tensor:
        """Enrich the text.

        Args:
            text: (N, D) pooled text h_t.
            audio: (N, D) connector output u_a.
            video: (N, D) connector output u_v.
            present: (N, 3) bool, whether text, audio and video are there.

        Returns:
            (N, D).
        """


class PlainText(Enhancer):
    """The pooled text as it is."""

    def forward(self, text: Tensor, audio: Tensor, video: Tensor, present: Tensor) -> Tensor:
        """See ``Enhancer``; only the text is read."""
        return text


class TextEnhancer(Enhancer):
    """z = LN(h_t + Drop(g_a P_a u_a + g_v P_v u_v + g_t P_t h_t)), g by a masked softmax gate.

    After the enhancer of Traits Run Deep (2025). The text slot is never masked, so the softmax is
    always defined.

    Args:
        width: model width D.
        residual_dropout: on what is added to the text.
    """

    def __init__(self, width: int, *, residual_dropout: float = 0.1) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.Linear(3 * width, width // 2), nn.ReLU(), nn.Linear(width // 2, 3)
        )
        self.maps = nn.Parameter(torch.randn(3, width, width) * width**-0.5)
        self.dropout, self.norm = nn.Dropout(residual_dropout), nn.LayerNorm(width)

    def forward(self, text: Tensor, audio: Tensor, video: Tensor, present: Tensor) -> Tensor:
        """See ``Enhancer``."""
        parts = torch.stack([text, audio, video], dim=1)  # (N, 3, D)
        anchored = torch.cat([torch.ones_like(present[:, :1]), present[:, 1:]], dim=1)
        logits = self.gate(parts.flatten(1)).masked_fill(~anchored, float("-inf"))
        mixed = torch.einsum("np,npx,pxd->nd", torch.softmax(logits, dim=-1), parts, self.maps)
        enriched: Tensor = self.norm(text + self.dropout(mixed))
        return enriched

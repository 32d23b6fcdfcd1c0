"""Column scalings of pooled features, fitted on the training candidates and stored as buffers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LIMIT = 5.0
LEAST = 5  # texts that a word must be in to tell anything


class Standard(nn.Module):
    """Zero mean and unit variance per column, cut at ±5 standard deviations."""

    mean: Tensor
    scale: Tensor

    def __init__(self, dim: int, *, support: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(dim))

    def fit(self, x: Tensor) -> None:
        """Learn from (n, D); without rows nothing changes."""
        if not len(x):
            return
        deviation = x.std(dim=0, correction=0)
        self.mean = x.mean(dim=0)
        self.scale = torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation))

    def forward(self, x: Tensor) -> Tensor:
        """(..., D) to (..., D)."""
        return ((x - self.mean) / self.scale).clamp(-LIMIT, LIMIT)


class Centred(Standard):
    """Zero mean; for embeddings whose columns share a unit."""

    def fit(self, x: Tensor) -> None:
        """Learn from (n, D); without rows nothing changes."""
        if not len(x):
            return
        self.mean = x.mean(dim=0)
        self.scale = torch.ones_like(self.mean)


class RankGaussian(nn.Module):
    """Each column to normal scores of its mid-ranks among the training values.

    Φ⁻¹((rank + ½)/(n + 1)); values outside the training range take the outermost scores. Tames the
    long tails of acoustic and motion measures. ``ordered`` has a place for every training
    candidate, infinite where one shows nothing: its shape follows from the settings alone.
    """

    ordered: Tensor

    def __init__(self, dim: int, *, support: int) -> None:
        super().__init__()
        self.support = support
        self.register_buffer("ordered", torch.zeros(dim, support))

    def fit(self, x: Tensor) -> None:
        """Learn from (n, D), n up to the support."""
        lacking = x.new_full((self.support - len(x), x.shape[1]), torch.inf)
        self.ordered = torch.cat([x, lacking]).mT.contiguous().sort(dim=1).values

    def forward(self, x: Tensor) -> Tensor:
        """(..., D) to (..., D)."""
        columns = x.reshape(-1, x.shape[-1]).mT.contiguous()  # (D, n)
        below = torch.searchsorted(self.ordered, columns, side="left")
        up_to = torch.searchsorted(self.ordered, columns, side="right")
        n = torch.isfinite(self.ordered[:1]).sum()
        share = ((below + up_to) / 2 + 0.5) / (n + 1)
        scores = torch.special.ndtri(share.clamp(0.5 / (n + 1), (n + 0.5) / (n + 1)))
        return scores.to(x.dtype).mT.reshape(x.shape)


class TfIdf(nn.Module):
    """Sub-linear term frequency × inverse document frequency, rows to unit length.

    (1 + log tf)·(1 + log((1 + n)/(1 + df))), Salton and Buckley (1988), as scikit-learn has it;
    words in fewer than ``least`` of the training texts are left out. Words that all use stay: how
    often somebody says "I" or "the" is telling (Pennebaker, Mehl and Niederhoffer, 2003).
    """

    idf: Tensor

    def __init__(self, dim: int, *, support: int, least: int = LEAST) -> None:
        super().__init__()
        self.least = least
        self.register_buffer("idf", torch.zeros(dim))

    def fit(self, x: Tensor) -> None:
        """Learn from (n, D) counts."""
        n, frequency = len(x), (x > 0).sum(dim=0)
        idf = 1 + torch.log((1 + n) / (1 + frequency))
        self.idf = torch.where(frequency >= self.least, idf, torch.zeros_like(idf)).to(x.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """(..., D) counts to (..., D)."""
        damped = torch.where(x > 0, 1 + torch.log(x.clamp(min=1e-6)), torch.zeros_like(x))
        weighted = damped * self.idf
        return weighted / weighted.norm(dim=-1, keepdim=True).clamp(min=1e-6)


SCALINGS = {"standard": Standard, "centred": Centred, "rank": RankGaussian, "tfidf": TfIdf}
COUNTS = {"tfidf"}  # of counts, which add up over tokens, not of measures, which average

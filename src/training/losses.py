"""Losses on standardised targets; all ignore NaN labels and reduce to one scalar."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def huber_loss(preds: Tensor, target: Tensor, *, delta: float = 1.0) -> Tensor:
    """Mean Huber loss, Huber (1964), over the labelled entries of (B, K)."""
    seen = torch.isfinite(target)
    error = F.huber_loss(preds, target.nan_to_num(), delta=delta, reduction="none")
    return (error * seen).sum() / seen.sum().clamp(min=1)


def ccc_loss(preds: Tensor, target: Tensor, *, eps: float = 1e-6) -> Tensor:
    """1 − concordance correlation, Lin (1989), eq. 1, per target over the batch, then averaged.

    Counters the shrinkage to the mean that squared and Huber errors reward. At least fp32.
    Targets with fewer than two labelled rows do not count.

    Args:
        preds: (B, K).
        target: (B, K), NaN where unlabelled.
        eps: keeps a batch of equal labels finite.
    """
    seen = torch.isfinite(target).float()
    count = seen.sum(dim=0)
    precision = torch.promote_types(preds.dtype, torch.float32)
    x, y = preds.to(precision) * seen, target.to(precision).nan_to_num() * seen
    n = count.clamp(min=1)
    x_mean, y_mean = x.sum(dim=0) / n, y.sum(dim=0) / n
    dx, dy = (x - x_mean) * seen, (y - y_mean) * seen
    covariance = (dx * dy).sum(dim=0) / n
    spread = (dx.square() + dy.square()).sum(dim=0) / n + (x_mean - y_mean).square()
    loss = 1 - 2 * covariance / (spread + eps)
    usable = count >= 2
    return (loss * usable).sum() / usable.sum().clamp(min=1)


def rank_loss(
    preds: Tensor,
    target: Tensor,
    group: Tensor | None = None,
    *,
    min_gap: float = 0.25,
    max_weight: float = 2.0,
) -> Tensor:
    """Pairwise logistic loss over pairs whose targets differ by more than ``min_gap``.

    Σ w_ij softplus(−sgn(y_i − y_j)(ŷ_i − ŷ_j)) / Σ w_ij with w_ij = min(|y_i − y_j|, max_weight);
    RankNet, Burges et al. (2005), weighted. 0 without a comparable pair.

    Args:
        preds: (B, K).
        target: (B, K), NaN where unlabelled.
        group: (B,) only pairs of one group count, such as answers to one question; None: all pairs.
        min_gap: in standard deviations of the target.
        max_weight: cap of a pair's weight.
    """
    gap = target.unsqueeze(0) - target.unsqueeze(1)  # (B, B, K), NaN where either is unlabelled
    counts = gap > min_gap  # each pair once, the higher first; NaN compares False
    if group is not None:
        counts = counts & (group.unsqueeze(0) == group.unsqueeze(1)).unsqueeze(-1)
    weight = gap.nan_to_num().clamp(max=max_weight) * counts
    order = F.softplus(preds.unsqueeze(1) - preds.unsqueeze(0))
    return (weight * order).sum() / weight.sum().clamp(min=1e-6)


def consistency_loss(masked: Tensor, full: Tensor) -> Tensor:
    """Mean squared change of the scores when modalities are hidden; the full ones are fixed."""
    return (masked - full.detach()).square().mean()

"""Terms that keep experts and their router in use, calm and apart.

``mask`` is the answer mask (B, T) throughout: what masked answers hold has no influence. All
compute in float32 at least and are 0 when there is no answer.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

TINY = 1e-12


def load_balance_loss(expert_weight: Tensor, mask: Tensor) -> Tensor:
    """Σ_g p_g log(E p_g) with p the mean router weight: 0 when the experts share the load evenly.

    The divergence of p from the uniform distribution, log E at most. The mean runs over answers and
    targets jointly, so one target may use one expert alone while the total stays even.

    Args:
        expert_weight: (B, T, K, E) summing to 1 over E.
        mask: (B, T) bool.
    """
    total = _valid(expert_weight, mask).sum(dim=(0, 1, 2))
    load = total / total.sum().clamp(min=TINY)
    # log clamped: an expert that is never used has gradient log(TINY), not −∞
    return (load * (load.clamp(min=TINY).log() + math.log(load.numel()))).sum()


def router_z_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Mean (log Σ_g exp x_g)² over answers and targets; ST-MoE, Zoph et al. (2022), eq. 5.

    Keeps the router's logits small, where its softmax is precise and its gradients are alive.

    Args:
        logits: (B, T, K, E).
        mask: (B, T) bool.
    """
    squared = torch.logsumexp(_valid(logits, mask), dim=-1).square()  # (B, T, K)
    return _valid(squared, mask).sum() / (mask.sum() * logits.shape[2]).clamp(min=1)


def expert_overlap_loss(features: Tensor, mask: Tensor) -> Tensor:
    """Mean squared correlation between the features of different experts, between 0 and 1.

    Σ_{g≠h} ‖φ_gᵀφ_h / n‖_F² / (E (E − 1) F²) with each φ_g (n, F) standardised over the n valid
    rows of answers and targets; penalises experts that copy one another. The mean over pairs of
    experts keeps a weight's meaning when E changes.

    Args:
        features: (B, T, K, E, F).
        mask: (B, T) bool.
    """
    experts, width = features.shape[-2:]
    rows = mask[..., None].expand(features.shape[:3]).reshape(-1, 1)  # (n, 1)
    x = _valid(features, mask).reshape(len(rows), experts * width)
    n = rows.sum().clamp(min=1)
    centred = (x - x.sum(dim=0) / n) * rows
    scaled = centred / (centred.square().sum(dim=0) / n + 1e-6).sqrt()
    correlation = (scaled.mT @ scaled / n).reshape(experts, width, experts, width)
    overlap = correlation.square().mean(dim=(1, 3))  # (E, E)
    apart = overlap.sum() - overlap.diagonal().sum()
    return apart / max(1, experts * (experts - 1))


def _valid(x: Tensor, mask: Tensor) -> Tensor:
    """(B, T, …) with masked answers set to 0, whatever they hold, in float32 at least."""
    precise = x.to(torch.promote_types(x.dtype, torch.float32))
    shown = mask.reshape(*mask.shape, *(1,) * (x.ndim - 2))
    return torch.where(shown, precise, torch.zeros((), dtype=precise.dtype, device=x.device))

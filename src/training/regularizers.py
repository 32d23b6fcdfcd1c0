"""Terms that keep experts and their router in use and apart; all ignore answers that do not exist.

``mask`` is the answer mask (B, T) throughout.
"""

from __future__ import annotations

import torch
from torch import Tensor


def load_balance_loss(expert_weight: Tensor, mask: Tensor) -> Tensor:
    """Σ_g p_g log(E p_g) with p the mean router weight: 0 when the experts share the load evenly.

    The mean runs over answers and targets jointly, so one target may use one expert alone while the
    total stays even.

    Args:
        expert_weight: (B, T, K, E) summing to 1 over E.
        mask: (B, T) bool.
    """
    valid = mask[..., None, None].to(expert_weight.dtype)
    mean = (expert_weight * valid).sum(dim=(0, 1, 2))
    mean = mean / mean.sum().clamp(min=1e-6)
    return torch.special.entr(mean).sum().neg() + torch.log(
        torch.tensor(float(mean.numel()), device=mean.device)
    )


def expert_overlap_loss(features: Tensor, mask: Tensor) -> Tensor:
    """Mean squared correlation between the features of different experts.

    Features are standardised over valid rows; penalises experts that copy one another.

    Args:
        features: (B, T, K, E, F).
        mask: (B, T) bool.
    """
    experts, width = features.shape[-2:]
    weight = mask[..., None].expand(features.shape[:3]).reshape(-1, 1, 1).to(features.dtype)
    x = features.reshape(-1, experts, width)
    n = weight.sum().clamp(min=1)
    centred = (x - (x * weight).sum(dim=0) / n) * weight
    scaled = centred / ((centred.square().sum(dim=0) / n) + 1e-6).sqrt()
    cross = torch.einsum("nef,ngh->egfh", scaled, scaled) / n
    total = cross.square().mean(dim=(-2, -1))
    off_diagonal = total.sum() - total.diagonal().sum()
    return off_diagonal / max(1, experts * (experts - 1))

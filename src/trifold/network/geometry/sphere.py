"""The unit sphere: projection, logarithm and cosines by branch-free, stable forms."""

from __future__ import annotations

import torch
from torch import Tensor

SMALL = 1e-6


def to_sphere(x: Tensor) -> Tensor:
    """X / √(‖x‖² + ε): (..., D) to (almost) unit vectors; 0 goes to 0, with finite gradient."""
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    return x / (x.square().sum(dim=-1, keepdim=True) + SMALL**2).sqrt()


def log_map(pole: Tensor, y: Tensor) -> Tensor:
    """Logarithm at ``pole``: the tangent vector there that points to ``y`` along the geodesic.

    The angle is atan2(√(‖w‖² + ε), ⟨y, μ⟩) with w = y − ⟨y, μ⟩μ, exact from 0 to almost π, where
    arccos would lose all precision at both ends.

    Args:
        pole: (D,) or (..., D) unit vector μ.
        y: (..., D) unit vectors.

    Returns:
        (..., D) of length equal to the angle between the two.
    """
    cosine = (y * pole).sum(dim=-1, keepdim=True)
    across = y - cosine * pole
    sine = (across.square().sum(dim=-1, keepdim=True) + SMALL**2).sqrt()
    return torch.atan2(sine, cosine) * across / sine


def exp_map(pole: Tensor, v: Tensor) -> Tensor:
    """Exponential map at ``pole``: cos‖v‖ μ + sin‖v‖ v/‖v‖, for v tangent there."""
    length = (v.square().sum(dim=-1, keepdim=True) + SMALL**2).sqrt()
    return torch.cos(length) * pole + torch.sin(length) * v / length

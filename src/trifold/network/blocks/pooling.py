"""Pooling over a masked axis."""

from __future__ import annotations

from torch import Tensor


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the second-last axis of the entries whose mask is True; zeros where none is.

    Args:
        values: (..., L, D).
        mask: (..., L) bool.

    Returns:
        (..., D).
    """
    weight = mask.unsqueeze(-1).to(values.dtype)
    return (values * weight).sum(dim=-2) / weight.sum(dim=-2).clamp(min=1.0)

"""A fixed affine map of tokens, learned from training candidates and stored with the weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TokenStandardizer(nn.Module):
    """Brings each of the D columns of a stream to zero mean and unit variance on training tokens.

    Values are clipped to ±``limit`` standard deviations, so that one wild token cannot dominate.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, dim: int, *, limit: float = 5.0) -> None:
        super().__init__()
        self.limit = limit
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(dim))

    def fit(self, values: Tensor, resolution: Tensor | None = None) -> None:
        """Set mean and scale; constant columns without a resolution keep scale 1.

        Args:
            values: (n, D) training tokens.
            resolution: (D,) smallest scale of each column, so that what hardly varies among the
                training people is not magnified until a step of the measurement decides.
        """
        if len(values) < 2:
            return
        deviation = values.std(dim=0)
        if resolution is not None:
            deviation = torch.maximum(deviation, resolution.to(deviation))
        self.mean.copy_(values.mean(dim=0))
        self.scale.copy_(torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation)))

    def forward(self, tokens: Tensor) -> Tensor:
        """(..., D) raw tokens to (..., D) standardised ones."""
        return ((tokens - self.mean) / self.scale).clamp(-self.limit, self.limit)

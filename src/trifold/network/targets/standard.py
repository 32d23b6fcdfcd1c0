"""The transform of targets that every other one starts from: to zero mean and unit variance."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array, TargetSchema
from trifold.network.targets.base import TargetTransform


class StandardTargets(TargetTransform):
    """Maps labels on the schema's scale to the network's standardised targets and back."""

    mean: Tensor
    scale: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, schema: TargetSchema) -> None:
        super().__init__()
        lows, highs = zip(*((target.low, target.high) for target in schema.targets), strict=True)
        self.register_buffer("low", torch.tensor(lows, dtype=torch.float32))
        self.register_buffer("high", torch.tensor(highs, dtype=torch.float32))
        self.register_buffer("mean", (self.low + self.high) / 2)
        self.register_buffer("scale", torch.ones(len(lows)))

    def fit(self, labels: Array) -> None:
        """Set mean and scale from (B, K) training labels, NaN where unlabelled.

        A target without labels keeps the middle of its scale; one of equal labels is not scaled.
        """
        rated = np.isfinite(labels).any(axis=0)
        deviation = np.nanstd(labels[:, rated], axis=0)
        self.mean[rated] = torch.as_tensor(np.nanmean(labels[:, rated], axis=0)).float()
        self.scale[rated] = torch.as_tensor(np.where(deviation > 1e-6, deviation, 1.0)).float()

    def standardize(self, labels: Tensor) -> Tensor:
        """(B, K) labels to standardised targets; NaN stays NaN."""
        return (labels - self.mean) / self.scale

    def forward(self, standardized: Tensor) -> Tensor:
        """(..., K) network outputs to scores, kept inside the rating scale."""
        scores = standardized * self.scale + self.mean
        return torch.minimum(torch.maximum(scores, self.low), self.high)

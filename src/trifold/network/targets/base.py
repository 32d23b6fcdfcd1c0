"""What every transform between labels and the network's targets offers."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from trifold.contracts import Array


class TargetTransform(nn.Module, ABC):
    """Buffers only, fitted on training labels, saved with the weights and increasing per target."""

    @abstractmethod
    def fit(self, labels: Array) -> None:
        """Learn from (B, K) training labels on the schema's scale, NaN where unlabelled."""

    @abstractmethod
    def standardize(self, labels: Tensor) -> Tensor:
        """(B, K) labels to the network's targets; NaN stays NaN."""

    @abstractmethod
    def forward(self, standardized: Tensor) -> Tensor:
        """(..., K) network outputs to scores, kept inside the rating scale."""

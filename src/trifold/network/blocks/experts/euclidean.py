"""Euclidean experts."""

from __future__ import annotations

from torch import Tensor, nn

from trifold.network.base import trained_numbers
from trifold.network.blocks.experts.base import Expert


class EuclideanExpert(Expert):
    """φ = LN(W2 GELU(W1 r)).

    Args:
        width: D.
        feature_dim: F.
        hidden: width between the two maps; None takes F.
    """

    geometry = "euclidean"

    def __init__(self, width: int, *, feature_dim: int = 64, hidden: int | None = None) -> None:
        super().__init__()
        hidden = feature_dim if hidden is None else hidden
        self.layers = nn.Sequential(
            nn.Linear(width, hidden),
            nn.GELU(),
            nn.Linear(hidden, feature_dim),
            nn.LayerNorm(feature_dim),
        )

    def forward(self, r: Tensor) -> Tensor:
        """(..., D) to (..., F)."""
        features: Tensor = self.layers(r)
        return features


class MatchedEuclideanExpert(EuclideanExpert):
    """A Euclidean expert with as many parameters as another one, as its control.

    Args:
        width: D.
        stands_for: the expert whose parameters are counted; it is not kept.
        feature_dim: F.
    """

    def __init__(self, width: int, *, stands_for: Expert, feature_dim: int = 64) -> None:
        parameters = trained_numbers(stands_for)
        hidden = round((parameters - 3 * feature_dim) / (width + feature_dim + 1))
        super().__init__(width, feature_dim=feature_dim, hidden=max(1, hidden))

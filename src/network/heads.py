"""From a fused vector to the K standardised targets."""

from __future__ import annotations

from torch import Tensor, nn


class LinearHead(nn.Module):
    """LayerNorm, dropout and one linear map.

    Args:
        in_dim: width of the fused vector.
        num_targets: K.
        dropout: probability.
    """

    def __init__(self, in_dim: int, *, num_targets: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(in_dim), nn.Dropout(dropout), nn.Linear(in_dim, num_targets)
        )

    def forward(self, fused: Tensor) -> Tensor:
        """(..., in_dim) to (..., K)."""
        scores: Tensor = self.layers(fused)
        return scores

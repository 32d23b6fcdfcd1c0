"""From an encoder's tokens to the width of the network."""

from __future__ import annotations

from torch import Tensor, nn

from trifold.network.blocks.affine import TokenStandardizer


class TokenProjector(nn.Module):
    """Standardise, project, GELU, dropout: each token on its own.

    Args:
        dim: width of the stream's tokens.
        width: model width D.
        dropout: probability, on the way in and on the way out.
    """

    def __init__(self, dim: int, *, width: int, dropout: float) -> None:
        super().__init__()
        self.standardizer = TokenStandardizer(dim)
        self.layers = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(dim, width), nn.GELU(), nn.Dropout(dropout)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T, L, dim) to (B, T, L, D)."""
        projected: Tensor = self.layers(self.standardizer(tokens))
        return projected

    def token_mask(self, mask: Tensor) -> Tensor:
        """(N, L) bool, unchanged: one token stays one token."""
        return mask

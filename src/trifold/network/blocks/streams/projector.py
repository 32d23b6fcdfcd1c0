"""From an encoder's tokens to the width of the network."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from trifold.network.blocks.affine import TokenStandardizer


class Projector(nn.Module, ABC):
    """Reads the tokens of one stream and gives D-wide ones, perhaps of another number.

    Attributes:
        standardizer: fitted on the training tokens.
    """

    standardizer: TokenStandardizer

    @abstractmethod
    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(N, L, dim) and (N, L) bool, True where a token is real, to (N, L', D)."""

    @abstractmethod
    def token_mask(self, mask: Tensor) -> Tensor:
        """(N, L) bool to the (N, L') mask of what ``forward`` returns."""


class TokenProjector(Projector):
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

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """(..., L, dim) to (..., L, D); the mask is not read."""
        projected: Tensor = self.layers(self.standardizer(tokens))
        return projected

    def token_mask(self, mask: Tensor) -> Tensor:
        """(N, L) bool, unchanged: one token stays one token."""
        return mask

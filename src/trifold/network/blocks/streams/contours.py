"""Psycholinguistic contours as one text path: how a transcript runs, read as a series."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.streams.projector import Projector


class ContourPath(Projector):
    """A bidirectional LSTM over sentences, its states weighted by attention to one D-wide token.

    After Kerz et al. (2022), who read personality from sentence-level feature series. The backward
    pass runs over each answer's own sentences turned round, so padding never enters a state.

    Args:
        dim: width of the stream's tokens.
        width: model width D.
        hidden: units per direction.
        dropout: probability, on the way in and before the projection.
    """

    def __init__(self, dim: int, *, width: int, hidden: int = 64, dropout: float = 0.2) -> None:
        super().__init__()
        self.standardizer = TokenStandardizer(dim)
        self.dropout = nn.Dropout(dropout)
        self.forth = nn.LSTM(dim, hidden, batch_first=True)
        self.back = nn.LSTM(dim, hidden, batch_first=True)
        self.score = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1))
        self.out = nn.Linear(2 * hidden, width)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(N, L, dim) and (N, L) bool to (N, 1, D).

        Real tokens may stand anywhere in a row; one without any is zero before the projection.
        """
        order = (~mask).to(torch.int64).argsort(dim=1, stable=True)  # real ones first, in order
        mask = mask.gather(1, order)
        x = tokens.gather(1, order.unsqueeze(-1).expand_as(tokens))
        x = self.dropout(self.standardizer(x)) * mask.unsqueeze(-1)
        turned = reversal(mask)
        states = torch.cat(
            [self.forth(x)[0], _picked(self.back(_picked(x, turned))[0], turned)], -1
        )
        logits = self.score(states).squeeze(-1).masked_fill(~mask, -1e4)
        weight = torch.softmax(logits, dim=-1) * mask
        pooled = (weight.unsqueeze(-1) * states).sum(dim=1, keepdim=True)
        projected: Tensor = self.out(self.dropout(pooled))
        return projected

    def token_mask(self, mask: Tensor) -> Tensor:
        """(N, L) bool to the (N, 1) mask of what ``forward`` returns."""
        return mask.any(dim=1, keepdim=True)


def reversal(mask: Tensor) -> Tensor:
    """(N, L) indices that turn the real tokens at the start of each row round; its own inverse."""
    length = mask.sum(dim=1, keepdim=True)
    at = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
    return torch.where(at < length, length - 1 - at, at)


def _picked(x: Tensor, index: Tensor) -> Tensor:
    return x.gather(1, index.unsqueeze(-1).expand_as(x))

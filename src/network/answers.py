"""From answers to the candidate."""

from __future__ import annotations

from torch import Tensor, nn

from src.network.pooling import masked_mean


class MeanOfAnswers(nn.Module):
    """The candidate's score is the mean over the answers that exist."""

    def forward(self, answer_scores: Tensor, answer_mask: Tensor) -> Tensor:
        """(B, T, K) and (B, T) bool to (B, K)."""
        return masked_mean(answer_scores, answer_mask)

"""From answers to the candidate."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from src.network.pooling import masked_mean


class MeanOfAnswers(nn.Module):
    """The candidate's score is the mean over the answers that exist."""

    def forward(self, answer_scores: Tensor, answer_mask: Tensor) -> Tensor:
        """(B, T, K) and (B, T) bool to (B, K)."""
        return masked_mean(answer_scores, answer_mask)


class QuestionAwareAnswers(nn.Module):
    """Each trait weights the answers by their questions: softmax_T(⟨e_k, W q⟩), then a sum.

    W starts at zero, which is the plain mean. Learns, for example, that a question about annoyance
    says more about agreeableness than one about order.

    Args:
        question_dim: width of the question embedding.
        num_targets: K.
        key_dim: width of the trait keys.
    """

    def __init__(self, question_dim: int, *, num_targets: int, key_dim: int = 32) -> None:
        super().__init__()
        self.trait = nn.Parameter(torch.randn(num_targets, key_dim) * key_dim**-0.5)
        self.key = nn.Parameter(torch.zeros(question_dim, key_dim))

    def forward(self, answer_scores: Tensor, answer_mask: Tensor, question: Tensor) -> Tensor:
        """Aggregate answers.

        Args:
            answer_scores: (B, T, K) or (B, T, K, M).
            answer_mask: (B, T) bool, at least one True per row.
            question: (B, T, question_dim), zeros where unknown.

        Returns:
            (B, K) or (B, K, M).
        """
        weight = self.weights(answer_mask, question)
        if answer_scores.dim() == 4:
            return torch.einsum("btk,btkm->bkm", weight, answer_scores)
        return torch.einsum("btk,btk->bk", weight, answer_scores)

    def weights(self, answer_mask: Tensor, question: Tensor) -> Tensor:
        """(B, T, K) summing to 1 over the answers that exist, 0 for the others."""
        logits = (question @ self.key) @ self.trait.mT  # (B, T, K)
        logits = logits.masked_fill(~answer_mask.unsqueeze(-1), -1e4)
        return torch.softmax(logits, dim=1)

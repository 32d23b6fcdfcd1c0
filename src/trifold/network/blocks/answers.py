"""From answers to the candidate."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trifold.network.blocks.pooling import masked_mean


class MeanOfAnswers(nn.Module):
    """The candidate's score is the mean over the answers that exist."""

    def forward(self, answer_scores: Tensor, answer_mask: Tensor) -> Tensor:
        """(B, T, K) and (B, T) bool to (B, K)."""
        return masked_mean(answer_scores, answer_mask)


AGGREGATES = ("question", "question_hard", "mean", "max")


class QuestionAwareAnswers(nn.Module):
    """Each trait weights the answers by their questions: softmax_T(⟨e_k, W q⟩), then a sum.

    W starts at zero, which is the plain mean. Learns, for example, that a question about annoyance
    says more about agreeableness than one about order.

    Args:
        question_dim: width of the question embedding.
        num_targets: K.
        key_dim: width of the trait keys.
        mode: ``question``; ``question_hard`` takes the answer of the largest weight alone, with the
            gradient of the soft one; ``mean``; or ``max``, the highest score.

    Raises:
        ValueError: for an unknown mode.
    """

    def __init__(
        self, question_dim: int, *, num_targets: int, key_dim: int = 32, mode: str = "question"
    ) -> None:
        super().__init__()
        if mode not in AGGREGATES:
            known = ", ".join(AGGREGATES)
            raise ValueError(f"expected an aggregate among {known}, got {mode!r}")
        self.mode = mode
        dim = question_dim if mode.startswith("question") else 0
        self.trait = nn.Parameter(torch.randn(num_targets, key_dim) * key_dim**-0.5)
        self.key = nn.Parameter(torch.zeros(dim, key_dim))

    def forward(self, answer_scores: Tensor, answer_mask: Tensor, question: Tensor) -> Tensor:
        """Aggregate answers.

        Args:
            answer_scores: (B, T, K) or (B, T, K, M).
            answer_mask: (B, T) bool, at least one True per row.
            question: (B, T, question_dim), zeros where unknown.

        Returns:
            (B, K) or (B, K, M).
        """
        if self.mode == "max":
            hidden = ~answer_mask.reshape(*answer_mask.shape, *(1,) * (answer_scores.dim() - 2))
            return answer_scores.masked_fill(hidden, -1e4).amax(dim=1)
        return torch.einsum("btk,btk...->bk...", self.weights(answer_mask, question), answer_scores)

    def weights(self, answer_mask: Tensor, question: Tensor) -> Tensor:
        """(B, T, K) summing to 1 over the answers that exist, 0 for the others."""
        logits = (question[..., : len(self.key)] @ self.key) @ self.trait.mT  # (B, T, K)
        logits = logits.masked_fill(~answer_mask.unsqueeze(-1), -1e4)
        weight = torch.softmax(logits, dim=1)
        if self.mode != "question_hard":
            return weight
        chosen = F.one_hot(logits.argmax(dim=1), logits.shape[1]).mT.to(weight.dtype)  # (B, T, K)
        return chosen + weight - weight.detach()

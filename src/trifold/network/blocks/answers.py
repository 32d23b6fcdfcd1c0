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


class QuestionAwareAnswers(nn.Module):
    """Each trait weights the answers by their questions: softmax_T(⟨e_k, W q⟩), then a sum.

    W starts at zero, which is the plain mean. Learns, for example, that a question about annoyance
    says more about agreeableness than one about order.

    Args:
        question_dim: width of the question embedding; 0 is the mean.
        num_targets: K.
        key_dim: width of the trait keys e_k.
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
        return torch.einsum("btk,btk...->bk...", self.weights(answer_mask, question), answer_scores)

    def weights(self, answer_mask: Tensor, question: Tensor) -> Tensor:
        """(B, T, K) summing to 1 over the answers that exist, 0 for the others."""
        return torch.softmax(self._logits(answer_mask, question), dim=1)

    def _logits(self, answer_mask: Tensor, question: Tensor) -> Tensor:
        """(B, T, K), −1e4 for answers that do not exist."""
        logits = (question[..., : len(self.key)] @ self.key) @ self.trait.mT
        return logits.masked_fill(~answer_mask.unsqueeze(-1), -1e4)


class HardQuestionAnswers(QuestionAwareAnswers):
    """The answer of the largest weight alone, with the gradient of the soft weights."""

    def weights(self, answer_mask: Tensor, question: Tensor) -> Tensor:
        """(B, T, K), 1 for the chosen answer and 0 for the others."""
        logits = self._logits(answer_mask, question)
        weight = torch.softmax(logits, dim=1)
        chosen = F.one_hot(logits.argmax(dim=1), logits.shape[1]).mT.to(weight.dtype)  # (B, T, K)
        return chosen + weight - weight.detach()


class EvenAnswers(QuestionAwareAnswers):
    """The mean over the answers that exist, whatever was asked.

    The trait keys have nothing to match; they stay, so that weights fit that were stored with them.

    Args:
        num_targets: K.
        key_dim: width of the trait keys.
    """

    def __init__(self, *, num_targets: int, key_dim: int = 32) -> None:
        super().__init__(0, num_targets=num_targets, key_dim=key_dim)


class HighestAnswer(EvenAnswers):
    """The highest score among the answers that exist."""

    def forward(self, answer_scores: Tensor, answer_mask: Tensor, question: Tensor) -> Tensor:
        """See ``QuestionAwareAnswers``; the question is not read."""
        hidden = ~answer_mask.reshape(*answer_mask.shape, *(1,) * (answer_scores.dim() - 2))
        return answer_scores.masked_fill(hidden, -1e4).amax(dim=1)

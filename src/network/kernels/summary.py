"""From the tokens of a stream to one vector per candidate, or per candidate and question."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from src.network.pooling import masked_mean

SAME_QUESTION = 0.9  # cosine from which two question embeddings count as the same question


class QuestionSlots(nn.Module):
    """Assigns answers to the questions that were seen in training.

    Args:
        question_dim: width of the question embedding; 0 where questions are unknown.
        slots: Q, the number of questions; without questions all answers go to the one slot.
    """

    known: Tensor

    def __init__(self, question_dim: int, *, slots: int = 1) -> None:
        super().__init__()
        self.register_buffer("known", torch.zeros(slots, question_dim))

    @torch.no_grad()
    def fit(self, question: Tensor, answer_mask: Tensor) -> None:
        """Learn the distinct questions of (B, T, D) unit embeddings, in order of appearance."""
        found: list[Tensor] = []
        for row in question[answer_mask]:
            if row.norm() > 0 and all(float(row @ old) < SAME_QUESTION for old in found):
                found.append(row / row.norm())
        self.known = torch.stack(found) if found else question.new_zeros(1, 0)

    def forward(self, question: Tensor, answer_mask: Tensor) -> Tensor:
        """(B, T, D) and (B, T) bool to (B, Q, T) bool: which answers fill which slot."""
        if self.known.shape[1] == 0:
            return answer_mask.unsqueeze(1)
        same = torch.einsum("btd,qd->bqt", question, self.known) >= SAME_QUESTION
        return same & answer_mask.unsqueeze(1)


def answer_means(tokens: Tensor, token_mask: Tensor) -> tuple[Tensor, Tensor]:
    """(B, T, L, D) and (B, T, L) to means (B, T, D) and whether there is any token (B, T)."""
    return masked_mean(tokens, token_mask), token_mask.any(dim=-1)


def per_slot(values: Tensor, there: Tensor, slots: Tensor) -> tuple[Tensor, Tensor]:
    """Mean over the answers of each slot.

    Args:
        values: (B, T, D).
        there: (B, T) bool.
        slots: (B, Q, T) bool.

    Returns:
        (B, Q, D) and (B, Q) bool.
    """
    mask = slots & there.unsqueeze(1)
    share = mask.to(values.dtype)
    share = share / share.sum(dim=-1, keepdim=True).clamp(min=1.0)
    return torch.einsum("bqt,btd->bqd", share, values), mask.any(dim=-1)

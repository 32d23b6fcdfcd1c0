"""From the tokens of a stream to one vector per candidate, or per candidate and question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from trifold.network.kernels.scaling import COUNTS, LEAST

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
        """Learn the distinct questions of (B, T, D) unit embeddings, in order of appearance.

        One question is as good as none: all answers go to the one slot.
        """
        found: list[Tensor] = []
        for row in question[answer_mask]:
            if row.norm() > 0 and all(float(row @ old) < SAME_QUESTION for old in found):
                found.append(row / row.norm())
        self.known = torch.stack(found) if len(found) > 1 else question.new_zeros(1, 0)

    def forward(self, question: Tensor, answer_mask: Tensor) -> Tensor:
        """(B, T, D) and (B, T) bool to (B, Q, T) bool: which answers fill which slot."""
        if self.known.shape[1] == 0:
            return answer_mask.unsqueeze(1)
        same = torch.einsum("btd,qd->bqt", question, self.known) >= SAME_QUESTION
        return same & answer_mask.unsqueeze(1)


class SharedColumns(nn.Module):
    """Keeps the columns of counts in which enough training candidates have any.

    Args:
        kept: how many columns these are.
    """

    index: Tensor

    def __init__(self, kept: int) -> None:
        super().__init__()
        self.register_buffer("index", torch.arange(kept))

    @torch.no_grad()
    def fit(self, counts: Tensor) -> None:
        """Learn from (B, T, L, D) counts, zero where masked."""
        self.index.copy_(shared_columns(counts))

    def forward(self, counts: Tensor) -> Tensor:
        """(B, T, L, D) to (B, T, L, kept)."""
        # row by row: ``index_select`` goes column by column, ten times as long where rows are wide
        return counts.gather(-1, self.index.expand(*counts.shape[:-1], -1))


def shared_columns(counts: Tensor, *, least: int = LEAST) -> Tensor:
    """The columns of (B, T, L, D) counts that ``least`` candidates have; one, where none is."""
    frequency = (counts.sum(dim=(1, 2)) > 0).sum(dim=0)
    found = torch.nonzero(frequency >= least).flatten()
    return found if len(found) else frequency.argmax(keepdim=True)


class AnswerSums(NamedTuple):
    """Sums over the tokens of each answer, from which the moments of any set of answers follow.

    Attributes:
        tokens: (B, T), how many.
        total: (B, T, D).
        square: (B, T, D) of squares; (B, T, 0) where nobody asks for them.
    """

    tokens: Tensor
    total: Tensor
    square: Tensor

    def alone(self) -> AnswerSums:
        """(B·T, 1, …): each answer as if it were the only one."""
        return AnswerSums(*(x.flatten(0, 1).unsqueeze(1) for x in self))

    def rows(self, chosen: Tensor) -> AnswerSums:
        """Of the candidates that (B,) bool chooses."""
        return self if bool(chosen.all()) else AnswerSums(*(x[chosen] for x in self))


def answer_sums(tokens: Tensor, token_mask: Tensor, *, squares: bool) -> AnswerSums:
    """(B, T, L, D) and (B, T, L) to their sums; masked tokens do not count."""
    shown = tokens * token_mask.unsqueeze(-1)
    count = token_mask.sum(dim=-1).to(tokens.dtype)
    squared = (shown if squares else shown[..., :0]).square()
    return AnswerSums(count, shown.sum(dim=2), squared.sum(dim=2))


def slot_totals(sums: AnswerSums, slots: Tensor) -> tuple[Tensor, Tensor]:
    """Sum over all tokens of the answers of each slot: counts stay counts.

    Args and returns as ``slot_moments``.
    """
    chosen = slots.to(sums.total.dtype)
    count = torch.einsum("bqt,bt->bq", chosen, sums.tokens)
    return torch.einsum("bqt,btd->bqd", chosen, sums.total), count > 0


def slot_moments(sums: AnswerSums, slots: Tensor, *, spread: bool) -> tuple[Tensor, Tensor]:
    """Mean over all tokens of the answers of each slot, and with ``spread`` their deviation.

    Args:
        sums: of every answer.
        slots: (B, Q, T) bool.
        spread: put the standard deviation beside the mean.

    Returns:
        (B, Q, D) or (B, Q, 2 D), and (B, Q) bool whether there is any token.
    """
    chosen = slots.to(sums.total.dtype)
    count = torch.einsum("bqt,bt->bq", chosen, sums.tokens)
    share = chosen / count.clamp(min=1.0).unsqueeze(-1)
    mean = torch.einsum("bqt,btd->bqd", share, sums.total)
    if not spread:
        return mean, count > 0
    square = torch.einsum("bqt,btd->bqd", share, sums.square)
    deviation = (square - mean.square()).clamp(min=1e-8).sqrt()
    return torch.cat([mean, deviation], dim=-1), count > 0


def slot_features(
    sums: AnswerSums, slots: Tensor, view: Mapping[str, Any]
) -> tuple[Tensor, Tensor]:
    """One stream as a view wants it: totals of counts, else moments.

    Args and returns as ``slot_moments``; of the view's settings ``scaling`` and ``spread`` count.
    """
    if view["scaling"] in COUNTS:
        return slot_totals(sums, slots)
    return slot_moments(sums, slots, spread=view["spread"])

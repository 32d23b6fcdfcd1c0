"""How the text comes to know what was asked."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class QuestionInText(nn.Module, ABC):
    """What becomes of the text's tokens when the question is known."""

    @abstractmethod
    def forward(self, text: Tensor, mask: Tensor, question: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens and mask of the text.

        Args:
            text: (N, L, D).
            mask: (N, L) bool.
            question: (N, question_dim), zeros where unknown.

        Returns:
            (N, L', D) and (N, L') bool.
        """


class PlainTokens(QuestionInText):
    """The text alone: only the aggregation of answers may know the question."""

    def forward(self, text: Tensor, mask: Tensor, question: Tensor) -> tuple[Tensor, Tensor]:
        """See ``QuestionInText``; nothing changes."""
        return text, mask


class QuestionToken(QuestionInText):
    """The question joins the text as one more token, which is always there.

    Args:
        question_dim: width of the question embedding; 0, where nothing is asked, adds no token.
        width: model width D.
    """

    weight: Tensor | None
    bias: Tensor | None

    def __init__(self, *, question_dim: int, width: int) -> None:
        super().__init__()
        self.register_parameter("weight", None)
        self.register_parameter("bias", None)
        if question_dim:
            linear = nn.Linear(question_dim, width)
            self.weight, self.bias = linear.weight, linear.bias

    def forward(self, text: Tensor, mask: Tensor, question: Tensor) -> tuple[Tensor, Tensor]:
        """See ``QuestionInText``."""
        if self.weight is None:
            return text, mask
        token = nn.functional.linear(question, self.weight, self.bias).unsqueeze(1)
        return torch.cat([text, token], dim=1), torch.cat([mask, torch.ones_like(mask[:, :1])], 1)

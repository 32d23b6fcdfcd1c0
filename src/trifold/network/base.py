"""The assembly: streams of tokens in, scores of answers and candidates out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from trifold.contracts import FeatureBatch
from trifold.errors import InputError
from trifold.network.blocks.affine import TokenStandardizer


class NetworkOutput(NamedTuple):
    """Standardised scores, and how they came about where the network tells.

    Attributes:
        candidate: (B, K).
        answer: (B, T, K).
        members: (B, K, M) of an ensemble head, whose mean ``candidate`` is.
        path_weight: (B, T, K, P) of trait-specific routing over modality paths.
        expert_weight: (B, T, K, E) of the router over experts.
        expert_features: (B, T, K, E, F).
        expert_logits: (B, T, K, E), of which ``expert_weight`` is the softmax.
    """

    candidate: Tensor
    answer: Tensor
    members: Tensor | None = None
    path_weight: Tensor | None = None
    expert_weight: Tensor | None = None
    expert_features: Tensor | None = None
    expert_logits: Tensor | None = None


class FusionNetwork(nn.Module, ABC):
    """What every fusion network offers to training and scoring.

    A network takes ``stream_dims``, ``stream_modality`` and ``num_targets`` beside its own
    settings, or parts that do.

    Attributes:
        streams: names of those that it reads, the question not among them.
    """

    streams: tuple[str, ...]

    @abstractmethod
    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch.

        Args:
            tokens: stream name to (B, T, L, D_stream).
            token_mask: stream name to (B, T, L) bool, True where a token is real.
            answer_mask: (B, T) bool, True where an answer is; at least one per row.

        Returns:
            Standardised scores, see ``NetworkOutput``.
        """

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """Stream name to the module that whitens its tokens."""
        raise NotImplementedError

    @torch.no_grad()
    def fit_standardizers(
        self, train: FeatureBatch, resolution: Mapping[str, Tensor] | None = None
    ) -> None:
        """Fit them on the tokens of the training candidates alone.

        Args:
            train: those candidates.
            resolution: stream name to the (D,) smallest scale of its columns; 0 where none is said.
        """
        for stream, standardizer in self.standardizers().items():
            tokens = train.tokens[stream][train.token_mask[stream]]
            standardizer.fit(tokens, (resolution or {}).get(stream))

    def initialise(self, train: FeatureBatch) -> None:
        """Start trained numbers from the training candidates, where a network has such.

        Called once before training, after ``fit_standardizers``.

        Args:
            train: those candidates.
        """

    def read_own_questions(self, own: Tensor) -> None:
        """Take over which question was written for which target, where a network asks.

        Called once before training.

        Args:
            own: (K, D_question) embeddings, zeros where a target has none of its own.
        """

    def condensed(self, batch: FeatureBatch) -> FeatureBatch:
        """A batch of the same candidates that gives the same scores, smaller where that is known.

        Training reads it at every step.
        """
        return batch

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """(B, K) scores of candidates alone, where nobody asks for those of answers."""
        output: NetworkOutput = self(tokens, token_mask, answer_mask)
        return output.candidate

    def fused(self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor]) -> Tensor:
        """(B, T, F) what is read of each answer before it is scored.

        Pre-training learns it, and a Gaussian process can score by it.

        Raises:
            InputError: by a network that has no such vector.
        """
        raise InputError(
            expected="a network that can be pre-trained or read by a Gaussian process (trifold, "
            "trifold_small, trifold_shortcut, pooled)",
            got=type(self).__name__,
        )

    def parameters_by_part(self) -> dict[str, int]:
        """How many trained numbers each part holds; parts without any are left out."""
        parts = {name: trained_numbers(part) for name, part in self.named_children()}
        return {name: n for name, n in parts.items() if n}


def trained_numbers(module: nn.Module) -> int:
    """How many numbers of a module gradient descent trains."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)

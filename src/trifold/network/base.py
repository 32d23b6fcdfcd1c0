"""The assembly: streams of tokens in, scores of answers and candidates out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from trifold.contracts import MODALITIES, FeatureBatch, Modality
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.answers import MeanOfAnswers
from trifold.network.blocks.heads import LinearHead
from trifold.network.blocks.pooling import masked_mean
from trifold.network.blocks.streams.projector import TokenProjector


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
    def fit_standardizers(self, train: FeatureBatch) -> None:
        """Fit them on the tokens of the training candidates alone."""
        for stream, standardizer in self.standardizers().items():
            standardizer.fit(train.tokens[stream][train.token_mask[stream]])

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """(B, K) scores of candidates alone, where nobody asks for those of answers."""
        output: NetworkOutput = self(tokens, token_mask, answer_mask)
        return output.candidate

    def parameters_by_part(self) -> dict[str, int]:
        """How many trained numbers each part holds; parts without any are left out."""
        parts = {name: trained_numbers(part) for name, part in self.named_children()}
        return {name: n for name, n in parts.items() if n}


def trained_numbers(module: nn.Module) -> int:
    """How many numbers of a module gradient descent trains."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


class PooledFusion(FusionNetwork):
    """The plainest fusion: project, pool over time, concatenate, read out.

    A modality without any token in an answer is replaced by a learned null vector, so every subset
    of modalities gives finite scores.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to text, audio or video.
        num_targets: K.
        width: model width D per stream.
        dropout: probability throughout.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        width: int = 64,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        shown = [stream for stream in stream_dims if stream_modality[stream] in MODALITIES]
        order = sorted(shown, key=lambda name: MODALITIES.index(stream_modality[name]))
        self.streams = tuple(order)
        self.projectors = nn.ModuleDict(
            {s: TokenProjector(stream_dims[s], width=width, dropout=dropout) for s in order}
        )
        self.null = nn.ParameterDict({s: nn.Parameter(torch.zeros(width)) for s in order})
        self.head = LinearHead(width * len(order), num_targets=num_targets, dropout=dropout)
        self.answers = MeanOfAnswers()

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """Those of the projectors."""
        return {stream: self._projector(stream).standardizer for stream in self.streams}

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        pooled = [self._pool(stream, tokens[stream], token_mask[stream]) for stream in self.streams]
        answer = self.head(torch.cat(pooled, dim=-1))  # (B, T, K)
        return NetworkOutput(candidate=self.answers(answer, answer_mask), answer=answer)

    def _pool(self, stream: str, tokens: Tensor, mask: Tensor) -> Tensor:
        """(B, T, L, D_stream) to (B, T, D), the null vector where nothing is there."""
        pooled = masked_mean(self._projector(stream)(tokens), mask)
        return torch.where(mask.any(dim=-1, keepdim=True), pooled, self.null[stream])

    def _projector(self, stream: str) -> TokenProjector:
        return cast(TokenProjector, self.projectors[stream])

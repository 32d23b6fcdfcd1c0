"""The plainest fusion network, which others are held against."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from trifold.contracts import MODALITIES, QUESTION, FeatureBatch, Modality
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.answers import MeanOfAnswers
from trifold.network.blocks.heads import LinearHead
from trifold.network.blocks.pooling import masked_mean
from trifold.network.blocks.streams.projector import TokenProjector


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
        streams: those that are read; all by default.
        pool_first: pool over time, then project: faster by the number of tokens, and each number
            of the pooled vectors gets the same say however much it varies from token to token.

    Raises:
        ValueError: for a stream that is not there, or none.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        width: int = 64,
        dropout: float = 0.2,
        streams: Collection[str] | None = None,
        pool_first: bool = False,
    ) -> None:
        super().__init__()
        self.pool_first = pool_first
        shown = [stream for stream in stream_dims if stream_modality[stream] in MODALITIES]
        if streams is not None:
            unknown = sorted(set(streams) - set(shown))
            if unknown or not streams:
                raise ValueError(f"expected streams among {', '.join(shown)}, got {unknown}")
            shown = [stream for stream in shown if stream in streams]
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

    @torch.no_grad()
    def fit_standardizers(
        self, train: FeatureBatch, resolution: Mapping[str, Tensor] | None = None
    ) -> None:
        """Fit them on what they are given, tokens or pooled ones; see ``FusionNetwork``."""
        if not self.pool_first:
            super().fit_standardizers(train, resolution)
            return
        for stream, standardizer in self.standardizers().items():
            mask = train.token_mask[stream]
            pooled = masked_mean(train.tokens[stream], mask)[mask.any(dim=-1)]
            standardizer.fit(pooled, (resolution or {}).get(stream))

    def condensed(self, batch: FeatureBatch) -> FeatureBatch:
        """Tokens of each answer as the one that is read; see ``FusionNetwork``."""
        if not self.pool_first:
            return batch
        tokens, masks = dict(batch.tokens), dict(batch.token_mask)
        for stream in self.streams:
            mask = masks[stream]
            tokens[stream] = masked_mean(tokens[stream], mask).unsqueeze(2)
            masks[stream] = mask.any(dim=-1, keepdim=True)
        read = [s for s in tokens if s in self.streams or s == QUESTION]
        return replace(
            batch, tokens={s: tokens[s] for s in read}, token_mask={s: masks[s] for s in read}
        )

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        answer = self.head(self.fused(tokens, token_mask))  # (B, T, K)
        return NetworkOutput(candidate=self.answers(answer, answer_mask), answer=answer)

    def fused(self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor]) -> Tensor:
        """(B, T, S·D) of S streams; see ``FusionNetwork``."""
        pooled = [self._pool(stream, tokens[stream], token_mask[stream]) for stream in self.streams]
        return torch.cat(pooled, dim=-1)

    def _pool(self, stream: str, tokens: Tensor, mask: Tensor) -> Tensor:
        """(B, T, L, D_stream) to (B, T, D), the null vector where nothing is there."""
        project = self._projector(stream)
        if self.pool_first:
            pooled = project(masked_mean(tokens, mask))
        else:
            pooled = masked_mean(project(tokens), mask)
        return torch.where(mask.any(dim=-1, keepdim=True), pooled, self.null[stream])

    def _projector(self, stream: str) -> TokenProjector:
        return cast(TokenProjector, self.projectors[stream])

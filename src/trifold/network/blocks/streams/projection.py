"""From the tokens of all streams to D-wide tokens of each modality."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from trifold.contracts import MODALITIES, QUESTION, Modality
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.streams.projector import Projector


class ProjectedStreams(NamedTuple):
    """The N = B·T answers of a batch, each on its own.

    Attributes:
        tokens: modality to (N, L', D); the first token is the null token.
        mask: modality to (N, L') bool; the null token is there where nothing else is.
        present: (N, 3) bool, whether text, audio and video are there.
        question: (B, T, question_dim) embedding of what was asked, zeros where unknown.
    """

    tokens: dict[str, Tensor]
    mask: dict[str, Tensor]
    present: Tensor
    question: Tensor


class StreamProjection(nn.Module):
    """Every stream through a projector of its own; null tokens where a modality is missing.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to text, audio, video or question.
        width: model width D.
        projector: makes the projector of a stream of a given ``dim``.
        by_stream: stream name to what makes its projector in place of that.
        streams: read only these; None reads all.
        learned_null: False leaves the null tokens at zero.

    Raises:
        ValueError: when a named stream is not there.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        width: int,
        projector: Callable[..., Projector],
        by_stream: Mapping[str, Callable[..., Projector]] | None = None,
        streams: Sequence[str] | None = None,
        learned_null: bool = True,
    ) -> None:
        super().__init__()
        named = by_stream or {}
        unknown = sorted({*(streams or ()), *named} - set(stream_dims))
        if unknown:
            raise ValueError(f"expected streams among {', '.join(stream_dims)}, got {unknown}")
        read = [s for s in stream_dims if streams is None or s in streams]
        self.by_modality = {
            m: sorted(s for s in read if stream_modality[s] == m) for m in MODALITIES
        }
        self.streams = tuple(s for names in self.by_modality.values() for s in names)
        self.asked = next((s for s in stream_dims if stream_modality[s] == QUESTION), None)
        made = {s: projector(dim=stream_dims[s]) for s in self.streams}
        # Those of their own come last, so that other streams start the same with and without them.
        made |= {s: named[s](dim=stream_dims[s]) for s in self.streams if s in named}
        self.projectors = nn.ModuleDict(made)
        # The embedding of each stream: bundles hold it under this name.
        self.kind = nn.ParameterDict({s: nn.Parameter(torch.zeros(width)) for s in self.streams})
        null = 0.02 * torch.randn(len(MODALITIES), width)
        null = null if learned_null else torch.zeros_like(null)
        self.null = nn.Parameter(null, requires_grad=learned_null)

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """Stream name to the module that whitens its tokens."""
        return {s: self._projector(s).standardizer for s in self.streams}

    def forward(
        self, tokens: Mapping[str, Tensor], token_mask: Mapping[str, Tensor]
    ) -> ProjectedStreams:
        """(B, T, L, ·) streams and their (B, T, L) bool masks to D-wide tokens by modality."""
        batch, answers, _ = next(iter(token_mask.values())).shape
        rows = batch * answers
        parts: dict[str, Tensor] = {}
        masks: dict[str, Tensor] = {}
        there: list[Tensor] = []
        for index, modality in enumerate(MODALITIES):
            pairs = [self._projected(s, tokens, token_mask) for s in self.by_modality[modality]]
            null = self.null[index].expand(rows, 1, -1)
            mask = torch.cat([m for _, m in pairs], 1) if pairs else null.new_zeros(rows, 0) > 0
            present = mask.any(dim=1)
            parts[modality] = torch.cat([null, *(p for p, _ in pairs)], dim=1)
            masks[modality] = torch.cat([~present.unsqueeze(1), mask], dim=1)
            there.append(present)
        question = self._question(tokens, token_mask)
        return ProjectedStreams(parts, masks, torch.stack(there, dim=1), question)

    def _projected(
        self, stream: str, tokens: Mapping[str, Tensor], token_mask: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """(N, L', D) tokens of one stream and their (N, L') mask."""
        projector = self._projector(stream)
        x, mask = tokens[stream].flatten(0, 1), token_mask[stream].flatten(0, 1)
        return projector(x, mask) + self.kind[stream], projector.token_mask(mask)

    def _projector(self, stream: str) -> Projector:
        return cast(Projector, self.projectors[stream])

    def _question(self, tokens: Mapping[str, Tensor], token_mask: Mapping[str, Tensor]) -> Tensor:
        """(B, T, question_dim), of no columns where no stream holds questions."""
        if self.asked is None:
            mask = next(iter(token_mask.values()))
            return torch.zeros(*mask.shape[:2], 0, device=mask.device)
        return (tokens[self.asked] * token_mask[self.asked].unsqueeze(-1)).sum(dim=2)

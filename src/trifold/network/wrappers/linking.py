"""Scores from part of an interview on the scale of scores from the whole.

A model that is fitted on whole interviews takes a part of one for an unusual whole: a candidate
with fewer answers than all training candidates is unlike them, which biases every score alike.
Linking by projection (Holland and Dorans, 2006, "Linking and equating") says instead what the whole
interview would be expected to score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from trifold.contracts import MODALITIES, Modality
from trifold.network.base import NetworkOutput
from trifold.network.wrappers.base import NetworkWrapper


class Place(NamedTuple):
    """How much is shown.

    Attributes:
        subset: (...) int64 bit set of the modalities shown, the first modality lowest.
        share: (...) mean over these modalities of 1 / number of answers that show them; 1 where
            nothing is shown.
    """

    subset: Tensor
    share: Tensor


def shown_in(
    token_mask: Mapping[str, Tensor],
    stream_modality: Mapping[str, Modality],
    modalities: Sequence[Modality],
) -> Tensor:
    """(B, T, M) bool: which answers show a token of which modality."""
    masks = {
        m: [mask.any(dim=-1) for s, mask in token_mask.items() if stream_modality.get(s) == m]
        for m in modalities
    }
    return torch.stack([torch.stack(masks[m]).any(dim=0) for m in modalities], dim=-1)


def place_of(there: Tensor) -> Place:
    """How much is shown, of (..., T, M) bool as ``shown_in`` gives it."""
    count = there.sum(dim=-2)  # (..., M)
    bits = 2 ** torch.arange(there.shape[-1], device=there.device)
    shown = count > 0
    kinds = shown.sum(dim=-1)
    inverse = (shown / count.clamp(min=1)).sum(dim=-1)
    share = torch.where(kinds > 0, inverse / kinds.clamp(min=1), 1.0)
    return Place((shown * bits).sum(dim=-1), share)


class LinkedNetwork(NetworkWrapper):
    """Slope and offset by form on another network's standardised scores: s_f z + o_f.

    Between two numbers of answers both are interpolated in 1 / answers, to which error variances of
    means are proportional; beyond the most answers of training candidates they stay constant. A
    candidate who shows nothing gets the training mean.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        num_targets: K.
        network: specification of the network.
        modalities: M that training candidates showed.
        answers: J numbers of answers, ascending from 1.
    """

    slope: Tensor
    offset: Tensor
    ends: Tensor

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        network: Mapping[str, Any],
        modalities: Sequence[Modality],
        answers: Sequence[int],
    ) -> None:
        super().__init__(
            stream_dims=stream_dims,
            stream_modality=stream_modality,
            num_targets=num_targets,
            network=network,
        )
        known = set(stream_modality.values())
        if not modalities or not set(modalities) <= known & set(MODALITIES):
            raise ValueError(
                f"expected modalities of the streams, got {', '.join(modalities) or 'none'}"
            )
        if list(answers) != sorted(set(answers)) or not answers or answers[0] != 1:
            raise ValueError(f"expected numbers of answers ascending from 1, got {list(answers)}")
        self.modalities, self.stream_modality = tuple(modalities), dict(stream_modality)
        shape = (2 ** len(modalities), len(answers), num_targets)
        self.register_buffer("ends", 1 / torch.tensor(answers, dtype=torch.float32))
        self.register_buffer("slope", torch.ones(shape))
        self.register_buffer("offset", torch.zeros(shape))
        self.slope[0] = 0.0

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``. An answer is linked as if it were the only one."""
        output: NetworkOutput = self.network(tokens, token_mask, answer_mask)
        there = self._there(token_mask, answer_mask)
        slope, offset = self.line(place_of(there))
        alone_slope, alone_offset = self.line(place_of(there.unsqueeze(-2)))
        members = output.members
        if members is not None:
            members = members * slope.unsqueeze(-1) + offset.unsqueeze(-1)
        return output._replace(
            candidate=output.candidate * slope + offset,
            answer=output.answer * alone_slope + alone_offset,
            members=members,
        )

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``."""
        slope, offset = self.line(place_of(self._there(token_mask, answer_mask)))
        return self.inner.candidates(tokens, token_mask, answer_mask) * slope + offset

    def _there(self, token_mask: Mapping[str, Tensor], answer_mask: Tensor) -> Tensor:
        """(B, T, M) bool."""
        shown = shown_in(token_mask, self.stream_modality, self.modalities)
        return shown & answer_mask.unsqueeze(-1)

    def line(self, place: Place) -> tuple[Tensor, Tensor]:
        """Slope and offset, (..., K) each, at a place of shape (...)."""
        share = place.share
        after = (self.ends >= share.unsqueeze(-1) - 1e-6).sum(dim=-1).clamp(min=1) - 1
        next_one = (after + 1).clamp(max=len(self.ends) - 1)
        gap = (self.ends[after] - self.ends[next_one]).clamp(min=1e-9)
        weight = ((self.ends[after] - share) / gap).clamp(0, 1).unsqueeze(-1)
        return tuple(  # type: ignore[return-value]
            torch.lerp(table[place.subset, after], table[place.subset, next_one], weight)
            for table in (self.slope, self.offset)
        )

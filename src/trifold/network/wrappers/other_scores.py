"""A network that reads, beside its streams, what models of other corpora score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from trifold.contracts import Modality
from trifold.errors import InputError
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.build import build_network
from trifold.network.wrappers.base import NetworkWrapper

OTHER_SCORES = "other_scores"  # name of the stream


class OtherModels(nn.Module):
    """Models of other corpora, whose scores of an answer are one token.

    The token is missing where an answer has nothing that they read. They may read one modality
    alone, so that whoever hides it hides their scores too.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        others: of each model its ``network`` and its ``num_targets``.

    Raises:
        InputError: when they read several modalities.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        others: Sequence[Mapping[str, Any]],
    ) -> None:
        super().__init__()
        self.models = nn.ModuleList(
            build_network(
                other["network"],
                stream_dims=stream_dims,
                stream_modality=stream_modality,
                num_targets=other["num_targets"],
            )
            for other in others
        ).requires_grad_(False)
        self.streams = tuple(dict.fromkeys(s for one in self._each() for s in one.streams))
        found = sorted({stream_modality[stream] for stream in self.streams})
        if len(found) != 1:
            raise InputError(
                expected="models of other corpora that read one modality",
                got=" and ".join(found) or "none",
                where="learner",
            )
        self.stream_dims = {**stream_dims, OTHER_SCORES: sum(o["num_targets"] for o in others)}
        self.stream_modality = {**stream_modality, OTHER_SCORES: found[0]}

    def forward(
        self, tokens: Mapping[str, Tensor], token_mask: Mapping[str, Tensor], answer_mask: Tensor
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Tokens and masks with those of the scores, (B, T, 1, ΣK) and (B, T, 1)."""
        given = dict(tokens), dict(token_mask), answer_mask
        scores = torch.cat([one(*given).answer for one in self._each()], dim=-1)
        shown = torch.stack([token_mask[s].any(dim=-1) for s in self.streams]).any(dim=0)
        shown = (shown & answer_mask).unsqueeze(-1)
        scores = torch.where(shown, scores, 0.0).unsqueeze(2)
        return {**tokens, OTHER_SCORES: scores}, {**token_mask, OTHER_SCORES: shown}

    def _each(self) -> list[FusionNetwork]:
        return [network for network in self.models if isinstance(network, FusionNetwork)]


class OtherScoresNetwork(NetworkWrapper):
    """Scores by the network inside, which is given the scores of other models as a stream.

    Args:
        stream_dims: stream name to token width, without the scores.
        stream_modality: stream name to modality.
        num_targets: K.
        network: specification of the network that reads the scores too.
        others: see ``OtherModels``.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        network: Mapping[str, Any],
        others: Sequence[Mapping[str, Any]],
    ) -> None:
        models = OtherModels(
            stream_dims=stream_dims, stream_modality=stream_modality, others=others
        )
        super().__init__(
            stream_dims=models.stream_dims,
            stream_modality=models.stream_modality,
            num_targets=num_targets,
            network=network,
        )
        self.others = models
        own = [stream for stream in self.inner.streams if stream != OTHER_SCORES]
        self.streams = tuple(dict.fromkeys([*own, *models.streams]))

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        more_tokens, more_mask = self.others(tokens, token_mask, answer_mask)
        output: NetworkOutput = self.network(more_tokens, more_mask, answer_mask)
        return output

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``."""
        more_tokens, more_mask = self.others(tokens, token_mask, answer_mask)
        return self.inner.candidates(more_tokens, more_mask, answer_mask)

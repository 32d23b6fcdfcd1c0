"""Networks that read each target from the answers to the question that was written for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from trifold.contracts import QUESTION, FeatureBatch, Modality
from trifold.errors import InputError
from trifold.network.base import NetworkOutput
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.build import build_network
from trifold.network.kernels.summary import SAME_QUESTION
from trifold.network.wrappers.base import SeveralNetworks


class OwnQuestionNetwork(SeveralNetworks):
    """One network per target, which reads the answers to that target's own question alone.

    Where a target has no question of its own, or the candidate did not answer it, all answers are
    read. Most of what people say about a trait they say where they are asked about it; some hundred
    of them are too few to learn that from.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        num_targets: K.
        network: specification of each target's network.

    Attributes:
        own: (K, D_question) unit embeddings of the targets' own questions, zeros where there is
            none.
    """

    own: Tensor

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        network: Mapping[str, Any],
    ) -> None:
        made = partial(
            build_network,
            network,
            stream_dims=stream_dims,
            stream_modality=stream_modality,
            num_targets=1,
        )
        super().__init__([made() for _ in range(num_targets)])
        self.register_buffer("own", torch.zeros(num_targets, stream_dims.get(QUESTION, 0)))

    @torch.no_grad()
    def read_own_questions(self, own: Tensor) -> None:
        """Remember them; see ``FusionNetwork``.

        Raises:
            InputError: where no target has any: then plain networks say what they do.
        """
        if not own.any():
            raise InputError(
                expected="targets with questions of their own, and the stream question to know "
                "them by (a network that reads all answers: network=pooled)",
                got="none",
                where="network=own_question",
            )
        self.own.copy_(torch.nn.functional.normalize(own, dim=-1))

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """Those of the first target's; all are fitted on the same tokens."""
        return self.each[0].standardizers()

    def condensed(self, batch: FeatureBatch) -> FeatureBatch:
        """As any target's network reads it; see ``FusionNetwork``."""
        return self.each[0].condensed(batch)

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        read = self.answers_read(tokens, answer_mask)
        outputs = [network(tokens, token_mask, read[:, k]) for k, network in enumerate(self.each)]
        return NetworkOutput(
            candidate=torch.cat([output.candidate for output in outputs], dim=-1),
            answer=torch.cat([output.answer for output in outputs], dim=-1),
        )

    def answers_read(self, tokens: Mapping[str, Tensor], answer_mask: Tensor) -> Tensor:
        """(B, K, T) bool: the answers that tell about each target."""
        every = answer_mask.unsqueeze(1)
        if not self.own.shape[1]:
            return every.expand(-1, len(self.own), -1)
        question = tokens[QUESTION].sum(dim=2)  # (B, T, D)
        same = torch.einsum("btd,kd->bkt", question, self.own) >= SAME_QUESTION
        own = same & every
        return torch.where(own.any(dim=-1, keepdim=True), own, every)

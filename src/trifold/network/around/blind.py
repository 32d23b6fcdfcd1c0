"""A network that never saw some streams while it trained, and so does not look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from trifold.contracts import Modality
from trifold.network.around.base import WrappedNetwork
from trifold.network.base import NetworkOutput


class BlindNetwork(WrappedNetwork):
    """Scores as if the unseen streams were missing, which is all that the network has learned of.

    What would read them kept its random start, so whoever shows them would get a random score.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        num_targets: K.
        network: specification of the network.
        unseen: names of streams of which no training candidate had a token.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        network: Mapping[str, Any],
        unseen: Sequence[str],
    ) -> None:
        super().__init__(
            stream_dims=stream_dims,
            stream_modality=stream_modality,
            num_targets=num_targets,
            network=network,
        )
        self.unseen = frozenset(unseen)

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        shown = self.shown(token_mask)
        output: NetworkOutput = self.network(tokens, shown, answer_mask)
        return output

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``."""
        return self.inner.candidates(tokens, self.shown(token_mask), answer_mask)

    def shown(self, token_mask: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The masks with unseen streams hidden."""
        return {s: mask & (s not in self.unseen) for s, mask in token_mask.items()}

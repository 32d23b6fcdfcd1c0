"""A network that never saw some streams while it trained, and so does not look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from torch import Tensor

from src.contracts import FeatureBatch, Modality
from src.network.network import FusionNetwork, NetworkOutput
from src.network.standardize import TokenStandardizer
from src.specs import build

ALLOWED_PACKAGE = "src.network"


class BlindNetwork(FusionNetwork):
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
        super().__init__()
        self.network = build(
            network,
            below=ALLOWED_PACKAGE,
            kind=FusionNetwork,
            stream_dims=dict(stream_dims),
            stream_modality=dict(stream_modality),
            num_targets=num_targets,
        )
        self.unseen = frozenset(unseen)
        self.streams = self.inner.streams

    @property
    def inner(self) -> FusionNetwork:
        """The network itself."""
        return cast(FusionNetwork, self.network)

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """Those of the network."""
        return self.inner.standardizers()

    def fit_standardizers(self, train: FeatureBatch) -> None:
        """Fit those of the network."""
        self.inner.fit_standardizers(train)

    def parameters_by_part(self) -> dict[str, int]:
        """Of the network."""
        return self.inner.parameters_by_part()

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

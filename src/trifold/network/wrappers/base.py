"""Base classes of networks that contain others, to feed them or to change their scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from trifold.contracts import FeatureBatch, Modality
from trifold.network.base import FusionNetwork
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.build import build_network


class SeveralNetworks(FusionNetwork):
    """Several networks with the same inputs; subclasses combine their scores.

    Args:
        networks: one at least.
    """

    def __init__(self, networks: Sequence[FusionNetwork]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.streams = tuple(dict.fromkeys(s for net in networks for s in net.streams))

    @property
    def each(self) -> list[FusionNetwork]:
        """The networks, in their order."""
        return [network for network in self.networks if isinstance(network, FusionNetwork)]

    def fit_standardizers(
        self, train: FeatureBatch, resolution: Mapping[str, Tensor] | None = None
    ) -> None:
        """Fit those of all; see ``FusionNetwork``."""
        for network in self.each:
            network.fit_standardizers(train, resolution)

    def initialise(self, train: FeatureBatch) -> None:
        """Start all; see ``FusionNetwork``."""
        for network in self.each:
            network.initialise(train)

    def read_own_questions(self, own: Tensor) -> None:
        """Tell all; see ``FusionNetwork``."""
        for network in self.each:
            network.read_own_questions(own)

    def parameters_by_part(self) -> dict[str, int]:
        """Over all of them together."""
        parts: Counter[str] = Counter()
        for network in self.each:
            parts.update(network.parameters_by_part())
        return dict(parts)


class NetworkWrapper(FusionNetwork):
    """A network around another one: all is passed on to it but ``forward``.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        num_targets: K.
        network: specification of the network inside.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        network: Mapping[str, Any],
    ) -> None:
        super().__init__()
        self.network = build_network(
            network,
            stream_dims=stream_dims,
            stream_modality=stream_modality,
            num_targets=num_targets,
        )
        self.streams = self.inner.streams

    @property
    def inner(self) -> FusionNetwork:
        """The network itself."""
        return self.network

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """Those of the network."""
        return self.inner.standardizers()

    def fit_standardizers(
        self, train: FeatureBatch, resolution: Mapping[str, Tensor] | None = None
    ) -> None:
        """Fit those of the network; see ``FusionNetwork``."""
        self.inner.fit_standardizers(train, resolution)

    def initialise(self, train: FeatureBatch) -> None:
        """Start the network; see ``FusionNetwork``."""
        self.inner.initialise(train)

    def read_own_questions(self, own: Tensor) -> None:
        """Tell the network; see ``FusionNetwork``."""
        self.inner.read_own_questions(own)

    def parameters_by_part(self) -> dict[str, int]:
        """Of the network."""
        return self.inner.parameters_by_part()

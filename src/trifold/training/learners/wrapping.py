"""A trained network in a wrapper that stands for it in the bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from trifold.network.around.base import WrappedNetwork
from trifold.network.base import FusionNetwork
from trifold.network.build import build_network
from trifold.training.dataset import Dataset


def wrapped(
    kind: type[WrappedNetwork],
    spec: Mapping[str, Any],
    network: FusionNetwork,
    data: Dataset,
    **settings: object,
) -> tuple[dict[str, Any], FusionNetwork]:
    """The wrapper around the network, and the specification that rebuilds both.

    Args:
        kind: of the wrapper.
        spec: of the network.
        network: that was trained.
        data: whose streams the wrapper takes and whose targets it scores.
        settings: further ones of the wrapper.
    """
    whole = {
        "_target_": f"{kind.__module__}.{kind.__name__}",
        "network": dict(spec),
        **settings,
    }
    built = build_network(
        whole,
        stream_dims=data.stream_dims,
        stream_modality=data.stream_modality,
        num_targets=len(data.schema.targets),
    )
    cast(WrappedNetwork, built).network = network
    return whole, built

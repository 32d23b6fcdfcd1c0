"""Trained networks in one that stands for them in the bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from trifold.network.base import FusionNetwork
from trifold.network.build import build_network
from trifold.network.wrappers.base import NetworkWrapper
from trifold.network.wrappers.ensemble import EnsembleNetwork
from trifold.training.dataset import Dataset
from trifold.training.learners.base import Fitted


def wrap(
    kind: type[NetworkWrapper],
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
    cast(NetworkWrapper, built).network = network
    return whole, built


def build_ensemble(
    fits: Sequence[Fitted], data: Dataset, *, kind: type[EnsembleNetwork] = EnsembleNetwork
) -> tuple[dict[str, Any], EnsembleNetwork]:
    """The networks of all fits as the members of one, and the specification that rebuilds it.

    Args:
        fits: whose networks are joined, with equal weights.
        data: whose streams they take and whose targets they score.
        kind: of the network that joins them.
    """
    spec = {
        "_target_": f"{kind.__module__}.{kind.__name__}",
        "members": [dict(fit.spec) for fit in fits],
    }
    built = build_network(
        spec,
        stream_dims=data.stream_dims,
        stream_modality=data.stream_modality,
        num_targets=len(data.schema.targets),
    )
    whole = cast(EnsembleNetwork, built)
    for member, fit in zip(whole.networks, fits, strict=True):
        member.load_state_dict(fit.network.state_dict())
    return spec, whole

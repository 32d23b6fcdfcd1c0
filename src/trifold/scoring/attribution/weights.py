"""Where a fusion network looked: weights of its experts and of its modality paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from trifold.contracts import FeatureBatch
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.blocks.experts.base import Expert
from trifold.network.blocks.routing import PATHS
from trifold.network.trifold import TrifoldNetwork
from trifold.network.wrappers.blind import BlindNetwork
from trifold.network.wrappers.ensemble import EnsembleNetwork
from trifold.network.wrappers.linking import LinkedNetwork

Weights = list[dict[str, float]]


def expert_weights(network: FusionNetwork, batch: FeatureBatch) -> Weights | None:
    """Per target, expert to weight, for the one candidate of a batch.

    Mean over answers, and over the members of an ensemble that have the same experts.

    Returns:
        K mappings; None where no part of the network has experts.
    """
    found = [
        (_names(part.experts), output.expert_weight)
        for part, output in _parts(network, batch)
        if output.expert_weight is not None
    ]
    alike = [(names, weight) for names, weight in found if names == found[0][0]]
    return _by_target(alike[0][0], [weight for _, weight in alike]) if alike else None


def path_weights(network: FusionNetwork, batch: FeatureBatch) -> Weights | None:
    """Per target, modality path to weight; see ``expert_weights``."""
    found = [
        output.path_weight for _, output in _parts(network, batch) if output.path_weight is not None
    ]
    return _by_target(list(PATHS), found) if found else None


@torch.inference_mode()
def _parts(
    network: FusionNetwork, batch: FeatureBatch
) -> Iterator[tuple[TrifoldNetwork, NetworkOutput]]:
    """Every routed network in it with what it gives."""
    for part in network.networks if isinstance(network, EnsembleNetwork) else [network]:
        if isinstance(part, LinkedNetwork):
            yield from _parts(part.inner, batch)
        elif isinstance(part, EnsembleNetwork):
            yield from _parts(part, batch)
        elif isinstance(part, BlindNetwork):
            hidden = replace(batch, token_mask=part.shown(batch.token_mask))
            yield from _parts(part.inner, hidden)
        elif isinstance(part, TrifoldNetwork):
            yield part, part(batch.tokens, batch.token_mask, batch.answer_mask)


def _names(experts: nn.ModuleList) -> list[str]:
    """``euclidean``, ``hyperbolic``, …; numbered where one occurs twice."""
    kinds = [cast(Expert, expert).geometry for expert in experts]
    return [
        f"{kind}_{kinds[: i + 1].count(kind)}" if kinds.count(kind) > 1 else kind
        for i, kind in enumerate(kinds)
    ]


def _by_target(names: list[str], weights: list[Tensor]) -> Weights:
    """(1, T, K, E) of each part to K mappings."""
    mean = torch.stack([w[0].mean(dim=0) for w in weights]).mean(dim=0)  # (K, E)
    return [dict(zip(names, row.tolist(), strict=True)) for row in mean]

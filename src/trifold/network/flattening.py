"""A manipulation check of geometry: what a trained network would say if its spaces were flat.

Without it a comparison of geometries says nothing: a network whose scores do not move when its
space is flattened has used no curvature, whatever it is called.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

import torch
from torch import nn

from trifold.network.blocks.experts.base import Expert
from trifold.network.blocks.experts.fusion import ExpertFusion, GyromidpointFusion
from trifold.network.blocks.experts.prototypes import PrototypeExpert

Network = TypeVar("Network", bound=nn.Module)


def is_curved(network: nn.Module) -> bool:
    """Whether any part computes in a curved space."""
    return any(
        (isinstance(part, Expert) and part.geometry != "euclidean")
        or isinstance(part, GyromidpointFusion)
        for part in network.modules()
    )


def flattened(network: Network) -> Network:
    """A copy whose curved parts add and measure in tangent coordinates; nothing is trained anew."""
    copy = deepcopy(network)
    for part in copy.modules():
        if isinstance(part, Expert | ExpertFusion):
            part.flatten()
    return copy


def prototypes_moved(network: nn.Module) -> float | None:
    """Median way of prototypes since training started, in units of curvature; None without any."""
    moved = [part.moved() for part in network.modules() if isinstance(part, PrototypeExpert)]
    return float(torch.cat(moved).median()) if moved else None

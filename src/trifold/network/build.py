"""A network and its target scaler from plain settings."""

from __future__ import annotations

from collections.abc import Mapping

from trifold.contracts import Modality, TargetSchema
from trifold.network.base import FusionNetwork
from trifold.network.blocks.affine import TargetScaler
from trifold.network.targets.transforms import SmearedTargets
from trifold.specs import Spec, build

ALLOWED_PACKAGE = "trifold.network"
STANDARD_TARGETS: Spec = {"_target_": "trifold.network.blocks.affine.TargetScaler"}
Targets = TargetScaler | SmearedTargets
KINDS = (TargetScaler, SmearedTargets)


def build_network(
    spec: Spec,
    *,
    stream_dims: Mapping[str, int],
    stream_modality: Mapping[str, Modality],
    schema: TargetSchema,
    targets: Spec = STANDARD_TARGETS,
) -> tuple[FusionNetwork, Targets]:
    """Build ``{"_target_": "trifold.network.….Class", **settings}`` for these streams and targets.

    Raises:
        InputError: see ``trifold.specs.build``.
    """
    network: FusionNetwork = build(
        spec,
        below=ALLOWED_PACKAGE,
        kind=FusionNetwork,
        stream_dims=dict(stream_dims),
        stream_modality=dict(stream_modality),
        num_targets=len(schema.targets),
    )
    return network, build_targets(targets, schema)


def build_targets(spec: Spec, schema: TargetSchema) -> Targets:
    """Build a transform of the targets; see ``trifold.network.targets.transforms``.

    Raises:
        InputError: see ``trifold.specs.build``.
    """
    transform: Targets = build(spec, below=ALLOWED_PACKAGE, kind=KINDS, schema=schema)
    return transform

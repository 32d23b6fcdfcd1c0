"""A network and its target scaler from plain settings."""

from __future__ import annotations

from collections.abc import Mapping

from src.contracts import Modality, TargetSchema
from src.network.network import FusionNetwork
from src.network.standardize import TargetScaler
from src.network.targets import SmearedTargets
from src.specs import Spec, build

ALLOWED_PACKAGE = "src.network"
STANDARD_TARGETS: Spec = {"_target_": "src.network.standardize.TargetScaler"}
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
    """Build ``{"_target_": "src.network.….Class", **settings}`` for these streams and targets.

    Raises:
        InputError: see ``src.specs.build``.
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
    """Build a transform of the targets; see ``src.network.targets``.

    Raises:
        InputError: see ``src.specs.build``.
    """
    transform: Targets = build(spec, below=ALLOWED_PACKAGE, kind=KINDS, schema=schema)
    return transform

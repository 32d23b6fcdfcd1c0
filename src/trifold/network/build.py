"""A network, and a transform of its targets, from plain specifications."""

from __future__ import annotations

from collections.abc import Mapping

from trifold.contracts import QUESTION, Modality, TargetSchema
from trifold.network.base import FusionNetwork
from trifold.network.former_settings import in_parts
from trifold.network.parts import BELOW, assemble
from trifold.network.targets.base import TargetTransform
from trifold.specs import Spec, build


def build_network(
    spec: Spec,
    *,
    stream_dims: Mapping[str, int],
    stream_modality: Mapping[str, Modality],
    num_targets: int,
) -> FusionNetwork:
    """Build ``{"_target_": "trifold.network.….Class", …}`` for these streams and targets.

    Args:
        spec: of the network and, nested in it, of its parts; or as bundles of before have it.
        stream_dims: stream name to token width.
        stream_modality: stream name to text, audio, video or question.
        num_targets: K.

    Raises:
        InputError: see ``trifold.network.parts.assemble``.
    """
    asked = [dim for name, dim in stream_dims.items() if stream_modality[name] == QUESTION]
    sizes = {
        "stream_dims": dict(stream_dims),
        "stream_modality": dict(stream_modality),
        "num_targets": num_targets,
        "question_dim": asked[0] if asked else 0,
    }
    network: FusionNetwork = assemble(in_parts(spec), kind=FusionNetwork, sizes=sizes)
    return network


def build_targets(spec: Spec, schema: TargetSchema) -> TargetTransform:
    """Build a transform of the targets; see ``trifold.network.targets.transforms``.

    Raises:
        InputError: see ``trifold.specs.build``.
    """
    transform: TargetTransform = build(spec, below=BELOW, kind=TargetTransform, schema=schema)
    return transform

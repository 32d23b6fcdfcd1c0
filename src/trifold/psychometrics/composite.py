"""One overall score in place of several that do not say more than one."""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array, Target, TargetSchema

OVERALL = "overall"


def composite(values: Array, schema: TargetSchema) -> Array:
    """Mean of the targets, each turned so that high means much of what it is named after.

    Args:
        values: (..., K) scores or ratings.
        schema: the K targets.

    Returns:
        (..., 1) on the targets' scale; where their scales differ, each is first brought to 0 to 1.
        NaN where one of them is missing.
    """
    low, high = (np.array([getattr(t, end) for t in schema.targets]) for end in ("low", "high"))
    turned = np.array([target.polarity for target in schema.targets]) < 0
    right = np.where(turned, low + high - values, values)
    on_one = right if _one_scale(schema) else (right - low) / (high - low)
    mean: Array = on_one.mean(axis=-1, keepdims=True)
    return mean


def composite_schema(schema: TargetSchema) -> TargetSchema:
    """The one target that ``composite`` gives."""
    first = schema.targets[0]
    ends = (first.low, first.high) if _one_scale(schema) else (0.0, 1.0)
    return TargetSchema(f"{schema.name}_{OVERALL}", (Target(OVERALL, *ends, first.source),))


def _one_scale(schema: TargetSchema) -> bool:
    return len({(target.low, target.high) for target in schema.targets}) == 1

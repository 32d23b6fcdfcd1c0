"""What a run found out, as JSON-ready numbers and tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from src.contracts import Array, TargetSchema
from src.psychometrics.evaluation import evaluate
from src.psychometrics.intervals import coverage_of


def compare(
    preds: Array,
    labels: Array,
    baselines: Mapping[str, Array],
    schema: TargetSchema,
    *,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Model and baselines on the same rows with the same bootstrap draws.

    Args:
        preds: (n, K) model scores.
        labels: (n, K).
        baselines: name to (n, K) predictions.
        schema: the K targets.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        ``{"test": …, "baselines": {name: …}}`` as ``metrics.json`` holds them.
    """
    options: dict[str, int] = {"resamples": resamples, "seed": seed}
    return {
        "test": evaluate(preds, labels, schema, **options),
        "baselines": {
            name: evaluate(values, labels, schema, **options) for name, values in baselines.items()
        },
    }


def interval_facts(
    half_width: Sequence[float], preds: Array, labels: Array, schema: TargetSchema, coverage: float
) -> dict[str, Any]:
    """Half-width and measured coverage of the score intervals per target; None where unbounded."""
    covered = coverage_of(pd.Series(half_width, dtype=float).to_numpy(), preds, labels)
    finite = [None if width == float("inf") else width for width in half_width]
    return {
        "nominal_coverage": coverage,
        "half_width": dict(zip(schema.names, finite, strict=True)),
        "test_coverage": dict(zip(schema.names, map(float, covered), strict=True)),
    }


def write_predictions(
    path: Path,
    ids: Sequence[str],
    splits: Sequence[str],
    preds: Array,
    labels: Array,
    names: Sequence[str],
) -> Path:
    """One row per candidate: id, split, then predicted and rated score of every target."""
    table = pd.DataFrame({"candidate_id": list(ids), "split": list(splits)})
    for k, name in enumerate(names):
        table[name], table[f"{name}_rated"] = preds[:, k], labels[:, k]
    table.to_csv(path, index=False)
    return path


def write_json(path: Path, content: Mapping[str, Any]) -> Path:
    """Strict JSON: NaN is an error, not a token that other readers refuse."""
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return path

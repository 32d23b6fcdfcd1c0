"""What a run found out, as JSON-ready numbers and tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.contracts import Array, TargetSchema
from src.features.pooling import pooled_features
from src.psychometrics.evaluation import evaluate
from src.psychometrics.intervals import coverage_of
from src.training.baselines import answer_length, run_baselines
from src.training.cohort import Cohort


def measure(
    cohort: Cohort,
    preds: Array,
    schema: TargetSchema,
    *,
    fit_rows: Array,
    rows: Array,
    half_width: Sequence[float | None],
    coverage: float,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Model and baselines on the same rows with the same bootstrap draws.

    Args:
        cohort: everybody.
        preds: (B, K) model scores.
        schema: the K targets.
        fit_rows: what the baselines learn from, choosing their penalty within it.
        rows: what is measured.
        half_width: K half-widths of the score intervals, None where unbounded.
        coverage: nominal coverage of the score intervals.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        ``{"test": …, "baselines": {name: …}, "intervals": …}`` as ``metrics.json`` holds them.
    """
    baselines = run_baselines(
        pooled_features(cohort.batch),
        answer_length({"words": cohort.words, "seconds": cohort.seconds}),
        cohort.labels,
        fit_rows=fit_rows,
        test_rows=rows,
    )
    labels = cohort.labels[rows]
    options: dict[str, int] = {"resamples": resamples, "seed": seed}
    return {
        "test": evaluate(preds[rows], labels, schema, **options),
        "baselines": {
            name: evaluate(values, labels, schema, **options) for name, values in baselines.items()
        },
        "intervals": _interval_facts(half_width, preds[rows], labels, schema, coverage),
    }


def _interval_facts(
    half_width: Sequence[float | None],
    preds: Array,
    labels: Array,
    schema: TargetSchema,
    coverage: float,
) -> dict[str, Any]:
    """Half-width and measured coverage of the score intervals per target; None where undefined."""
    widths = np.array([np.inf if width is None else width for width in half_width])
    covered = coverage_of(widths, preds, labels)
    shares = [float(share) if np.isfinite(share) else None for share in covered]
    return {
        "nominal_coverage": coverage,
        "half_width": dict(zip(schema.names, half_width, strict=True)),
        "test_coverage": dict(zip(schema.names, shares, strict=True)),
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

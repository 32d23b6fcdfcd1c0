"""What a run found out, as JSON-ready numbers and tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.contracts import Array, Corpus, TargetSchema
from src.psychometrics.comparison import paired_differences
from src.psychometrics.evaluation import evaluate
from src.psychometrics.intervals import coverage_of
from src.psychometrics.metrics import METRICS
from src.training.cohort import Cohort
from src.training.protocols import Outcome


def measure(
    preds: Array,
    baselines: Mapping[str, Array],
    labels: Array,
    schema: TargetSchema,
    *,
    half_width: Array,
    coverage: float,
    resamples: int,
    seed: int,
    groups: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Model and baselines on the same rows with the same bootstrap draws.

    Args:
        preds: (B, K) scores, or (S, B, K) for S repeats.
        baselines: name to predictions of the same rows.
        labels: (B, K), NaN where unlabelled.
        schema: the K targets.
        half_width: (K,) half-widths of the score intervals, or one per prediction; inf where
            unbounded.
        coverage: nominal coverage of the score intervals.
        resamples: of the bootstrap.
        seed: of the bootstrap.
        groups: (B,) person of each row, where rows are single answers.

    Returns:
        ``{"test": …, "baselines": {name: …}, "advantage": {name: …}, "intervals": …}`` as
        ``metrics.json`` holds them; ``advantage`` is the model minus the baseline, paired.
    """
    options: dict[str, Any] = {"resamples": resamples, "seed": seed, "groups": groups}
    return {
        "test": evaluate(preds, labels, schema, **options),
        "baselines": {
            name: evaluate(values, labels, schema, **options) for name, values in baselines.items()
        },
        "advantage": {
            name: paired_differences(preds, values, labels, **options)
            for name, values in baselines.items()
        },
        "intervals": _interval_facts(half_width, preds, labels, schema, coverage),
    }


def _interval_facts(
    half_width: Array, preds: Array, labels: Array, schema: TargetSchema, coverage: float
) -> dict[str, Any]:
    """Half-width and measured coverage of the score intervals per target; None where undefined."""
    flat = preds.reshape(-1, preds.shape[-1])
    truth = np.tile(labels, (len(flat) // len(labels), 1))
    widths = half_width.reshape(-1, preds.shape[-1])
    covered = coverage_of(widths if len(widths) > 1 else widths[0], flat, truth)
    shares = [float(share) if np.isfinite(share) else None for share in covered]
    typical = [float(width) if np.isfinite(width) else None for width in widths.mean(axis=0)]
    return {
        "nominal_coverage": coverage,
        "half_width": dict(zip(schema.names, typical, strict=True)),
        "test_coverage": dict(zip(schema.names, shares, strict=True)),
    }


def run_facts(
    corpus: Corpus,
    cohort: Cohort,
    outcome: Outcome,
    streams: Iterable[str],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """``data`` and, for cross-validation, ``repeats``: what was measured, on whom and how."""
    folds = settings["folds"]
    facts = {
        "corpus": corpus.name,
        "synthetic": corpus.synthetic,
        "schema": corpus.schema.name,
        "terms": corpus.terms,
        "split": f"{folds}-fold cross-validation by candidate" if folds else "by candidate",
        "streams": list(streams),
        "n_lost": len(cohort.lost),
        "parameters": outcome.fitted.network.parameters_by_part(),
        **outcome.counts,
        **settings,
    }
    return {"data": facts, "repeats": _by_repeat(outcome.preds, cohort.labels[outcome.rows])}


def _by_repeat(preds: Array, labels: Array) -> list[dict[str, float | None]]:
    """Mean Spearman and MSE of every repeat."""
    seen = [np.isfinite(column) for column in labels.T]
    tables = [
        {
            name: float(np.mean([METRICS[name](p[s, k], labels[s, k]) for k, s in enumerate(seen)]))
            for name in ("spearman", "mse")
        }
        for p in preds
    ]
    return [{k: v if np.isfinite(v) else None for k, v in table.items()} for table in tables]


def write_predictions(
    path: Path,
    ids: Sequence[str],
    preds: Array,
    labels: Array,
    names: Sequence[str],
    *,
    splits: Sequence[str],
) -> Path:
    """One row per candidate and repeat: id, split, repeat, predicted and rated scores.

    Args:
        path: of the CSV.
        ids: n candidates.
        preds: (S, n, K) or (n, K).
        labels: (n, K).
        names: K targets.
        splits: ``train``, ``val`` or ``test`` per candidate; only ``test`` was measured.
    """
    repeats = preds if preds.ndim == 3 else preds[None]
    tables = []
    for repeat, scores in enumerate(repeats):
        table = pd.DataFrame({"candidate_id": list(ids), "split": list(splits), "repeat": repeat})
        for k, name in enumerate(names):
            table[name], table[f"{name}_rated"] = scores[:, k], labels[:, k]
        tables.append(table)
    pd.concat(tables).to_csv(path, index=False)
    return path


def write_json(path: Path, content: Mapping[str, Any]) -> Path:
    """Strict JSON: NaN is an error, not a token that other readers refuse."""
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return path

"""What a run found out, as JSON-ready numbers and tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trifold.contracts import Array, Corpus, TargetSchema
from trifold.psychometrics.comparison import difference
from trifold.psychometrics.evaluation import measured, spans_of
from trifold.psychometrics.intervals import coverage_of
from trifold.psychometrics.metrics import METRICS, constant_columns
from trifold.psychometrics.replicates import draws_of
from trifold.tables.writing import write_csv
from trifold.training.dataset import Dataset
from trifold.training.protocol.testing import Outcome
from trifold.training.results.construct import construct_facts


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
    constant: Mapping[str, Array] | None = None,
    folds: Array | None = None,
    words: Array | None = None,
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
        constant: ``model`` or a baseline's name to (K,) bool, True where it gives everybody the
            same score; see ``psychometrics.evaluation.evaluate``.
        folds: (S, B) number of each row's fold; None where one model scored everybody.
        words: (B,) spoken words, NaN where unknown; None where nobody's are known.

    Returns:
        ``{"test": …, "baselines": {name: …}, "advantage": {name: …}, "intervals": …}`` as
        ``metrics.json`` holds them, and what ``construct_facts`` adds; ``advantage`` is the model
        minus the baseline, paired.
    """
    own = [str(row) for row in range(len(labels))] if groups is None else list(groups)
    draws = draws_of(len(labels), resamples=resamples, seed=seed, groups=own)
    scores = {name: one if one.ndim == 3 else one[None] for name, one in baselines.items()}
    model = preds if preds.ndim == 3 else preds[None]
    flat = {
        name: constant_columns(one, labels)
        | (constant or {}).get(name, np.zeros(labels.shape[1], dtype=bool))
        for name, one in {"model": model, **scores}.items()
    }
    found = {
        name: measured(one, labels, draws, spans=spans_of(schema), constant=flat[name], folds=folds)
        for name, one in {"model": model, **scores}.items()
    }
    facts = construct_facts(
        model,
        scores,
        labels,
        schema,
        words=words,
        constant=flat,
        resamples=resamples,
        seed=seed,
        groups=own,
    )
    return {
        "test": found["model"].table(schema.names),
        "baselines": {name: found[name].table(schema.names) for name in scores},
        "advantage": {name: difference(found["model"], found[name]) for name in scores},
        "intervals": _interval_facts(half_width, preds, labels, schema, coverage),
        **facts,
    }


def _interval_facts(
    half_width: Array, preds: Array, labels: Array, schema: TargetSchema, coverage: float
) -> dict[str, Any]:
    """Half-width and measured coverage of the score intervals per target.

    Over the rows that have an interval; None where there is none.
    """
    flat = preds.reshape(-1, preds.shape[-1])
    truth = np.tile(labels, (len(flat) // len(labels), 1))
    widths = half_width.reshape(-1, preds.shape[-1])
    covered = coverage_of(widths if len(widths) > 1 else widths[0], flat, truth)
    shares = [float(share) if np.isfinite(share) else None for share in covered]
    given = [column[np.isfinite(column)] for column in widths.T]
    typical = [float(column.mean()) if len(column) else None for column in given]
    return {
        "nominal_coverage": coverage,
        "half_width": dict(zip(schema.names, typical, strict=True)),
        "test_coverage": dict(zip(schema.names, shares, strict=True)),
    }


def run_facts(
    corpus: Corpus,
    data: Dataset,
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
        "findings": [asdict(one) for one in corpus.findings],
        "n_lost": len(data.losses.candidates),
        "parameters": outcome.fitted.network.parameters_by_part(),
        **outcome.counts,
        **settings,
    }
    constant = outcome.constant.get("model", np.zeros(len(corpus.schema.targets), dtype=bool))
    labels = data.labels[outcome.rows]
    return {"data": facts, "repeats": _by_repeat(outcome.preds, labels, constant)}


def _by_repeat(preds: Array, labels: Array, constant: Array) -> list[dict[str, float | None]]:
    """Mean Spearman and MSE of every repeat, over the targets where they are defined."""
    return [
        {
            "spearman": _mean_of("spearman", one, labels, ~constant),
            "mse": _mean_of("mse", one, labels, np.ones(labels.shape[1], dtype=bool)),
        }
        for one in preds
    ]


def _mean_of(name: str, preds: Array, labels: Array, chosen: Array) -> float | None:
    values = [
        METRICS[name](preds[seen, k], labels[seen, k])
        for k, seen in enumerate(np.isfinite(labels).T)
        if chosen[k] and seen.any()
    ]
    defined = [value for value in values if np.isfinite(value)]
    return float(np.mean(defined)) if defined else None


def write_predictions(
    path: Path,
    ids: Sequence[str],
    preds: Array,
    labels: Array,
    names: Sequence[str],
    *,
    splits: Sequence[str],
    people: Sequence[str],
    sessions: Mapping[str, str] | None = None,
) -> Path:
    """One row per candidate and repeat: ids, split, repeat, predicted and rated scores.

    Args:
        path: of the CSV.
        ids: n candidates.
        preds: (S, n, K) or (n, K).
        labels: (n, K).
        names: K targets.
        splits: ``train``, ``val`` or ``test`` per candidate; only ``test`` was measured.
        people: whose the candidates are.
        sessions: candidate to the session that was rated; no column where nobody has one.
    """
    repeats = preds if preds.ndim == 3 else preds[None]
    tables = []
    for repeat, scores in enumerate(repeats):
        table = pd.DataFrame({"candidate_id": list(ids), "person_id": list(people)})
        if sessions:
            table["session"] = [sessions.get(candidate, "") for candidate in ids]
        table["split"], table["repeat"] = list(splits), repeat
        for k, name in enumerate(names):
            table[name], table[f"{name}_rated"] = scores[:, k], labels[:, k]
        tables.append(table)
    return write_csv(pd.concat(tables), path)


def write_tables(
    out: Path, preds: Array, data: Dataset, rows: Array, corpus: Corpus, splits: Sequence[str]
) -> list[Path]:
    """``predictions.csv``, and in ``lengths.csv`` how much each candidate said.

    Args:
        out: their folder.
        preds: (n, K), or (S, n, K) for S repeats, on the schema's scale.
        data: the candidates.
        rows: (n,) of those who are in the tables.
        corpus: theirs.
        splits: ``train``, ``val`` or ``test`` of each; only ``test`` was measured.
    """
    ids = [data.samples[row].candidate_id for row in rows]
    people = [data.people[row] for row in rows]
    lengths = {name: values[rows] for name, values in data.lengths.items()}
    return [
        write_predictions(
            out / "predictions.csv",
            ids,
            preds,
            data.labels[rows],
            corpus.schema.names,
            splits=splits,
            people=people,
            sessions=corpus.sessions,
        ),
        write_csv(
            pd.DataFrame({"candidate_id": ids, "person_id": people, **lengths}), out / "lengths.csv"
        ),
    ]


def write_json(path: Path, content: Mapping[str, Any]) -> Path:
    """Strict JSON: NaN is an error, not a token that other readers refuse."""
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return path

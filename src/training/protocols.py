"""How a learner is tested: on a held-out split, by cross-validation, or on another corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from src.contracts import Array, Split
from src.progress import stage
from src.psychometrics.intervals import conformal_half_width
from src.training.baselines import Baselines
from src.training.crossval import cross_validate, predict, subset
from src.training.learners.base import Fitted, Learner, TrainingSet, without_bias


@dataclass(frozen=True)
class Outcome:
    """A trained model and how it did on candidates that it never saw.

    Attributes:
        fitted: the model that goes into the bundle.
        rows: (n,) the measured rows of the cohort.
        preds: (S, n, K) scores of these rows; S repeats with other folds.
        table: (S, m, K) scores of ``table_rows``: what the table of predictions shows.
        table_rows: (m,) rows of the cohort; more than ``rows`` where one model scored everybody.
        counts: ``n_train`` and the like.
        baselines: name to the same.
        half_width: (S, n, K) half-widths of their score intervals.
        residuals: (m, K) label minus held-out score of candidates, to calibrate the bundle with.
        answer_residuals: (m, K) the same for single answers against their candidate's label; empty
            where no held-out answers were scored.
    """

    fitted: Fitted
    rows: Array
    preds: Array
    table: Array
    table_rows: Array
    counts: Mapping[str, int]
    baselines: Mapping[str, Array]
    half_width: Array
    residuals: Array
    answer_residuals: Array


def holdout(
    learner: Learner,
    data: TrainingSet,
    rows: Mapping[Split, Array],
    baselines: Baselines,
    *,
    coverage: float,
    seed: int,
    out: Path,
) -> Outcome:
    """Train on the training rows, stop and calibrate on validation rows, test on test rows."""
    kept = np.concatenate([rows["train"], rows["val"]])
    train = replace(subset(data, kept), val_rows=np.arange(len(rows["train"]), len(kept)))
    fitted = without_bias(learner.fit(train, seed=seed, out=out), train.labels)
    preds, answers = predict(fitted, data)
    held_out = np.full(data.labels.shape, np.nan)
    held_out[kept] = fitted.held_out
    residuals = data.labels - held_out
    seen = np.isfinite(fitted.held_out).any(axis=1)
    widths = half_widths(residuals, coverage=coverage)
    test = rows["test"]
    return Outcome(
        fitted=fitted,
        rows=test,
        preds=preds[None, test],
        table=preds[None],
        table_rows=np.arange(len(preds)),
        counts={f"n_{split}": len(chosen) for split, chosen in rows.items()},
        baselines={k: v[None] for k, v in baselines(kept, test).items()},
        half_width=np.tile(widths, (1, len(test), 1)),
        residuals=residuals[kept],
        answer_residuals=_answer_residuals(answers[kept[seen]], data.labels[kept[seen]]),
    )


def cross_validated(
    learner: Learner,
    data: TrainingSet,
    baselines: Baselines,
    *,
    folds: int,
    seeds: Sequence[int],
    coverage: float,
    identity: str,
    out: Path,
) -> Outcome:
    """Measure by cross-validation, then train the model for the bundle on everybody."""
    found = cross_validate(
        learner,
        data,
        baselines=baselines,
        half_widths=lambda residuals: half_widths(residuals, coverage=coverage),
        folds=folds,
        seeds=seeds,
        identity=identity,
        out=out / "folds",
    )
    with stage("the model of everybody"):
        fitted = learner.fit(data, seed=seeds[0], out=out)
    return Outcome(
        fitted=without_bias(fitted, data.labels),
        rows=np.arange(len(data.labels)),
        preds=found.preds,
        table=found.preds,
        table_rows=np.arange(len(data.labels)),
        counts={"n_train": len(data.labels), "n_test": len(data.labels)},
        baselines=found.baselines,
        half_width=found.half_width,
        residuals=data.labels - found.preds[0],
        answer_residuals=_answer_residuals(found.answers, data.labels),
    )


def transferred(
    learner: Learner,
    train: TrainingSet,
    test: TrainingSet,
    baselines: Baselines,
    *,
    coverage: float,
    seed: int,
    out: Path,
) -> Outcome:
    """Train on one corpus and test on another; ``baselines`` know both, training rows first."""
    fitted = without_bias(learner.fit(train, seed=seed, out=out), train.labels)
    residuals = train.labels - fitted.held_out
    preds, _ = predict(fitted, test)
    rows = len(train.labels) + np.arange(len(test.labels))
    simple = baselines(np.arange(len(train.labels)), rows)
    widths = half_widths(residuals, coverage=coverage)
    return Outcome(
        fitted=fitted,
        rows=np.arange(len(test.labels)),
        preds=preds[None],
        table=preds[None],
        table_rows=np.arange(len(test.labels)),
        counts={"n_train": len(train.labels), "n_test": len(test.labels)},
        baselines={name: values[None] for name, values in simple.items()},
        half_width=np.tile(widths, (1, len(test.labels), 1)),
        residuals=residuals,
        answer_residuals=np.zeros((0, residuals.shape[1])),
    )


def half_widths(residuals: Array, *, coverage: float) -> Array:
    """(n, K) held-out residuals, NaN where there is none, to (K,) conformal half-widths."""
    return np.array([conformal_half_width(r, coverage=coverage) for r in residuals.T])


def _answer_residuals(answers: Array, labels: Array) -> Array:
    """(n, T, K) answer scores, NaN where there is none, against (n, K) labels."""
    residuals = (labels[:, None] - answers).reshape(-1, labels.shape[1])
    kept: Array = residuals[np.isfinite(residuals).any(axis=1)]
    return kept

"""How a learner is tested: on a held-out split, by cross-validation, or on another corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from src.contracts import Array, Split, person_of
from src.progress import stage
from src.psychometrics.intervals import conformal_half_width, errors_by_person
from src.training.baselines import Baselines
from src.training.crossval import cross_validate, predict, same_for_all, subset
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
        residuals: (m, K) absolute errors of held-out candidates, to calibrate the bundle with; one
            a person, see ``errors_by_person``.
        answer_residuals: (m, K) the same for single answers against their candidate's label; empty
            where no held-out answers were scored.
        constant: ``model`` or a baseline's name to (K,) bool: it gives everybody the same score.
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
    constant: Mapping[str, Array] = field(default_factory=dict)


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
    ids = data.batch.candidate_ids
    residuals = data.labels - held_out
    seen = kept[np.isfinite(fitted.held_out).any(axis=1)]
    widths = half_widths(residuals, ids, coverage=coverage)
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
        residuals=errors_by_person(residuals, people_of(ids)),
        answer_residuals=_answer_errors(answers[seen], data.labels[seen], [ids[i] for i in seen]),
        constant={"model": same_for_all(preds)},
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
        half_widths=lambda residuals, ids: half_widths(residuals, ids, coverage=coverage),
        folds=folds,
        seeds=seeds,
        identity=identity,
        out=out / "folds",
    )
    ids = data.batch.candidate_ids
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
        residuals=errors_by_person(data.labels - found.preds[0], people_of(ids)),
        answer_residuals=_answer_errors(found.answers, data.labels, ids),
        constant=found.constant,
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
    ids = train.batch.candidate_ids
    widths = half_widths(residuals, ids, coverage=coverage)
    return Outcome(
        fitted=fitted,
        rows=np.arange(len(test.labels)),
        preds=preds[None],
        table=preds[None],
        table_rows=np.arange(len(test.labels)),
        counts={"n_train": len(train.labels), "n_test": len(test.labels)},
        baselines={name: values[None] for name, values in simple.items()},
        half_width=np.tile(widths, (1, len(test.labels), 1)),
        residuals=errors_by_person(residuals, people_of(ids)),
        answer_residuals=np.zeros((0, residuals.shape[1])),
        constant={"model": same_for_all(preds)},
    )


def half_widths(residuals: Array, ids: Sequence[str], *, coverage: float) -> Array:
    """Conformal half-widths in which every person counts once.

    Args:
        residuals: (n, K) of held-out candidates, NaN where there is none.
        ids: of the n candidates.
        coverage: between 0 and 1.

    Returns:
        (K,); infinite where there are too few people for the coverage.
    """
    errors = errors_by_person(residuals, people_of(ids))
    return np.array([conformal_half_width(column, coverage=coverage) for column in errors.T])


def people_of(ids: Sequence[str]) -> list[str]:
    """The person of each candidate."""
    return [person_of(candidate) for candidate in ids]


def _answer_errors(answers: Array, labels: Array, ids: Sequence[str]) -> Array:
    """Of (n, T, K) answer scores, NaN where there is none, against (n, K) labels, by person."""
    residuals = (labels[:, None] - answers).reshape(-1, labels.shape[1])
    return errors_by_person(residuals, np.repeat(people_of(ids), answers.shape[1]).tolist())

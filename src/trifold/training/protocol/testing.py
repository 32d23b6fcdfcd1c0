"""How a learner is tested: on a held-out split, by cross-validation, or on another corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from trifold.contracts import Array
from trifold.forms import Form
from trifold.psychometrics.intervals import errors_by_person
from trifold.runtime.progress import stage
from trifold.training.baselines.trivial import Baselines
from trifold.training.dataset import Dataset, subset, with_validation, without_splits
from trifold.training.learners.base import Fitted, Learner
from trifold.training.protocol.answer_scores import AnswerScores, score_without_each
from trifold.training.protocol.crossval import cross_validate
from trifold.training.protocol.fold import (
    fit_linked,
    is_constant,
    own_half_widths,
    predict,
    predict_flat,
)
from trifold.training.protocol.short_scores import Shortened, score_short, shortened_forms
from trifold.training.shortening import errors_of_forms
from trifold.workers.base import INLINE, EngineSettings


@dataclass(frozen=True)
class Outcome:
    """A trained model and how it did on candidates that it never saw.

    Attributes:
        fitted: the model that goes into the bundle.
        rows: (n,) the measured rows of the data.
        preds: (S, n, K) scores of these rows; S repeats with other folds.
        table: (S, m, K) scores of ``table_rows``: what the table of predictions shows.
        table_rows: (m,) rows of the data; more than ``rows`` where one model scored everybody.
        counts: ``n_train`` and the like.
        baselines: name to the same.
        half_width: (S, n, K) half-widths of their score intervals.
        residuals: (m, K) absolute errors of held-out candidates, to calibrate the bundle with; one
            a person, see ``errors_by_person``.
        errors: form to the same of candidates who show no more than that.
        parts: as what the tested candidates were scored too.
        short: (S, n, V, K) their scores as these and (S, n, V, C, K) half-widths of theirs.
        constant: ``model`` or a baseline's name to (K,) bool: it gives everybody the same score.
        answers: of people of this corpus whom the model was not fitted on; None where all were.
        folds: (S, n) number of the fold in which each was scored; None without cross-validation.
        flattened: (S, n, K) scores of ``rows`` if space were flat; None without curved parts.
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
    errors: Mapping[Form, Array]
    parts: Shortened
    short: tuple[Array, Array]
    constant: Mapping[str, Array] = field(default_factory=dict)
    answers: AnswerScores | None = None
    folds: Array | None = None
    flattened: Array | None = None


def holdout(
    learner: Learner,
    data: Dataset,
    baselines: Baselines,
    *,
    coverage: float,
    seed: int,
    out: Path,
) -> Outcome:
    """Train on the training rows, stop and calibrate on validation rows, test on test rows."""
    kept = np.concatenate([data.train_rows, data.val_rows])
    train = with_validation(subset(data, kept), np.arange(len(data.train_rows), len(kept)))
    model = fit_linked(learner, train, seed=seed, out=out)
    preds, alone = predict(model.fitted, data)
    test, parts = data.splits["test"], shortened_forms(data)
    short, short_width = score_short(model, data, test, parts.all)
    return Outcome(
        fitted=model.fitted,
        rows=test,
        preds=preds[None, test],
        table=preds[None],
        table_rows=np.arange(len(preds)),
        counts={f"n_{split}": len(chosen) for split, chosen in data.splits.items()},
        baselines={k: v[None] for k, v in baselines(kept, test).items()},
        half_width=own_half_widths(model, data, test, coverage=coverage)[None],
        residuals=_held_out_errors(model.fitted, train),
        errors=model.errors,
        parts=parts.at(test),
        short=(short[None], short_width[None]),
        constant={"model": is_constant(preds)},
        answers=AnswerScores(preds[test], alone[test], score_without_each(model, data, test)),
        flattened=_as_one_repeat(predict_flat(model.fitted, subset(data, test))),
    )


def cross_validated(
    learner: Learner,
    data: Dataset,
    baselines: Baselines,
    *,
    folds: int,
    seeds: Sequence[int],
    coverage: float,
    identity: str,
    out: Path,
    engine: EngineSettings = INLINE,
) -> Outcome:
    """Measure by cross-validation, then train the model for the bundle on everybody."""
    data = without_splits(data)
    parts = shortened_forms(data)
    found = cross_validate(
        learner,
        data,
        baselines=baselines,
        coverage=coverage,
        versions=parts.all,
        folds=folds,
        seeds=seeds,
        identity=identity,
        out=out / "folds",
        engine=engine,
    )
    people = data.people
    with stage("the model of everybody"):
        model = fit_linked(learner, data, seed=seeds[0], out=out)
    whole = found.short[0, :, : len(parts.versions)]
    return Outcome(
        fitted=model.fitted,
        rows=np.arange(len(data.labels)),
        preds=found.preds,
        table=found.preds,
        table_rows=np.arange(len(data.labels)),
        counts={"n_train": len(data.labels), "n_test": len(data.labels)},
        baselines=found.baselines,
        half_width=found.half_width,
        residuals=errors_by_person(data.labels - found.preds[0], people),
        errors=errors_of_forms(whole, parts.versions, data.labels, people),
        parts=parts,
        short=(found.short, found.short_half_width),
        constant=found.constant,
        answers=found.answers,
        folds=found.folds,
        flattened=found.flattened,
    )


def transferred(
    learner: Learner,
    train: Dataset,
    test: Dataset,
    baselines: Baselines,
    *,
    coverage: float,
    seed: int,
    out: Path,
) -> Outcome:
    """Train on one corpus and test on another; ``baselines`` know both, training rows first."""
    train = without_splits(train)
    model = fit_linked(learner, train, seed=seed, out=out)
    preds, _ = predict(model.fitted, test)
    everybody = np.arange(len(test.labels))
    simple = baselines(np.arange(len(train.labels)), len(train.labels) + everybody)
    parts = shortened_forms(test)
    short, short_width = score_short(model, test, everybody, parts.all)
    return Outcome(
        fitted=model.fitted,
        rows=everybody,
        preds=preds[None],
        table=preds[None],
        table_rows=everybody,
        counts={"n_train": len(train.labels), "n_test": len(test.labels)},
        baselines={name: values[None] for name, values in simple.items()},
        half_width=own_half_widths(model, test, everybody, coverage=coverage)[None],
        residuals=_held_out_errors(model.fitted, train),
        errors=model.errors,
        parts=parts,
        short=(short[None], short_width[None]),
        constant={"model": is_constant(preds)},
        flattened=_as_one_repeat(predict_flat(model.fitted, test)),
    )


def _as_one_repeat(scores: Array | None) -> Array | None:
    return None if scores is None else scores[None]


def _held_out_errors(fitted: Fitted, data: Dataset) -> Array:
    """(p, K) absolute errors of training candidates by models that did not train on them."""
    return errors_by_person(data.labels - fitted.held_out, data.people)

"""A run: train, calibrate, test, and write the run folder. Nothing here reads a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trifold.bundle.bundle import Description, write_bundle
from trifold.bundle.calibration import calibrate
from trifold.bundle.out_of_distribution import fit_distribution
from trifold.bundle.reference import Reference, make_reference
from trifold.contracts import Array, Corpus
from trifold.features.collate import select
from trifold.features.pooling import narrow, pooled_features
from trifold.features.quality import added_up
from trifold.messages import raw, serialized
from trifold.runtime.progress import stage
from trifold.training.baselines.trivial import baselines_of
from trifold.training.dataset import Dataset, join
from trifold.training.learners.base import Learner
from trifold.training.protocol.answer_scores import answer_variances
from trifold.training.protocol.short_scores import short_facts
from trifold.training.protocol.testing import Outcome, cross_validated, holdout, transferred
from trifold.training.results.cautions import of_run, of_short_forms
from trifold.training.results.construct import of_construct
from trifold.training.results.geometry import geometry_facts, of_geometry
from trifold.training.results.numbers import measure, run_facts
from trifold.training.results.page import shortcut_alarm, summary_lines
from trifold.training.results.profile import write_profile
from trifold.training.results.run_folder import write_run
from trifold.training.shortening import shortened_each
from trifold.workers.base import INLINE, EngineSettings


@dataclass(frozen=True)
class RunSettings:
    """How a learner is tested and what is reported.

    Attributes:
        folds: of the cross-validation; 0 tests on the corpus's own split.
        seeds: one cross-validation for each.
        seed: of everything else.
        coverage: of the score intervals.
        resamples: of the bootstrap behind the intervals of metrics.
        baselines: names of the simple methods that stand beside the model.
        identity: all settings that decide what a fold gives; folds of another run are not reused.
        progress: tell on stderr how far it is.
        engine: who computes the folds.
    """

    folds: int
    seeds: tuple[int, ...]
    seed: int
    coverage: float
    resamples: int
    baselines: tuple[str, ...]
    identity: str
    progress: bool = True
    engine: EngineSettings = INLINE

    @property
    def told(self) -> dict[str, Any]:
        """What ``metrics.json`` says of them."""
        told: Mapping[str, Any] = {"folds": self.folds, "seed": self.seed}
        told = {**told, "coverage": self.coverage, "resamples": self.resamples}
        return {**told, "seeds": list(self.seeds)}


def learn(
    settings: RunSettings,
    corpus: Corpus,
    description: Description,
    learner: Learner,
    data: Dataset,
    out: Path,
    *,
    tested: Dataset | None = None,
) -> list[Path]:
    """Train, calibrate, test, and write the run folder; returns the paths of what it holds.

    Args:
        settings: how to test and report.
        corpus: the one that is trained on.
        description: what the bundle will say, not yet calibrated.
        learner: what to train.
        data: the corpus after extraction.
        out: the run folder.
        tested: another corpus to test on; None tests on the first.
    """
    with stage("training", show=settings.progress):
        if tested is None:
            outcome = _test(settings, learner, data, out)
        else:
            outcome = _transfer(settings, learner, data, tested, out)
    measured_on = data if tested is None else tested
    fitted = outcome.fitted
    rows = _rows_of_model(data, outcome)
    calibrated = replace(
        calibrate(description, outcome.residuals, outcome.errors),
        answer_variance=answer_variances(outcome.answers, corpus.schema.names),
        codecs=added_up([data.codecs[row] for row in rows] if data.codecs else []),
    )
    write_bundle(
        out,
        calibrated,
        fitted.network,
        fitted.scaler,
        network_spec=fitted.spec,
        reference=_reference(data, rows, outcome, description),
    )
    write_profile(out, data.observed, corpus.schema.names, fitted.held_out)
    metrics = _measure(settings, corpus, description, measured_on, outcome)
    said = [
        *of_run(data, measured_on, outcome, coverage=settings.coverage),
        *of_construct(metrics),
        *of_geometry(metrics),
        *of_short_forms(metrics["fewer_answers"]),
        *of_short_forms(metrics["fewer_modalities"]),
    ]
    metrics |= {"warnings": said, "cautions": serialized([raw(one) for one in said])}
    metrics["alarm"] = shortcut_alarm(metrics)
    print(*summary_lines(metrics), sep="\n")
    return write_run(out, corpus, measured_on, outcome, metrics)


def _test(settings: RunSettings, learner: Learner, data: Dataset, out: Path) -> Outcome:
    """Cross-validation where there are folds, else the corpus's own split."""
    baselines = baselines_of(settings.baselines, data)
    if not settings.folds:
        return holdout(
            learner, data, baselines, coverage=settings.coverage, seed=settings.seed, out=out
        )
    labels = [np.nan_to_num(one.labels).tolist() for one in (data, *data.others)]
    ids = [one.batch.candidate_ids for one in (data, *data.others)]
    return cross_validated(
        learner,
        data,
        baselines,
        folds=settings.folds,
        seeds=settings.seeds,
        coverage=settings.coverage,
        identity=repr([settings.identity, ids, labels]),
        out=out,
        engine=settings.engine,
    )


def _transfer(
    settings: RunSettings, learner: Learner, data: Dataset, tested: Dataset, out: Path
) -> Outcome:
    baselines = baselines_of(settings.baselines, join(data, tested))
    return transferred(
        learner, data, tested, baselines, coverage=settings.coverage, seed=settings.seed, out=out
    )


def _rows_of_model(data: Dataset, outcome: Outcome) -> Array:
    """Rows of the candidates that the bundle's model was fitted on."""
    if len(outcome.fitted.held_out) < len(
        data.labels
    ):  # the corpus's own split: no test candidates
        return np.concatenate([data.splits["train"], data.splits["val"]])
    return np.arange(len(data.labels))


def _reference(data: Dataset, rows: Array, outcome: Outcome, description: Description) -> Reference:
    """Errors, norms and distribution of the candidates at the rows."""
    held_out = outcome.fitted.held_out
    batch = narrow(select(data.batch, torch.as_tensor(rows)))
    shorter = (
        (version.form.key, pooled_features(one))
        for version, one in shortened_each(batch, description.stream_modality)
    )
    people = [data.people[row] for row in rows]
    distribution = fit_distribution(pooled_features(batch), shorter=shorter, people=people)
    return make_reference(outcome.residuals, outcome.errors, held_out, distribution)


def _measure(
    settings: RunSettings,
    corpus: Corpus,
    description: Description,
    tested: Dataset,
    outcome: Outcome,
) -> dict[str, Any]:
    """The content of ``metrics.json`` but for its warnings."""
    labels, names = tested.labels[outcome.rows], corpus.schema.names
    found = measure(
        outcome.preds,
        outcome.baselines,
        labels,
        corpus.schema,
        half_width=outcome.half_width,
        coverage=settings.coverage,
        resamples=settings.resamples,
        seed=settings.seed,
        groups=[tested.people[row] for row in outcome.rows],
        constant=outcome.constant,
        folds=outcome.folds,
        words=tested.lengths["words"][outcome.rows] if "words" in tested.lengths else None,
    )
    found |= geometry_facts(outcome, names)
    found |= short_facts(outcome.short, outcome.preds, labels, outcome.parts, names)
    return found | run_facts(corpus, tested, outcome, description.stream_dims, settings.told)

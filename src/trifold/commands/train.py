"""``trifold train corpora=… corpora.root=DIR out=DIR``: a labelled corpus to a run folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning import seed_everything
from omegaconf import DictConfig, OmegaConf

from trifold.bundle.abstention import limits_of
from trifold.bundle.bundle import Description, describe_streams, write_bundle
from trifold.bundle.calibration import calibrate, uncalibrated
from trifold.bundle.out_of_distribution import fit_domain
from trifold.bundle.reference import Reference, make_reference
from trifold.commands.shared import read_corpus, with_words
from trifold.contracts import Corpus, person_of
from trifold.errors import InputError
from trifold.features.collate import select
from trifold.features.extract import extract
from trifold.features.pooling import narrow, pooled_features
from trifold.features.quality import check_codes
from trifold.features.store import FeatureStore
from trifold.people import summary
from trifold.runtime.progress import stage
from trifold.terms import cleared
from trifold.training.baselines.trivial import Baselines, answer_length, make_baselines
from trifold.training.cohort import Cohort, assemble, join, plan_for
from trifold.training.learners.base import Learner, TrainingSet, build_learner
from trifold.training.protocol.short_scores import short_facts
from trifold.training.protocol.shortening import shortened_each
from trifold.training.protocol.testing import Outcome, cross_validated, holdout, transferred
from trifold.training.requirements import (
    plan_of,
    require_rated,
    require_trainable,
    without_targets,
)
from trifold.training.results.cautions import of_run, of_short_forms
from trifold.training.results.numbers import measure, run_facts
from trifold.training.results.page import summary_lines
from trifold.training.results.run_folder import write_run


def train(config: DictConfig) -> list[Path]:
    """Check that there is enough, extract what is missing, and learn."""
    seed_everything(config.seed, verbose=False)
    corpus, test_corpus = _corpora(config)
    print(summary([person_of(clip.candidate_id) for clip in corpus.clips]))
    description = describe(config, corpus)
    learner = build_learner(_plain(config.learner))
    transfer = test_corpus is not None
    learner.check(description.stream_dims, watched=not (config.folds or transfer))
    plan = plan_of(corpus, folds=config.folds, seeds=list(config.seeds))
    require = require_rated if transfer else require_trainable
    require(plan)  # before anything is extracted, which may take hours
    cohort = _load(config, corpus, description)
    require(plan_for(cohort, plan))
    tested = None if test_corpus is None else _load(config, test_corpus, description)
    return learn(config, corpus, description, learner, cohort, tested)


def learn(
    config: DictConfig,
    corpus: Corpus,
    description: Description,
    learner: Learner,
    cohort: Cohort,
    tested: Cohort | None = None,
) -> list[Path]:
    """Train, calibrate, test, and write the run folder.

    Args:
        config: of the command.
        corpus: that is trained on.
        description: of the bundle, not yet calibrated.
        learner: what to train.
        cohort: the corpus after extraction.
        tested: another corpus to test on, if any.
    """
    out = Path(config.out)
    with stage("training", show=config.progress):
        if tested is None:
            outcome, tested = _test(config, learner, cohort, description, out), cohort
        else:
            outcome = _transfer(config, learner, cohort, tested, description, out)
    fitted = outcome.fitted
    trained = calibrate(description, outcome.residuals, outcome.errors)
    reference = _reference(cohort, outcome, description)
    write_bundle(
        out, trained, fitted.network, fitted.scaler, network_spec=fitted.spec, reference=reference
    )
    metrics = _measure(config, corpus, description, tested, outcome)
    metrics["warnings"] = [
        *of_run(
            cohort, tested, outcome, corpus.schema, description.stream_modality, config.coverage
        ),
        *of_short_forms(metrics["fewer_answers"]),
        *of_short_forms(metrics["fewer_modalities"]),
    ]
    print(*summary_lines(metrics), sep="\n")
    OmegaConf.save(config, out / "config.yaml", resolve=True)
    return write_run(out, corpus, tested, outcome, metrics)


def _measure(
    config: DictConfig, corpus: Corpus, description: Description, tested: Cohort, outcome: Outcome
) -> dict[str, Any]:
    """The content of ``metrics.json`` but for its warnings."""
    found = measure(
        outcome.preds,
        outcome.baselines,
        tested.labels[outcome.rows],
        corpus.schema,
        half_width=outcome.half_width,
        coverage=config.coverage,
        resamples=config.resamples,
        seed=config.seed,
        groups=[person_of(tested.samples[row].candidate_id) for row in outcome.rows],
        constant=outcome.constant,
    )
    found |= short_facts(
        outcome.short,
        outcome.preds,
        tested.labels[outcome.rows],
        outcome.parts,
        corpus.schema.names,
    )
    streams = description.stream_dims
    return found | run_facts(corpus, tested, outcome, streams, _settings(config))


def _corpora(config: DictConfig) -> tuple[Corpus, Corpus | None]:
    """The corpus, and the one to test on where ``corpora.test_root`` names it."""
    left_out = list(config.leave_out)
    corpus = without_targets(read_corpus(config.corpora), left_out)
    corpus = replace(corpus, terms=cleared(config.purpose, corpus.terms, rights=config.rights))
    test_root = config.corpora.get("test_root")
    if test_root is None:
        return corpus, None
    root = "root" if "root" in config.corpora else "path"
    return corpus, without_targets(read_corpus(config.corpora, **{root: test_root}), left_out)


def describe(config: DictConfig, corpus: Corpus) -> Description:
    """The bundle to be, before anything is trained."""
    return Description(
        name=Path(config.out).name,
        synthetic=corpus.synthetic,
        terms=corpus.terms,
        schema=corpus.schema,
        streams=describe_streams(_encoders(config), modalities=list(config.modalities)),
        network={},
        coverage=config.coverage,
        half_width=uncalibrated(len(corpus.schema.targets)),
        targets=_plain(config.targets),
        limits=limits_of(_plain(config.limits)),
    )


def _reference(cohort: Cohort, outcome: Outcome, description: Description) -> Reference:
    """Errors, norms and distribution of the candidates that the bundle's model was fitted on."""
    held_out, rows = outcome.fitted.held_out, np.arange(len(cohort.labels))
    if len(held_out) < len(rows):  # the corpus's own split: test candidates stay out
        rows = np.concatenate([cohort.rows["train"], cohort.rows["val"]])
    batch = narrow(select(cohort.batch, torch.as_tensor(rows)))
    shorter = (
        (version.form.key, pooled_features(one))
        for version, one in shortened_each(batch, description.stream_modality)
    )
    people = [person_of(candidate) for candidate in batch.candidate_ids]
    domain = fit_domain(pooled_features(batch), shorter=shorter, people=people)
    return make_reference(outcome.residuals, outcome.errors, held_out, domain)


def _encoders(config: DictConfig) -> dict[str, Any]:
    """The specifications of the chosen streams."""
    specs = _plain(config.encoders)
    wanted = list(specs) if config.streams is None else list(config.streams)
    unknown = [name for name in wanted if name not in specs]
    if unknown:
        raise InputError(expected=f"streams among {', '.join(specs)}", got=repr(unknown[0]))
    return {name: specs[name] for name in wanted}


def _load(config: DictConfig, corpus: Corpus, description: Description) -> Cohort:
    store = FeatureStore(Path(config.paths.features))
    records = extract(
        with_words(config, corpus.clips),
        description.encoder_specs,
        store,
        workers=config.workers,
        progress=config.progress,
    )
    return assemble(
        corpus,
        records,
        fingerprints=description.fingerprints,
        stream_dims=description.stream_dims,
        store=store,
        withhold=check_codes(config.withhold),
    )


def _test(
    config: DictConfig,
    learner: Learner,
    cohort: Cohort,
    description: Description,
    out: Path,
) -> Outcome:
    """Cross-validation where ``folds`` is set, else the corpus's own split."""
    data, baselines = _training_set(cohort, description), _baselines(config, cohort)
    if config.folds:
        return cross_validated(
            learner,
            data,
            baselines,
            folds=config.folds,
            seeds=list(config.seeds),
            coverage=config.coverage,
            identity=_identity(config, cohort),
            out=out,
        )
    options: dict[str, Any] = {"coverage": config.coverage, "seed": config.seed, "out": out}
    return holdout(learner, data, cohort.rows, baselines, **options)


def _transfer(
    config: DictConfig,
    learner: Learner,
    cohort: Cohort,
    tested: Cohort,
    description: Description,
    out: Path,
) -> Outcome:
    train, test = (_training_set(one, description) for one in (cohort, tested))
    baselines = _baselines(config, join(cohort, tested))
    options: dict[str, Any] = {"coverage": config.coverage, "seed": config.seed, "out": out}
    return transferred(learner, train, test, baselines, **options)


def _training_set(cohort: Cohort, description: Description) -> TrainingSet:
    return TrainingSet(
        samples=cohort.samples,
        batch=cohort.batch,
        labels=cohort.labels,
        schema=description.schema,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        targets=description.targets,
    )


def _baselines(config: DictConfig, cohort: Cohort) -> Baselines:
    length = answer_length({"words": cohort.words, "seconds": cohort.seconds})
    views = pooled_features(cohort.batch)
    return make_baselines(
        config.baselines,
        views=views,
        length=length,
        labels=cohort.labels,
        ids=cohort.batch.candidate_ids,
    )


def _identity(config: DictConfig, cohort: Cohort) -> str:
    """All that decides what a seed's folds give: settings, candidates and labels."""
    aside = ("out", "progress", "workers", "purpose", "rights", "seeds", "resamples")
    settings = {k: v for k, v in _plain(config).items() if k not in aside}
    return repr([settings, cohort.batch.candidate_ids, np.nan_to_num(cohort.labels).tolist()])


def _settings(config: DictConfig) -> dict[str, Any]:
    names = ("folds", "seed", "coverage")
    return {name: config[name] for name in names} | {"seeds": list(config.seeds)}


def _plain(config: DictConfig) -> dict[str, Any]:
    plain: Any = OmegaConf.to_container(config, resolve=True)
    return dict(plain)

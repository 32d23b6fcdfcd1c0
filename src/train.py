"""``python -m src.train corpora=… corpora.root=DIR out=DIR``: a labelled corpus to a run folder."""

from __future__ import annotations

from src.entry import read_corpus, ready, run, start, with_words

if __name__ == "__main__":
    ready("train")  # before anything large is loaded

from dataclasses import replace
from pathlib import Path
from typing import Any

import hydra
import numpy as np
import torch
from lightning import seed_everything
from omegaconf import DictConfig, OmegaConf

from src.contracts import Corpus, person_of
from src.errors import InputError
from src.features.collate import select
from src.features.extract import extract
from src.features.pooling import pooled_features
from src.features.quality import check_codes
from src.features.store import FeatureStore
from src.progress import stage
from src.scoring.bundle import Description, describe_streams, write_bundle
from src.scoring.calibration import calibrate, uncalibrated
from src.scoring.distribution import fit_domain
from src.scoring.doubts import limits_of
from src.scoring.reference import Reference, make_reference
from src.terms import cleared
from src.training.baselines import Baselines, answer_length, make_baselines
from src.training.cohort import Cohort, assemble, join, require_splits
from src.training.learners.base import Learner, TrainingSet, build_learner
from src.training.protocols import Outcome, cross_validated, holdout, transferred
from src.training.report import summary_lines
from src.training.results import measure, run_facts
from src.training.run_folder import write_run


def train(config: DictConfig) -> list[Path]:
    """Extract what is missing, train, calibrate, test, and write the run folder."""
    out = Path(config.out)
    seed_everything(config.seed, verbose=False)
    corpus, test_corpus = _corpora(config)
    description = _describe(config, corpus)
    learner = build_learner(_plain(config.learner))
    cohort = _load(config, corpus, description)
    tested = cohort if test_corpus is None else _load(config, test_corpus, description)
    with stage("training", show=config.progress):
        if test_corpus is None:
            outcome = _test(config, learner, corpus, cohort, description, out)
        else:
            outcome = _transfer(config, learner, cohort, tested, description, out)
    fitted = outcome.fitted
    trained = calibrate(description, outcome.residuals, outcome.answer_residuals)
    reference = _reference(cohort, outcome)
    write_bundle(
        out, trained, fitted.network, fitted.scaler, network_spec=fitted.spec, reference=reference
    )
    metrics = measure(
        outcome.preds,
        outcome.baselines,
        tested.labels[outcome.rows],
        corpus.schema,
        half_width=outcome.half_width,
        coverage=config.coverage,
        resamples=config.resamples,
        seed=config.seed,
        groups=[person_of(tested.samples[row].candidate_id) for row in outcome.rows],
    ) | run_facts(corpus, tested, outcome, description.stream_dims, _settings(config))
    print(*summary_lines(metrics), sep="\n")
    OmegaConf.save(config, out / "config.yaml", resolve=True)
    return write_run(out, corpus, tested, outcome, metrics)


def _corpora(config: DictConfig) -> tuple[Corpus, Corpus | None]:
    """The corpus, and the one to test on where ``corpora.test_root`` names it."""
    corpus = read_corpus(config.corpora)
    corpus = replace(corpus, terms=cleared(config.purpose, corpus.terms, rights=config.rights))
    test_root = config.corpora.get("test_root")
    if test_root is None:
        return corpus, None
    root = "root" if "root" in config.corpora else "path"
    return corpus, read_corpus(config.corpora, **{root: test_root})


def _describe(config: DictConfig, corpus: Corpus) -> Description:
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


def _reference(cohort: Cohort, outcome: Outcome) -> Reference:
    """Errors, norms and distribution of the candidates that the bundle's model was fitted on."""
    held_out, rows = outcome.fitted.held_out, np.arange(len(cohort.labels))
    if len(held_out) < len(rows):  # the corpus's own split: test candidates stay out
        rows = np.concatenate([cohort.rows["train"], cohort.rows["val"]])
    domain = fit_domain(pooled_features(select(cohort.batch, torch.as_tensor(rows))))
    return make_reference(outcome.residuals, outcome.answer_residuals, held_out, domain)


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
    corpus: Corpus,
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
    require_splits(cohort, where=corpus.name)
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
    return make_baselines(config.baselines, views=views, length=length, labels=cohort.labels)


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


@hydra.main(version_base="1.3", config_path="../configs", config_name="train")
def main(config: DictConfig) -> None:
    """Entry point."""
    run(train, config)


if __name__ == "__main__":
    start(main, "train")

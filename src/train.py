"""``python -m src.train corpora=… out=DIR``: a labelled corpus to a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hydra
import numpy as np
import pandas as pd
from hydra.utils import instantiate
from lightning import seed_everything
from omegaconf import DictConfig, OmegaConf

from src.contracts import Array, Corpus
from src.entry import run
from src.features.collate import select
from src.features.extract import extract
from src.features.store import FeatureStore
from src.network.build import build_network
from src.scoring.bundle import Bundle, Description, describe_streams, write_bundle
from src.scoring.calibration import calibrate, uncalibrated
from src.scoring.predictor import Predictor, score_all
from src.training import plots
from src.training.cohort import Cohort, assemble
from src.training.datamodule import CandidateData
from src.training.fit import fit
from src.training.module import ScoreRegression
from src.training.report import summary_lines, write_report
from src.training.results import measure, write_json, write_predictions


def train(config: DictConfig) -> list[Path]:
    """Extract what is missing, train, calibrate, test, and write the run folder."""
    out = Path(config.out)
    seed_everything(config.seed, verbose=False)
    corpus: Corpus = instantiate(config.corpora)
    description = _describe(config, corpus)
    cohort = _load(config, corpus, description)
    bundle, history = _fit(config, description, cohort, out)
    candidate, answers = score_all(Predictor(bundle), cohort.samples)
    val = cohort.rows["val"]
    calibrated = calibrate(
        description, candidate[val], [answers[row] for row in val], cohort.labels[val]
    )
    write_bundle(out, calibrated, bundle.network, bundle.scaler)
    metrics = _measure(config, corpus, calibrated, cohort, candidate)
    print(*summary_lines(metrics), sep="\n")
    return _write(config, out, corpus, cohort, candidate, metrics, history)


def _describe(config: DictConfig, corpus: Corpus) -> Description:
    specs: Any = OmegaConf.to_container(config.encoders, resolve=True)
    network: Any = OmegaConf.to_container(config.network, resolve=True)
    return Description(
        name=Path(config.out).name,
        synthetic=corpus.synthetic,
        terms=corpus.terms,
        schema=corpus.schema,
        streams=describe_streams(specs, modalities=list(config.modalities)),
        network=network,
        coverage=config.coverage,
        half_width=uncalibrated(len(corpus.schema.targets)),
    )


def _load(config: DictConfig, corpus: Corpus, description: Description) -> Cohort:
    store = FeatureStore(Path(config.paths.features))
    records = extract(
        corpus.clips,
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
    )


def _fit(
    config: DictConfig, description: Description, cohort: Cohort, out: Path
) -> tuple[Bundle, list[dict[str, float]]]:
    network, scaler = build_network(
        description.network,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        schema=description.schema,
    )
    rows = cohort.rows_tensor()
    network.fit_standardizers(select(cohort.batch, rows["train"]))
    scaler.fit(cohort.labels[cohort.rows["train"]])
    options = dict(config.training)
    batch_size, patience = options.pop("batch_size"), options.pop("patience")
    module = ScoreRegression(
        network, scaler, stream_modality=description.stream_modality, **options
    )
    data = CandidateData(cohort.batch, rows, batch_size=batch_size)
    history = fit(module, data, trainer=instantiate(config.trainer), patience=patience, out=out)
    return Bundle(description, network, scaler, bundle_id="in training"), history


def _measure(
    config: DictConfig, corpus: Corpus, description: Description, cohort: Cohort, preds: Array
) -> dict[str, Any]:
    """The content of ``metrics.json``."""
    metrics = measure(
        cohort,
        preds,
        corpus.schema,
        fit_rows=np.concatenate([cohort.rows["train"], cohort.rows["val"]]),
        rows=cohort.rows["test"],
        half_width=description.half_width["candidate"],
        coverage=description.coverage,
        resamples=config.resamples,
        seed=config.seed,
    )
    return metrics | {
        "data": {
            "corpus": corpus.name,
            "synthetic": corpus.synthetic,
            "schema": corpus.schema.name,
            "terms": corpus.terms,
            "split": "by candidate",
            "seed": config.seed,
            "coverage": config.coverage,
            "streams": list(description.streams),
            "n_lost": len(cohort.lost),
            **{f"n_{split}": len(rows) for split, rows in cohort.rows.items()},
        }
    }


def _write(
    config: DictConfig,
    out: Path,
    corpus: Corpus,
    cohort: Cohort,
    preds: Array,
    metrics: dict[str, Any],
    history: list[dict[str, float]],
) -> list[Path]:
    """Config, tables, plots and report."""
    OmegaConf.save(config, out / "config.yaml", resolve=True)
    pd.DataFrame(history).to_csv(out / "history.csv", index=False)
    ids = [sample.candidate_id for sample in cohort.samples]
    splits = [corpus.splits[candidate] for candidate in ids]
    names = corpus.schema.names
    written = [
        write_json(out / "metrics.json", metrics),
        write_predictions(out / "predictions.csv", ids, splits, preds, cohort.labels, names),
    ]
    test = cohort.rows["test"]
    widths = [w or np.inf for w in metrics["intervals"]["half_width"].values()]
    folder = out / "plots"
    plots.learning_curves(history, folder / "learning_curves.png")
    plots.model_beside_baselines(metrics, folder / "baselines.png")
    plots.predicted_against_true(
        preds[test],
        cohort.labels[test],
        corpus.schema,
        np.array(widths),
        folder / "predicted_against_true.png",
    )
    return [out, *written, write_report(metrics, corpus, out)]


@hydra.main(version_base="1.3", config_path="../configs", config_name="train")
def main(config: DictConfig) -> None:
    """Entry point."""
    run(train, config)


if __name__ == "__main__":
    main()

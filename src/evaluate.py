"""``python -m src.evaluate bundle=RUN corpora=… corpora.root=DIR out=DIR``: a run on a corpus."""

from __future__ import annotations

from src.entry import existing, read_corpus, ready, run, start, with_words

if __name__ == "__main__":
    ready("evaluate")  # before anything large is loaded

from pathlib import Path
from typing import Any

import hydra
import numpy as np
from omegaconf import DictConfig

from src.contracts import Array, Corpus, person_of
from src.corpora.maps import mapped
from src.errors import CorpusError, InputError
from src.features.extract import extract
from src.features.pooling import pooled_features
from src.features.quality import check_codes
from src.features.store import FeatureStore
from src.scoring.bundle import Bundle, load_bundle
from src.scoring.predictor import Predictor, score_all
from src.training.baselines import answer_length, make_baselines
from src.training.cohort import Cohort, assemble, require_splits
from src.training.report import summary_lines
from src.training.results import measure, write_json, write_predictions

SPLITS = ("train", "val", "test", "all")


def evaluate_run(config: DictConfig) -> list[Path]:
    """Score the chosen split and compare with baselines fitted on its training rows."""
    if config.split not in SPLITS:
        raise InputError(expected=f"split among {', '.join(SPLITS)}", got=repr(config.split))
    bundle = load_bundle(existing(config.bundle, what="a run folder"))
    corpus: Corpus = read_corpus(config.corpora)
    if config.map is not None:
        corpus = mapped(corpus, bundle.description.schema, config.map, partial=config.partial)
    _require_same_targets(bundle, corpus)
    store = FeatureStore(Path(config.paths.features))
    records = extract(
        with_words(config, corpus.clips),
        bundle.description.encoder_specs,
        store,
        workers=config.workers,
        progress=config.progress,
    )
    cohort = assemble(
        corpus,
        records,
        fingerprints=bundle.description.fingerprints,
        stream_dims=bundle.description.stream_dims,
        store=store,
        withhold=check_codes(config.withhold),
    )
    require_splits(cohort, where=corpus.name)
    preds, _ = score_all(Predictor(bundle), cohort.samples)
    everyone = np.arange(len(cohort.samples))
    rows = everyone if config.split == "all" else cohort.rows[config.split]
    metrics = _measure(config, bundle, cohort, preds, rows)
    metrics["data"] |= {"corpus": corpus.name, "synthetic": corpus.synthetic}
    print(*summary_lines(metrics), sep="\n")
    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    ids = [cohort.samples[row].candidate_id for row in rows]
    table = out / "predictions.csv"
    return [
        write_json(out / "metrics.json", metrics),
        write_predictions(
            table,
            ids,
            preds[rows],
            cohort.labels[rows],
            corpus.schema.names,
            splits=[corpus.splits[candidate] for candidate in ids],
        ),
    ]


def _require_same_targets(bundle: Bundle, corpus: Corpus) -> None:
    if bundle.description.schema.targets != corpus.schema.targets:
        raise CorpusError(
            expected=f"the targets of the bundle ({', '.join(bundle.description.schema.names)})",
            got=", ".join(corpus.schema.names),
            where=corpus.name,
        )


def _measure(
    config: DictConfig, bundle: Bundle, cohort: Cohort, preds: Array, rows: Array
) -> dict[str, Any]:
    """Bundle and baselines; the latter learn from the corpus's training rows."""
    baselines = make_baselines(
        config.baselines,
        views=pooled_features(cohort.batch),
        length=answer_length({"words": cohort.words, "seconds": cohort.seconds}),
        labels=cohort.labels,
    )
    widths = bundle.description.half_width["candidate"]
    metrics = measure(
        preds[rows],
        baselines(cohort.rows["train"], rows),
        cohort.labels[rows],
        bundle.description.schema,
        half_width=np.array([np.inf if width is None else width for width in widths]),
        coverage=bundle.description.coverage,
        resamples=config.resamples,
        seed=config.seed,
        groups=[person_of(cohort.samples[row].candidate_id) for row in rows],
    )
    facts = {"bundle_id": bundle.bundle_id, "split": config.split, "n": len(rows)}
    return metrics | {"data": facts | {"seed": config.seed}}


@hydra.main(version_base="1.3", config_path="../configs", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Entry point."""
    run(evaluate_run, config)


if __name__ == "__main__":
    start(main, "evaluate")

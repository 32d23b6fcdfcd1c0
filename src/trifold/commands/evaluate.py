"""``trifold evaluate bundle=RUN corpora=… corpora.root=DIR out=DIR``: a run on a corpus."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from omegaconf import DictConfig

from trifold.bundle.bundle import Bundle, load_bundle
from trifold.bundle.integrity.signing import read_trusted
from trifold.commands.governance.policies import Gate
from trifold.commands.shared import existing, load_dataset, read_corpus
from trifold.contracts import Array, Corpus, Split
from trifold.corpora.maps import mapped
from trifold.errors import CorpusError, InputError
from trifold.psychometrics.metrics import constant_columns
from trifold.scoring.predictor import Predictor, score_all
from trifold.training.baselines.trivial import baselines_of
from trifold.training.dataset import Dataset
from trifold.training.requirements import LEAST_TO_FIT, plan_of, without_targets
from trifold.training.results.cautions import of_measuring
from trifold.training.results.construct import of_construct
from trifold.training.results.data_cautions import of_losses, of_words
from trifold.training.results.numbers import measure, write_json, write_tables
from trifold.training.results.page import summary_lines

SPLITS = ("train", "val", "test", "all")


def evaluate_run(config: DictConfig) -> list[Path]:
    """Score the chosen split and compare with baselines fitted on its training rows."""
    if config.split not in SPLITS:
        raise InputError(expected=f"split among {', '.join(SPLITS)}", got=repr(config.split))
    trained = existing(config.bundle, what="a run folder")
    bundle = load_bundle(trained, trusted=read_trusted(config.trusted_keys))
    gate = Gate.of(config)
    gate.look_at_model(bundle.description)
    corpus: Corpus = read_corpus(config.corpora)
    gate.look_at_corpus(corpus, bundle.description.encoder_specs)
    if config.map is not None:
        corpus = mapped(corpus, bundle.description.schema, config.map, partial=config.partial)
    corpus = _with_targets_of(bundle, corpus)
    _rows_of(plan_of(corpus).rows, config.split, corpus)  # before anything is extracted
    data = load_dataset(config, corpus, bundle.description)
    rows = _rows_of(data.splits, config.split, corpus)
    preds, half_width = score_all(Predictor(bundle), data.samples)
    metrics = _measure(config, bundle, data, preds, half_width, rows)
    metrics["data"] |= {"corpus": corpus.name, "synthetic": corpus.synthetic}
    print(*summary_lines(metrics), sep="\n")
    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    ids = [data.samples[row].candidate_id for row in rows]
    splits = [corpus.splits[candidate] for candidate in ids]
    return [
        write_json(out / "metrics.json", metrics),
        *write_tables(out, preds[rows], data, rows, corpus, splits),
    ]


def _rows_of(rows: Mapping[Split, Array], split: str, corpus: Corpus) -> Array:
    """Rows of the chosen split.

    Raises:
        CorpusError: when nobody is in it.
    """
    chosen: Array = (
        np.sort(np.concatenate(list(rows.values()))) if split == "all" else rows[cast(Split, split)]
    )
    if not len(chosen):
        held = ", ".join(f"{len(found)} in '{name}'" for name, found in rows.items())
        raise CorpusError(
            expected=f"rated candidates in split '{split}'; split=all takes everybody",
            got=held,
            where=corpus.name,
        )
    return chosen


def _with_targets_of(bundle: Bundle, corpus: Corpus) -> Corpus:
    """The corpus with the targets of the bundle alone, which may have left some out.

    Raises:
        CorpusError: when the bundle has others.
    """
    known = set(bundle.description.schema.targets)
    more = [target.name for target in corpus.schema.targets if target not in known]
    if known <= set(corpus.schema.targets) and more:
        corpus = without_targets(corpus, more)
    if bundle.description.schema.targets != corpus.schema.targets:
        raise CorpusError(
            expected=f"the targets of the bundle ({', '.join(bundle.description.schema.names)})",
            got=", ".join(corpus.schema.names),
            where=corpus.name,
        )
    return corpus


def _measure(
    config: DictConfig,
    bundle: Bundle,
    data: Dataset,
    preds: Array,
    half_width: Array,
    rows: Array,
) -> dict[str, Any]:
    """Bundle and baselines; the latter learn from the corpus's training rows, if there are any."""
    baselines = baselines_of(config.baselines, data)
    fit, schema = data.splits["train"], bundle.description.schema
    metrics = measure(
        preds[rows],
        baselines(fit, rows) if len(fit) >= LEAST_TO_FIT else {},
        data.labels[rows],
        schema,
        half_width=half_width[rows],
        coverage=bundle.description.coverage,
        resamples=config.resamples,
        seed=config.seed,
        groups=[data.people[row] for row in rows],
        words=data.lengths["words"][rows] if "words" in data.lengths else None,
    )
    facts = {"bundle_id": bundle.bundle_id, "split": config.split, "n": len(rows)}
    said = [*_cautions(data, rows, preds, bundle), *of_construct(metrics)]
    return metrics | {"data": facts | {"seed": config.seed}, "warnings": said}


def _cautions(data: Dataset, rows: Array, preds: Array, bundle: Bundle) -> list[str]:
    """What must be kept in mind about the numbers."""
    description, n_fit = bundle.description, len(data.splits["train"])
    people = [data.people[row] for row in rows]
    constant = constant_columns(preds[None], np.zeros_like(preds))
    said = [
        *of_losses(data),
        *of_words(data.words_from, description.words_from),
        *of_measuring(data.labels[rows], people, description.schema, constant=constant),
    ]
    if n_fit < LEAST_TO_FIT:
        said.append(
            f"No baselines: they are fitted on split 'train', which holds {n_fit} candidates here, "
            f"and take {LEAST_TO_FIT}."
        )
    return said

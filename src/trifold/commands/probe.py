"""Which layer reads what: ``trifold probe stream=NAME corpora.root=DIR out=DIR``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import DictConfig, OmegaConf

from trifold.commands.governance.policies import Gate
from trifold.commands.shared import engine_settings, read_corpus, word_settings
from trifold.contracts import Corpus
from trifold.encoders.base import Encoder
from trifold.encoders.build import build_encoder
from trifold.errors import InputError
from trifold.features.extract import extract
from trifold.features.store import FeatureStore
from trifold.features.words import with_words
from trifold.runtime.progress import stage
from trifold.tables.writing import write_csv
from trifold.training.assembly import assemble
from trifold.training.baselines.trivial import baselines_of
from trifold.training.dataset import Dataset, plan_for
from trifold.training.layer_table import layer_table
from trifold.training.probing import PICKED, Probe, pooled_layers, probe_layers
from trifold.training.requirements import plan_of, require_trainable
from trifold.training.results.cautions import of_measuring
from trifold.training.results.data_cautions import of_losses
from trifold.training.results.numbers import write_json
from trifold.training.results.plots import layer_curves


def probe(config: DictConfig) -> list[Path]:
    """Read all layers, cross-validate each, and say which one to take."""
    spec, encoder = _all_layers(config)
    corpus: Corpus = read_corpus(config.corpora)
    Gate.of(config).look_at_corpus(corpus, {config.stream: spec})
    plan = plan_of(corpus, folds=config.folds, seeds=list(config.seeds))
    require_trainable(plan)  # before anything is extracted
    store = FeatureStore(Path(config.paths.features))
    clips = with_words(corpus.clips, encoders={config.stream: spec}, **word_settings(config))
    records = extract(
        clips,
        {config.stream: spec},
        store,
        settings=engine_settings(config),
        progress=config.progress,
    )
    data = assemble(
        corpus, records, store=store, fingerprints={}, stream_dims={}, stream_modality={}
    )
    require_trainable(plan_for(data, plan))
    layers = encoder.layer_numbers  # type: ignore[attr-defined]
    values = pooled_layers(
        records,
        data.batch.candidate_ids,
        config.stream,
        encoder.fingerprint,
        store,
        n_layers=len(layers),
    )
    total = len(layers) * config.folds * len(config.seeds)
    with stage("probed", total, unit="layers and folds", show=config.progress) as told:
        found = probe_layers(
            values,
            layers,
            data.labels,
            data.people,
            folds=config.folds,
            seeds=list(config.seeds),
            baselines=baselines_of(["train_mean", "answer_length"], data),
            progress=told.advance,
        )
    return _write(config, corpus, data, found)


def _all_layers(config: DictConfig) -> tuple[dict[str, Any], Encoder]:
    """The chosen stream's encoder, set to read every layer.

    Raises:
        InputError: when there is no such stream, or its encoder has no layers to choose from.
    """
    specs: Any = OmegaConf.to_container(config.encoders, resolve=True)
    if config.stream not in specs:
        raise InputError(expected=f"stream among {', '.join(specs)}", got=repr(config.stream))
    spec = {**specs[config.stream], "layer": "all"}
    try:
        encoder = build_encoder(spec)
    except InputError as error:
        raise InputError(
            expected="an encoder whose layers can be read side by side",
            got=error.got,
            where=config.stream,
        ) from error
    if not getattr(encoder, "layer_numbers", ()):
        raise InputError(
            expected="an encoder whose layers can be read side by side",
            got=type(encoder).__name__,
            where=config.stream,
        )
    return spec, encoder


def _write(config: DictConfig, corpus: Corpus, data: Dataset, found: Probe) -> list[Path]:
    """Table, plot and the choice."""
    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    names = corpus.schema.names
    rows = layer_table(found, data.labels, names, resamples=config.resamples, seed=config.seed)
    table = pd.DataFrame(rows)
    write_csv(table, out / "layers.csv")
    layer_curves(rows, found.layers, names, out / "layers.png")
    warnings = [*of_losses(data), *of_measuring(data.labels, data.people, corpus.schema)]
    nested = next(row for row in rows if row["layer"] == PICKED)
    choice = {
        "stream": config.stream,
        "layer": found.layer,
        "layer_by_target": dict(zip(names, found.target_layer, strict=True)),
        "data": {"corpus": corpus.name, "synthetic": corpus.synthetic, "n": len(data.labels)},
        "protocol": {"folds": config.folds, "seeds": list(config.seeds)},
        "nested": {  # JSON has no NaN
            k: None if isinstance(v, float) and not math.isfinite(v) else v
            for k, v in nested.items()
        },
        "warnings": warnings,
    }
    write_json(out / "choice.json", choice)
    print(table[["layer", "spearman", "spearman_low", "spearman_high", "r2", "mse"]].round(3))
    print(f"encoders.{config.stream}.layer={found.layer} reads best over all targets")
    print(*(f"warning: {warning}" for warning in warnings), sep="\n")
    return [out / name for name in ("layers.csv", "layers.png", "choice.json")]

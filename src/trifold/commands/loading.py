"""From a labelled corpus to the dataset of a run: extract what is missing, then join the labels."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from trifold.bundle.description import Description
from trifold.commands.shared import with_words
from trifold.contracts import Corpus
from trifold.features.extract import extract
from trifold.features.quality import check_codes
from trifold.features.store import FeatureStore
from trifold.training.assembly import assemble
from trifold.training.dataset import Dataset


def load_dataset(config: DictConfig, corpus: Corpus, description: Description) -> Dataset:
    """The corpus as a bundle of this description reads it.

    Raises:
        CorpusError: when nothing is left of it, see ``assemble``.
    """
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
        store=store,
        fingerprints=description.fingerprints,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        targets=description.targets,
        withhold=check_codes(config.withhold),
    )

"""What commands share: paths, corpora, arguments of the pipeline, datasets, how they end."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trifold.errors import InputError
from trifold.plugins import find, is_plugin
from trifold.runtime.sandbox.mode import REQUIRE, use_mode
from trifold.workers.base import EngineSettings

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from trifold.bundle.description import Description
    from trifold.contracts import Corpus
    from trifold.training.dataset import Dataset


class Written(list[Path]):
    """Paths that a command wrote, and the code that it ends with."""

    code = 0


def say(line: str, *, show: bool) -> None:
    """A word on stderr about what is going on, where somebody wants it."""
    if show:
        print(line, file=sys.stderr, flush=True)


def existing(path: str, *, what: str) -> Path:
    """The path, if something is there.

    Raises:
        InputError: when nothing is.
    """
    found = Path(path)
    if not found.exists():
        raise InputError(expected=what, got="nothing there", where=found)
    return found


def read_corpus(config: DictConfig, **changes: object) -> Corpus:
    """The corpus that ``corpora`` describes, by its reader; ``test_root`` is another's root.

    Raises:
        InputError: when the reader does not take one of the settings.
        CorpusError: when the corpus is not what it should be.
    """
    from hydra.utils import get_object

    from trifold.cli.checking import plain

    settings = {key: value for key, value in plain(config).items() if key != "test_root"}
    target = str(settings.pop("_target_"))
    read = find(target, "corpus") if is_plugin(target) else get_object(target)
    try:
        corpus: Corpus = read(**settings | changes)
    except TypeError as error:
        if "argument" not in str(error):
            raise
        raise InputError(expected="settings of this corpus", got=str(error)) from error
    return corpus


def engine_settings(config: DictConfig) -> EngineSettings:
    """Who does the work.

    Raises:
        InputError: when decoders cannot be held as ``sandbox=require`` asks for.
    """
    names = [field.name for field in fields(EngineSettings)]
    settings = EngineSettings(**{name: config[name] for name in names})
    use_mode(settings.sandbox)
    if settings.sandbox == REQUIRE:
        from trifold.media.decoder.children import check_children

        check_children()
    return settings


def word_settings(config: DictConfig) -> dict[str, Any]:
    """The arguments of ``trifold.features.words.with_words`` that settings hold."""
    from trifold.cli.checking import plain

    return {
        "recogniser": plain(config.asr) if config.get("asr") else None,
        "voices": plain(config.voices) if config.get("voices") else None,
        "transcripts": Path(config.paths.transcripts),
        "speaker": config.get("speaker"),
        "language": config.get("language"),
        "settings": engine_settings(config),
        "progress": config.progress,
    }


def load_dataset(config: DictConfig, corpus: Corpus, description: Description) -> Dataset:
    """The corpus as a bundle of this description reads it; what is not extracted yet is.

    Raises:
        CorpusError: when nothing is left of it, see ``trifold.training.assembly``.
    """
    from trifold.features.extract import extract
    from trifold.features.quality import check_codes, quality_limits
    from trifold.features.store import FeatureStore
    from trifold.features.words import with_words
    from trifold.training.assembly import assemble

    store = FeatureStore(Path(config.paths.features))
    specs = description.encoder_specs
    records = extract(
        with_words(corpus.clips, encoders=specs, **word_settings(config)),
        specs,
        store,
        settings=engine_settings(config),
        progress=config.progress,
    )
    return assemble(
        corpus,
        records,
        store=store,
        fingerprints=description.fingerprints,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        stream_resolution=description.stream_resolution,
        targets=description.targets,
        withhold=check_codes(config.withhold),
        limits=quality_limits(config.quality),
        codecs=description.codecs,
    )

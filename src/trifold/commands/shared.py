"""What commands share: paths that are there, corpora, clips with their words, how they end."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trifold.errors import InputError
from trifold.plugins import find, is_plugin

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from trifold.contracts import Clip, Corpus
    from trifold.specs import Spec


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


def with_words(
    config: DictConfig, clips: Sequence[Clip], encoders: Mapping[str, Spec]
) -> list[Clip]:
    """The clips with the settings' word on transcripts, and what ``asr=…`` recognises without one.

    ``speaker`` is the candidate's label in transcripts, ``language`` what is spoken. Nothing is
    recognised where none of the encoders reads words.
    """
    from trifold.cli.checking import plain
    from trifold.encoders.build import reads_words
    from trifold.media.transcripts.speakers.stated import stated

    clips = stated(clips, speaker=config.get("speaker"), language=config.get("language"))
    spec: Any = plain(config.asr) if config.get("asr") else {}
    if not spec or not any(map(reads_words, encoders.values())):
        return clips
    from trifold.features.transcribe import with_transcripts  # loads what only recognition needs

    root = Path(config.paths.transcripts)
    return with_transcripts(clips, spec, root, progress=config.progress)

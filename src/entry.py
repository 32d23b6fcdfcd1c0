"""What all entry points share: clear endings and quiet libraries."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src.contracts import Clip
from src.errors import InputError, TrifoldError
from src.media.transcripts.stated import stated

BAD_INPUT = 2


def run(main: Callable[[DictConfig], Iterable[Path]], config: DictConfig) -> None:
    """Run ``main``, print the paths that it wrote, or one line about what is wrong and exit 2."""
    _quiet()
    try:
        written = list(main(config))
    except TrifoldError as error:
        _fail(str(error))
    except (OmegaConfBaseException, InstantiationException) as error:
        if not isinstance(error.__cause__, TrifoldError | ValueError | OmegaConfBaseException):
            _fail(str(error).splitlines()[0])
        _fail(str(error.__cause__).splitlines()[0])
    else:
        for path in written:
            print(path)


def leave() -> NoReturn:
    """End the process with success, without taking PyTorch apart, which takes a while for nothing.

    For the end of a command; what is registered with ``atexit`` is not run.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def existing(path: str, *, what: str) -> Path:
    """The path, if something is there.

    Raises:
        InputError: when nothing is.
    """
    found = Path(path)
    if not found.exists():
        raise InputError(expected=what, got="nothing there", where=found)
    return found


def with_words(config: DictConfig, clips: Sequence[Clip]) -> list[Clip]:
    """The clips with the settings' word on transcripts, and what ``asr=…`` recognises without one.

    ``speaker`` is the candidate's label in transcripts, ``language`` what is spoken.
    """
    clips = stated(clips, speaker=config.get("speaker"), language=config.get("language"))
    spec: Any = OmegaConf.to_container(
        config.get("asr") or OmegaConf.create(), resolve=True, throw_on_missing=True
    )
    if not spec:
        return clips
    from src.features.recognise import with_transcripts  # loads what only recognition needs

    root = Path(config.paths.transcripts)
    return with_transcripts(clips, dict(spec), root, progress=config.progress)


def _fail(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(BAD_INPUT)


def _quiet() -> None:
    """Lightning announces devices and hints at more workers; neither helps here."""
    for name in ("lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
    warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
    warnings.filterwarnings("ignore", message=".*overridden `transfer_batch_to_device`.*")

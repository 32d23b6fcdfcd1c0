"""What all entry points share: settings checked at once, clear endings and quiet libraries.

This loads next to nothing, so that from the first moment on Ctrl-C ends a command in one line.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from src.endings import GOES_ON, closing, fail, leave, listen, no_access
from src.errors import InputError, TrifoldError
from src.private import take_umask

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from src.contracts import Clip, Corpus

RESUMED = (
    "extract",
    "score",
    "train",
    "evaluate",
    "probe",
    "forget",
)  # goes on
SHARED = ("export",)  # a bundle is made to be handed on
FULL_ERROR = "HYDRA_FULL_ERROR"
UNEXPECTED = 1


class Written(list[Path]):
    """Paths that a command wrote, and how it ends."""

    code = 0


def begin(command: str) -> None:
    """Listen for stops, and make the command line Hydra's; for the top of a command's module."""
    if _begun:
        return
    _begun.append(command)
    if command not in SHARED:
        take_umask()
    listen(GOES_ON if command in RESUMED else "stopped; nothing was written")
    from src.arguments import prepared

    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        sys.argv[1:] = prepared(sys.argv[1:], command)
    except TrifoldError as error:
        fail(str(error))


def ready(command: str) -> None:
    """Check all settings of the command line, before anything large is loaded.

    For the top of the module of a command that loads much; ``start`` goes on from there.
    """
    begin(command)
    from src.arguments import SWEEPS
    from src.checking import checked

    flags = {word for word in sys.argv[1:] if word.startswith("-")}
    if flags <= set(SWEEPS):  # --help and the like are Hydra's
        with _told(command):
            config = checked(sys.argv[1:], command)
        say("loading …", show=bool(config.get("progress")))


def start(main: Callable[[], None], command: str) -> None:
    """Run a command's ``main`` as ``python -m src.NAME`` does."""
    begin(command)
    with _told(command):
        main()
    if any(_codes):
        leave(max(_codes))


def run(main: Callable[[DictConfig], Iterable[Path]], config: DictConfig) -> None:
    """Run ``main``, print the paths that it wrote, or one line about what is wrong and exit 2."""
    from hydra.core.hydra_config import HydraConfig

    from src.checking import check_command

    _quiet()
    job = HydraConfig.get()
    with closing(), _told(str(job.job.config_name)):
        check_command(config, list(job.overrides.task), str(job.job.config_name))
        written = main(config)
        for path in written:
            print(path)
        _codes.append(getattr(written, "code", 0))


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

    from src.checking import plain

    settings = {key: value for key, value in plain(config).items() if key != "test_root"}
    read = get_object(str(settings.pop("_target_")))
    try:
        corpus: Corpus = read(**settings | changes)
    except TypeError as error:
        if "argument" not in str(error):
            raise
        raise InputError(expected="settings of this corpus", got=str(error)) from error
    return corpus


def with_words(config: DictConfig, clips: Sequence[Clip]) -> list[Clip]:
    """The clips with the settings' word on transcripts, and what ``asr=…`` recognises without one.

    ``speaker`` is the candidate's label in transcripts, ``language`` what is spoken.
    """
    from src.checking import plain
    from src.media.transcripts.stated import stated

    clips = stated(clips, speaker=config.get("speaker"), language=config.get("language"))
    spec: Any = plain(config.asr) if config.get("asr") else {}
    if not spec:
        return clips
    from src.features.recognise import with_transcripts  # loads what only recognition needs

    root = Path(config.paths.transcripts)
    return with_transcripts(clips, spec, root, progress=config.progress)


_begun: list[str] = []
_codes: list[int] = []


@contextmanager
def _told(command: str) -> Iterator[None]:
    """Every error becomes one line and an exit code."""
    from src.arguments import ERRORS
    from src.checking import wrong

    wanted = os.environ.get(FULL_ERROR)
    os.environ[FULL_ERROR] = "1"  # Hydra hands errors on instead of printing them
    try:
        yield
    except TrifoldError as error:
        fail(str(error))
    except ERRORS as error:
        if isinstance(error.__cause__, TrifoldError):
            fail(str(error.__cause__))
        words = [word for word in sys.argv[1:] if not word.startswith("-")]
        fail(str(wrong(error, words, command)))
    except BrokenPipeError:
        raise
    except OSError as error:
        fail(no_access(error))
    except Exception as error:
        if wanted:
            raise
        _unexpected(error)


def _unexpected(error: Exception) -> NoReturn:
    """A fault of ours: one line, and the rest in a file, as it may quote what people said."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="trifold-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    print(f"error: {type(error).__name__}, which should not happen; please report it with "
          f"{file.name}", file=sys.stderr)  # fmt: skip
    sys.exit(UNEXPECTED)


def _quiet() -> None:
    """Lightning announces devices and hints at more workers; neither helps here."""
    for name in ("lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
    warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
    warnings.filterwarnings("ignore", message=".*overridden `transfer_batch_to_device`.*")

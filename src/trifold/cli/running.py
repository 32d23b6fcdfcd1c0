"""How a command runs: settings checked at once, clear endings and quiet libraries.

This loads next to nothing, so that from the first moment on Ctrl-C ends a command in one line.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from trifold.cli.table import COMMANDS
from trifold.errors import TrifoldError
from trifold.plugins import announce
from trifold.pretrained.packaged import use_weights_folder
from trifold.runtime.endings import GOES_ON, closing, fail, leave, listen, no_access
from trifold.runtime.private import take_umask
from trifold.runtime.quiet import quiet_libraries

if TYPE_CHECKING:
    from omegaconf import DictConfig

    Work = Callable[[DictConfig], Iterable[Path]]

FULL_ERROR = "HYDRA_FULL_ERROR"
UNEXPECTED = 1


def run_command(name: str) -> NoReturn:
    """Run a command of the table with the words of ``sys.argv``, and end the process.

    Args:
        name: such as ``score``.
    """
    command = COMMANDS[name]
    if not command.shared:
        take_umask()
    listen(GOES_ON if command.goes_on else "stopped; nothing was written")
    _quote_words(name)
    with _told(name):
        if command.loads_much:
            _check_ahead(name)
        module, _, function = command.work.partition(":")
        codes = _run_jobs(name, getattr(import_module(module), function))
    leave(max(codes, default=0))


def _quote_words(name: str) -> None:
    """Make the command line Hydra's, whatever signs are in its paths."""
    from trifold.cli.arguments import prepared

    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        sys.argv[1:] = prepared(sys.argv[1:], name)
    except TrifoldError as error:
        fail(str(error))


def _check_ahead(name: str) -> None:
    """Check all settings of the command line, before anything large is loaded."""
    from trifold.cli.arguments import SWEEPS
    from trifold.cli.checking import checked

    flags = {word for word in sys.argv[1:] if word.startswith("-")}
    if flags <= set(SWEEPS):  # --cfg and the like are Hydra's
        config = checked(sys.argv[1:], name)
        if config.get("progress"):
            print("loading …", file=sys.stderr, flush=True)


def _run_jobs(name: str, work: Work) -> list[int]:
    """Let Hydra run the one job of a command line, or with ``-m`` several; their exit codes."""
    import hydra

    from trifold.shipped import CONFIGS

    codes: list[int] = []

    def job(config: DictConfig) -> None:
        codes.append(_run_job(name, work, config))

    hydra.main(version_base="1.3", config_path=str(CONFIGS), config_name=name)(job)()
    return codes


def _run_job(name: str, work: Work, config: DictConfig) -> int:
    """Run the work, print the paths that it wrote, or one line about what is wrong and exit 2."""
    from hydra.core.hydra_config import HydraConfig

    from trifold.cli.checking import check_command

    quiet_libraries()
    with closing(), _told(name):
        check_command(config, list(HydraConfig.get().overrides.task), name)
        announce(config.get("plugins") or ())
        use_weights_folder(config.get("paths", {}).get("weights"))
        written = work(config)
        for path in written:
            print(path)
    return getattr(written, "code", 0)


@contextmanager
def _told(command: str) -> Iterator[None]:
    """Every error becomes one line and an exit code."""
    from trifold.cli.arguments import ERRORS
    from trifold.cli.checking import wrong

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
    line = (
        f"error: {type(error).__name__}, which should not happen; please report it with {file.name}"
    )
    print(line, file=sys.stderr)
    sys.exit(UNEXPECTED)

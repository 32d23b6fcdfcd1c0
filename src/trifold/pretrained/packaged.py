"""Where weights lie that ``trifold weights`` fetched, and whether they are the right ones."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from trifold.errors import EncoderError
from trifold.pretrained.packages import PackagedFile, PackagedWeights, weights_named

VARIABLE = "TRIFOLD_WEIGHTS"  # the folder, for worker processes too


def packaged(name: str) -> Path:
    """The folder with the files of some packaged weights, each checked once per process.

    Args:
        name: of the table ``PACKAGED``, such as ``faces``.

    Raises:
        InputError: when there are no weights of that name.
        EncoderError: naming the file that is missing or wrong, and the command that fetches it.
    """
    return checked(weights_named(name), weights_folder())


@cache
def checked(weights: PackagedWeights, root: Path) -> Path:
    """The folder of the weights below ``root``, when all of its files are right."""
    folder = root / weights.folder
    for file in weights.files:
        wrong = fault(folder / file.name, file)
        if wrong is not None:
            raise EncoderError(
                expected=f"packaged weights (fetch them: {_command(weights.name, root)})",
                got=wrong,
                where=folder / file.name,
            )
    return folder


def fault(path: Path, file: PackagedFile) -> str | None:
    """What is wrong with a file of the cache, or None.

    Args:
        path: where it lies.
        file: that it should be.
    """
    try:
        with path.open("rb") as content:
            size = os.fstat(content.fileno()).st_size
            if size != file.size:
                return f"{size} bytes in place of {file.size}"
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return (error.strerror or type(error).__name__).lower()
    return None if found == file.sha256 else f"a file with SHA-256 {found}"


def weights_folder() -> Path:
    """``$TRIFOLD_WEIGHTS``, else a folder of the user's cache, so that all projects share it.

    Raises:
        EncoderError: when nothing tells where the user's files are.
    """
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser() if given else _users_folder()


def use_weights_folder(folder: str | None) -> None:
    """Look for weights there, in this process and in those that it starts; None changes nothing."""
    if folder is not None:
        os.environ[VARIABLE] = str(Path(folder).expanduser().absolute())


def _users_folder() -> Path:
    cache_home = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(cache_home):  # others are to be ignored, says the XDG specification
        return Path(cache_home, "trifold", "weights")
    try:
        return Path.home() / ".cache" / "trifold" / "weights"
    except RuntimeError as error:
        raise EncoderError(expected=f"{VARIABLE} or a home folder", got="neither") from error


def _command(name: str, root: Path) -> str:
    elsewhere = f" paths.weights={root}" if os.environ.get(VARIABLE) else ""
    return f"trifold weights names={name}{elsewhere}"

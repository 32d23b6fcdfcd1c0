"""Files and folders for their owner alone: what is written here is about people."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE, FOLDER = 0o600, 0o700
OTHERS = 0o077  # rights of everybody but the owner


def take_umask() -> None:
    """From now on files of this process and of those that it starts are for their owner alone."""
    os.umask(os.umask(OTHERS) | OTHERS)


def private_folder(path: Path) -> Path:
    """Make a folder if it is not there; others get no right to it that they did not have."""
    path.mkdir(parents=True, exist_ok=True, mode=FOLDER)
    return path


def tighten(path: Path) -> None:
    """Take the rights of others from a file or folder of ours that an earlier version made.

    One that belongs to somebody else, or that all may write to as they may to ``/tmp``, stays.
    """
    with suppress(OSError):
        mode = path.stat().st_mode
        if mode & OTHERS and not mode & stat.S_ISVTX:
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)


@contextmanager
def appearing(path: Path) -> Iterator[io.BufferedWriter]:
    """A file that lies at ``path`` when all of it is on disk, and not before."""
    with _becoming(path, path.with_name(f".{path.name}.tmp")) as file:
        yield file


def write_atomically(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Write beside the target, flush to disk, then rename: readers see all or nothing.

    Two processes may write one file at a time. What is easily made again needs no ``sync``: a power
    cut may cost it, a killed process never.
    """
    unique = f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    temporary = path.with_name(unique)
    try:
        with _becoming(path, temporary, sync=sync) as file:
            file.write(content)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _becoming(path: Path, temporary: Path, *, sync: bool = True) -> Iterator[io.BufferedWriter]:
    temporary.unlink(missing_ok=True)  # of a run that was killed; its rights may be wider
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE)
    with os.fdopen(handle, "wb") as file:
        yield file
        file.flush()
        if sync:
            os.fsync(file.fileno())
    temporary.replace(path)

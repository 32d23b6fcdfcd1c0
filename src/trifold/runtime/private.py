"""Files and folders for their owner alone: what is written here is about people."""

from __future__ import annotations

import fcntl
import io
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE, FOLDER = 0o600, 0o700
SECRET_BYTES = 32
UNFINISHED, ASIDE = re.compile(r"\..*\.tmp"), ".aside-"  # files and folders that are not to stay
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


def secret_of(path: Path) -> bytes:
    """The 32 random bytes in a file, made by whoever comes first."""
    fresh = path.with_name(f".{os.getpid()}-{os.urandom(4).hex()}")
    fresh.touch(mode=FILE)
    fresh.write_bytes(os.urandom(SECRET_BYTES))
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()


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
    with os.fdopen(_locked(temporary), "wb") as file:
        yield file
        file.flush()
        if sync:
            os.fsync(file.fileno())
        temporary.replace(path)


def _locked(path: Path) -> int:
    """A new file, whose lock says that somebody still writes it."""
    while True:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE)
        fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat(follow_symlinks=False)):
                return handle
        os.close(handle)  # ``remove_unfinished`` came between


@contextmanager
def folder_aside(parent: Path) -> Iterator[Path]:
    """A folder for what is needed for a moment; ``remove_unfinished`` finds it after a kill."""
    made = tempfile.TemporaryDirectory(dir=private_folder(parent), prefix=ASIDE)
    with made as name, _held(Path(name)):
        yield Path(name)


def remove_unfinished(folder: Path, *, deep: bool = True) -> int:
    """Remove what killed processes of ours were writing in a folder; returns how many there were.

    A file or folder that somebody still writes is locked and stays.

    Args:
        folder: to look in.
        deep: also in those below it.
    """
    removed = 0
    for where, folders, files in os.walk(folder):
        aside = [name for name in folders if name.startswith(ASIDE)]
        unfinished = [name for name in files if UNFINISHED.fullmatch(name)]
        removed += sum(_removed(Path(where, name)) for name in (*aside, *unfinished))
        folders[:] = [name for name in folders if deep and name not in aside]
    return removed


def _removed(path: Path) -> bool:
    with suppress(OSError), _held(path, wait=False):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return True
    return False


@contextmanager
def _held(path: Path, *, wait: bool = True) -> Iterator[None]:
    """A file or folder that is ours for as long as we, or what we started, live."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)

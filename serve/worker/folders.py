"""A folder for the media of a request, for as long as they are scored and not a moment longer.

A worker holds a lock on each of its folders. The system lets go of it when the worker ends, however
it ends, so that a folder without a lock may be swept.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trifold.serve.settings import Settings

PREFIX = "trifold-request-"  # of its own: others put folders called trifold-… there too
_OPEN: set[Path] = set()  # folders of this process


@contextmanager
def workspace(settings: Settings) -> Iterator[Path]:
    """A folder that only this user reads; gone when the block ends, however it ends."""
    root = _root(settings)
    with _locked(root, fcntl.LOCK_SH):  # no sweep between making a folder and locking it
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        lock = _lock(folder, fcntl.LOCK_EX)
    _OPEN.add(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _OPEN.discard(folder)
        os.close(lock)


def leave_nothing() -> None:
    """Remove the folders of this process, which is about to end in the middle of its work."""
    for folder in list(_OPEN):
        shutil.rmtree(folder, ignore_errors=True)


def sweep(settings: Settings) -> int:
    """Remove folders of workers that were killed; returns how many there were."""
    root, swept = _root(settings), 0
    with _locked(root, fcntl.LOCK_EX):
        for folder in root.glob(f"{PREFIX}*"):
            try:
                with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    shutil.rmtree(folder, ignore_errors=True)
                    swept += 1
            except OSError:  # in use, or gone by now
                continue
    return swept


def _root(settings: Settings) -> Path:
    return Path(settings.work_dir or tempfile.gettempdir())


@contextmanager
def _locked(folder: Path, kind: int) -> Iterator[None]:
    lock = _lock(folder, kind)
    try:
        yield
    finally:
        os.close(lock)


def _lock(folder: Path, kind: int) -> int:
    """A descriptor that holds a lock on a folder until it is closed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, kind)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor

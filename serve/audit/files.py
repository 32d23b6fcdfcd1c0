"""Files that only grow: what is written is on the disk, or not there at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def put(descriptor: int, content: bytes, at: int) -> None:
    """Write to the disk as the end of a file, or leave the file as long as it was."""
    before = os.fstat(descriptor).st_size
    try:
        done = 0
        while done < len(content):
            done += os.pwrite(descriptor, content[done:], at + done)
        os.ftruncate(descriptor, at + done)
        os.fsync(descriptor)
    except BaseException:  # also where the time of a request ends here
        with suppress(OSError):
            os.ftruncate(descriptor, before)
        raise


def append_bytes(path: Path, content: bytes) -> None:
    """Write behind what a file holds, which is made where there is none."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        put(descriptor, content, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """What was renamed in a folder stays so after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""A media file that is open: its bytes, whoever opened it, and the end of its name."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trifold.errors import DecodeError


class MediaFile:
    """The bytes of an open file; several may read it at a time, each from where it is.

    Args:
        handle: descriptor, which stays the caller's.
        suffix: of its name, from the dot on; FFmpeg guesses by it what files without a head are.
        size: in bytes.
    """

    def __init__(self, handle: int, suffix: str, size: int) -> None:
        self.handle, self.size = handle, size
        self.suffix = suffix if suffix.isascii() and suffix.isprintable() else ""

    def reader(self) -> Reader:
        """The bytes from the start on."""
        return Reader(self)

    def head(self, n_bytes: int, offset: int = 0) -> bytes:
        """Some bytes from a place on; fewer at the end of the file."""
        return os.pread(self.handle, n_bytes, offset)


class Reader:
    """What FFmpeg reads a file through, with a position of its own."""

    def __init__(self, file: MediaFile) -> None:
        self.name = f"recording{file.suffix}"  # nothing is opened by this name
        self._file, self._at = file, 0

    def read(self, n_bytes: int) -> bytes:
        """The next bytes."""
        found = os.pread(self._file.handle, n_bytes, self._at)
        self._at += len(found)
        return found

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go on elsewhere; as files do, also behind the end.

        Raises:
            OSError: for a place before the start.
        """
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        if base + offset < 0:
            raise OSError(22, "a place before the start")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Where the next bytes are from."""
        return self._at


@contextmanager
def media_file(path: Path) -> Iterator[MediaFile]:
    """Open a file that may hold media.

    Raises:
        DecodeError: when there is no such file, it is empty, a folder, pipe or device, or cannot be
            read.
    """
    require_file(path)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # no pipe that came meanwhile holds us
    except OSError as error:
        got = (error.strerror or str(error)).lower()
        raise DecodeError(expected="a media file", got=got, where=path) from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            got = "no file but a folder, pipe or device"
            raise DecodeError(expected="a media file", got=got, where=path)
        yield MediaFile(handle, path.suffix, found.st_size)
    finally:
        os.close(handle)


def require_file(path: Path) -> None:
    """What can be said before FFmpeg is asked.

    Raises:
        DecodeError: when there is no such file, it is empty, or a folder, pipe or device.
    """
    try:
        found = "no such file" if not path.exists() else "no file but a folder, pipe or device"
        if path.is_file():
            found = "" if path.stat().st_size else "an empty file (0 bytes)"
    except (OSError, ValueError) as error:  # too long a name, links in a circle, no permission
        found = (getattr(error, "strerror", None) or str(error)).lower()
    if found:
        raise DecodeError(expected="a media file", got=found, where=path)

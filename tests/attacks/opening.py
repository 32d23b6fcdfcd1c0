"""A spy on the files that Python opens."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OPENED: list[list[Path]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _OPENED and event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        _OPENED[-1].append(Path(os.fsdecode(arguments[0])).absolute())


sys.addaudithook(_hook)  # there is no way to take it back; it sleeps outside of ``opened``


@contextmanager
def opened() -> Iterator[list[Path]]:
    """Every file that is opened inside, by this process; native decoders of media included.

    PyAV opens by Python where it is given a file; where it is given a path it does not, so its
    ``open`` is watched too.
    """
    import av
    import av.container

    plain = av.open

    def spy(file: object, *arguments: object, **settings: object) -> object:
        if isinstance(file, str | os.PathLike):
            _OPENED[-1].append(Path(file).absolute())
        return plain(file, *arguments, **settings)

    _OPENED.append([])
    av.open = av.container.open = spy
    try:
        yield _OPENED[-1]
    finally:
        av.open = av.container.open = plain
        _OPENED.pop()

"""A spy on what Python does: programs started, addresses asked for, files written elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BANNED = {"os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile",
          "pty.spawn", "socket.connect", "socket.getaddrinfo", "socket.bind", "urllib.Request",
          "ctypes.dlopen", "os.remove", "os.rename", "os.chmod", "shutil.rmtree"}  # fmt: skip
_EVENTS: list[list[str]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _EVENTS:
        return
    if event in BANNED and not _keeps_bytecode(event, arguments):
        _EVENTS[-1].append(f"{event} {arguments!r}")
    if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        path = Path(os.fsdecode(arguments[0])).absolute()
        if (
            isinstance(arguments[2], int)
            and arguments[2] & writes
            and "__pycache__" not in (path.parts)
        ):
            _EVENTS[-1].append(f"write {path}")


def _keeps_bytecode(event: str, arguments: tuple[object, ...]) -> bool:
    """Whether Python puts down what it has compiled, of a module that nothing imported before."""
    return event == "os.rename" and "__pycache__" in Path(str(arguments[1])).parts


sys.addaudithook(_hook)  # there is no way to take it back; it sleeps outside of ``watched``


@contextmanager
def watched() -> Iterator[list[str]]:
    """What happens inside that no bundle may bring about."""
    _EVENTS.append([])
    try:
        yield _EVENTS[-1]
    finally:
        _EVENTS.pop()

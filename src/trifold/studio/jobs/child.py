"""The process that does one job; it lives no longer than the worker that started it.

``python -m trifold.studio.jobs.child`` reads an ``Order`` as a line of JSON on stdin, which stays
open: its end is that of the worker, and ends this process with all that it started.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import threading
from importlib import import_module
from typing import Any

from trifold.runtime.private import take_umask


def main() -> None:
    """Do what the order says."""
    take_umask()
    order = json.loads(_line())
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    lock = os.open(order["lock"], os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)  # what an earlier attempt has left may still be dying
    _work(order)


def _work(order: dict[str, Any]) -> None:
    module, _, name = order["work"].partition(":")
    sys.argv = ["trifold", *order["words"]]
    work = getattr(import_module(module), name)
    work(order["facts"]) if order["facts"] else work()


def _line() -> bytes:
    """The first line of stdin, nothing beyond it."""
    read = bytearray()
    while not read.endswith(b"\n"):
        one = os.read(0, 1)
        if not one:
            sys.exit("no order came")
        read += one
    return bytes(read)


def _end_with_the_worker() -> None:
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()

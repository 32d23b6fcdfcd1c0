"""Workers beside the server: started, watched, started again when one dies, stopped with it."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from trifold.studio.jobs import queue
from trifold.studio.web.visit import Studio

PAUSE_S = 1.0  # before a dead one is followed by another
PATIENCE_S = 10.0  # for a worker that shall stop


class Keeper:
    """A context in which workers run.

    Args:
        studio: whose jobs they do.
        count: of workers.
    """

    def __init__(self, studio: Studio, count: int) -> None:
        self._studio, self._over = studio, threading.Event()
        self._threads = [threading.Thread(target=self._keep, daemon=True) for _ in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _keep(self) -> None:
        while not self._over.is_set():
            name = f"{socket.gethostname()[:40]} {secrets.token_hex(6)}"
            process = self._started(name)
            while process.poll() is None and not self._over.wait(0.1):
                pass
            _stop(process)
            with suppress(Exception):  # the database is away: the lease ends by itself
                queue.requeue_dead(self._studio.database, worker=name)
            self._over.wait(PAUSE_S)

    def _started(self, name: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "trifold.studio.jobs.worker"],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the server, which stops us in order
        )
        told = {"name": name, "settings": self._studio.settings.plain()}
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.write(json.dumps(told).encode() + b"\n")
                process.stdin.flush()
        return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask, wait, kill; what the worker runs ends with it."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_S)
    process.kill()
    process.wait()
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()

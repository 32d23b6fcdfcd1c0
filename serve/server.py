"""A running endpoint: its addresses, keys and processes."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from serve.callers import first_key
from src.errors import TrifoldError

HOST, OUT = "127.0.0.1", "demo/serving"
KEYS, STATE = "key_file.json", "server.json"  # TorchServe's own keys; what runs


class ServerError(TrifoldError):
    """The server does not start or does not answer."""

    code = "SERVER_ERROR"


@dataclass(frozen=True)
class Server:
    """A running TorchServe and the gateway before it.

    Attributes:
        folder: of keys, logs and temporary files.
        port: of the gateway.
        pids: of the process groups, the gateway's first.
    """

    folder: Path
    port: int
    pids: tuple[int, ...]

    @property
    def address(self) -> str:
        """What clients call."""
        return f"http://{HOST}:{self.port}"

    @property
    def inference(self) -> str:
        """TorchServe's inference API."""
        return f"http://{HOST}:{self.port + 1}"

    @property
    def management(self) -> str:
        """TorchServe's management API."""
        return f"http://{HOST}:{self.port + 2}"

    @property
    def metrics(self) -> str:
        """Address of Prometheus metrics."""
        return f"http://{HOST}:{self.port + 3}/metrics"

    def key(self, kind: str = "") -> str:
        """The first caller's key, or TorchServe's ``inference`` or ``management`` key."""
        if not kind:
            key = first_key(self.folder)
            if key is None:
                raise ServerError(expected="the key of the caller default", where=self.folder,
                                  got="none: python -m serve.callers add=NAME")  # fmt: skip
            return key
        keys = json.loads((self.folder / KEYS).read_text(encoding="utf-8"))
        return str(keys[kind]["key"])

    def stop(self, wait_s: float = 30.0) -> None:
        """Ask the gateway, then TorchServe and its workers to end; end them after a while."""
        for pid in self.pids:
            for signum, seconds in ((signal.SIGTERM, wait_s), (signal.SIGKILL, 5.0)):
                if not signal_group(pid, signum):
                    break
                _wait_for_end(pid, seconds)
        (self.folder / KEYS).unlink(missing_ok=True)
        (self.folder / STATE).unlink(missing_ok=True)


def signal_group(group: int, signum: int) -> bool:
    """Send a signal to a process group; False when it has ended. Signal 0 only asks."""
    try:
        os.killpg(group, signum)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _wait_for_end(group: int, seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s and signal_group(group, 0):
        reap(group)
        time.sleep(0.1)


def reap(pid: int) -> None:
    """Take note of a child's end, so that its process group can end too."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)

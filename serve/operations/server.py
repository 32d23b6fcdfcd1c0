"""A running endpoint: its addresses, keys and processes.

Process ids are given to others after a while. A process is therefore known by its id, the boot and
the moment it started, and none that differs in one of them gets a signal.
"""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trifold.codes import Code
from trifold.errors import TrifoldError
from trifold.serve.access.callers import first_key
from trifold.serve.settings import Settings
from trifold.serve.settings_text import read_settings
from trifold.serve.worker.folders import sweep

HOST, OUT = "127.0.0.1", "demo/serving"
KEYS, STATE = "key_file.json", "server.json"  # keys of what is behind the gateway; what runs
UPDATE = "update.wanted"  # there while somebody wants another gateway
LOGS = "logs"  # in the endpoint's folder, as all of these
SETTINGS, STORE = "settings.json", "models"  # as it was started; copies of models, as checked
BUILT_IN, TORCHSERVE, RAY = "built_in", "torchserve", "ray"
ENGINES = (BUILT_IN, TORCHSERVE, RAY)


class ServerError(TrifoldError):
    """The server does not start or does not answer."""

    code = Code.SERVER_ERROR


@dataclass(frozen=True)
class Server:
    """A running gateway with its workers, or with TorchServe behind it.

    Attributes:
        folder: of keys, logs and temporary files.
        port: of the gateway.
        pids: of the process groups: the gateway's, and TorchServe's where there is one.
        born: when each of them started, see ``born``.
        engine: ``built_in``, ``torchserve`` or ``ray``.
    """

    folder: Path
    port: int
    pids: tuple[int, ...]
    born: tuple[str, ...] = ()
    engine: str = BUILT_IN

    def __post_init__(self) -> None:
        """Take down when the processes started, where that is not known yet."""
        if not self.born:
            object.__setattr__(self, "born", tuple(born(pid) or "" for pid in self.pids))

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
        """Where versions are added and removed: TorchServe's, or the gateway's in its words."""
        return f"http://{HOST}:{self.port + 2}"

    @property
    def metrics(self) -> str:
        """Address of Prometheus metrics."""
        return f"http://{HOST}:{self.port + 3}/metrics"

    def key(self, kind: str = "") -> str:
        """The first caller's key, or ``management``, or TorchServe's ``inference`` key."""
        if not kind:
            key = first_key(self.folder)
            if key is None:
                raise ServerError(
                    expected="the key of the caller default",
                    where=self.folder,
                    got="none: trifold serve callers add=NAME",
                )
            return key
        keys = json.loads((self.folder / KEYS).read_text(encoding="utf-8"))
        return str(keys[kind]["key"])

    @property
    def settings(self) -> Settings:
        """That it was started with; the defaults where they cannot be read."""
        with suppress(TrifoldError):
            return read_settings(self.folder / SETTINGS)
        return Settings()

    def write(self) -> None:
        """Note what runs, for ``trifold.serve.operations.stop``."""
        facts = {
            "port": self.port,
            "pids": self.pids,
            "born": self.born,
            "engine": self.engine,
        }
        fresh = self.folder / f".{STATE}.{os.getpid()}"
        fresh.write_text(json.dumps(facts), encoding="utf-8")
        fresh.replace(self.folder / STATE)

    def stop(self, wait_s: float | None = None) -> None:
        """Ask the gateway, then what is behind it, to end; end them after a while.

        Args:
            wait_s: what each gets; by default as long as requests get to be done, and some more.
        """
        (self.folder / STATE).unlink(missing_ok=True)  # first, so that nobody starts it anew
        settings = self.settings
        wait_s = settings.stop_seconds + 15.0 if wait_s is None else wait_s
        for pid, since in zip(self.pids, self.born, strict=True):
            end_group(pid, since, wait_s)
        (self.folder / KEYS).unlink(missing_ok=True)
        with suppress(OSError):
            sweep(settings)  # what workers left that had to be ended


def born(pid: int) -> str | None:
    """The boot and the tick in which a process started; None where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        state, *rest = fields.rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else f"{boot}/{rest[18]}"


def lives(pid: int, since: str) -> bool:
    """Whether a process is still the one that started then."""
    return born(pid) == since


def end_group(pid: int, since: str, wait_s: float) -> None:
    """End a process and its group, if it is still the one that started then."""
    if not lives(pid, since):
        return
    for signum, seconds in ((signal.SIGTERM, wait_s), (signal.SIGKILL, 5.0)):
        if not signal_group(pid, signum):
            break
        _wait_for_end(pid, seconds)


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

"""Keeps an endpoint up: what ends or hangs is started anew, with growing waits and a limit.

``trifold serve start`` does this itself, or, with ``detach=true``, leaves ``trifold serve watch``
behind. It ends with the endpoint, or with exit code 2 when starting anew does not help.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import requests

from trifold.errors import TrifoldError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.operations.launch import WAIT_S, launch_gateway, launch_module
from trifold.serve.operations.server import (
    TORCHSERVE,
    UPDATE,
    Server,
    ServerError,
    lives,
    reap,
    signal_group,
)
from trifold.serve.operations.stop import noted
from trifold.serve.operations.torchserve import launch
from trifold.serve.update.handover import TAKEN

GATEWAY = 0  # among the processes; TorchServe, where there is one, is the next
EVERY_S, PING_EVERY_S, PING_S = 1.0, 10.0, 5.0
SILENT_S = 120.0  # without any answer: it hangs
ILL_S = 600.0  # answers, but has no workers; it tries itself to start some for as long
MOST_ENDS, WITHIN_S, LONGEST_WAIT_S = 8, 1800.0, 60.0


class Watch:
    """What is known of an endpoint, and of how often it ended.

    Args:
        server: as it was started.
        host: where its gateway listens.
    """

    def __init__(self, server: Server, host: str) -> None:
        self.server, self._noted, self._host = server, server, host
        self._ends: deque[float] = deque(maxlen=MOST_ENDS)
        self._pinged_s = self._well_s = time.monotonic()
        (server.folder / UPDATE).unlink(missing_ok=True)  # of before
        self._left: list[int] = []  # gateways that answer what they have, and end

    def keep_up(self) -> None:
        """Return when the endpoint was stopped, as its folder then says.

        Raises:
            ServerError: when it ended too often.
        """
        while self._is_wanted():
            self._update_if_asked()
            self._end_what_hangs()
            for part in reversed(range(len(self.server.pids))):
                if not lives(self.server.pids[part], self.server.born[part]):
                    self._again(part)
            for pid in (*self.server.pids, *self._left):
                reap(pid)
            time.sleep(EVERY_S)

    def _update_if_asked(self) -> None:
        """Let another gateway take the place of the one that runs, which answers what it has."""
        asked = self.server.folder / UPDATE
        if not asked.exists():
            return
        process = self._launched(GATEWAY, takes=True)
        end_s = time.monotonic() + WAIT_S
        while (
            process is not None
            and process.poll() is None
            and _reached(self.server.folder) != process.pid
        ):
            if time.monotonic() > end_s or not self._is_wanted():  # or it is being stopped
                signal_group(process.pid, signal.SIGKILL)
            time.sleep(EVERY_S / 5)
        if process is not None and _reached(self.server.folder) == process.pid:
            self._left.append(self.server.pids[GATEWAY])
            pids = (process.pid, *self.server.pids[1:])
            self.server = replace(self.server, pids=pids, born=())
            self._well_s = time.monotonic()
            self.server.write()
            self._noted = self.server
        asked.unlink(missing_ok=True)  # last: who asked waits for it

    def _is_wanted(self) -> bool:
        """Whether the folder still names what is watched here."""
        if self.server != self._noted:
            with suppress(OSError):  # a full disk; there is a next time
                self.server.write()
                self._noted = self.server
        return noted(self.server.folder) == self._noted

    def _again(self, part: int) -> None:
        """Start a part anew, after a while."""
        signal_group(self.server.pids[part], signal.SIGKILL)  # what it left
        now_s = time.monotonic()
        self._ends.append(now_s)
        if len(self._ends) == MOST_ENDS and now_s - self._ends[0] < WITHIN_S:
            raise ServerError(
                expected="the endpoint to stay up",
                got=f"{MOST_ENDS} ends in {now_s - self._ends[0]:.0f} s; see the logs",
                where=self.server.folder,
            )
        recent = sum(now_s - end_s < WITHIN_S for end_s in self._ends)
        time.sleep(min(LONGEST_WAIT_S, 2.0 ** (recent - 1)))
        reap(self.server.pids[part])
        if not self._is_wanted():
            return
        process = self._launched(part)
        if process is None:
            return
        pids = list(self.server.pids)
        pids[part] = process.pid
        self.server = replace(self.server, pids=tuple(pids), born=())
        self._well_s = time.monotonic()

    def _launched(self, part: int, *, takes: bool = False) -> subprocess.Popen[bytes] | None:
        """A part that was started; None where it cannot be, as while the database is away."""
        try:
            if part == GATEWAY:
                return launch_gateway(self.server, self._host, takes=takes)
            return launch(self.server.folder)
        except TrifoldError as error:
            print(f"error: {error}", file=sys.stderr, flush=True)
            return None

    def _end_what_hangs(self) -> None:
        now_s = time.monotonic()
        if now_s - self._pinged_s < PING_EVERY_S:
            return
        status = _ping(self.server)
        self._pinged_s = time.monotonic()
        if status == 200:
            self._well_s = self._pinged_s
        elif self._pinged_s - self._well_s > (SILENT_S if status is None else ILL_S):
            signal_group(self.server.pids[-1], signal.SIGKILL)


def _reached(folder: Path) -> int:
    """The gateway that clients reach; 0 where none has said so."""
    with suppress(OSError, ValueError):
        return int((folder / TAKEN).read_text(encoding="ascii"))
    return 0


def keep_up(server: Server, host: str) -> None:
    """Watch an endpoint until somebody stops it; stop it where this is what ends.

    Raises:
        ServerError: when it ended too often.
    """
    watch = Watch(server, host)
    try:
        watch.keep_up()
    except BaseException:
        watch.server.stop()
        raise
    _see_out(watch.server)


def _see_out(server: Server) -> None:
    """Wait for the end of what is being stopped, which is a parent's duty."""
    while any(map(lives, server.pids, server.born)):
        time.sleep(EVERY_S / 5)
        for pid in server.pids:
            reap(pid)


def watch_detached(folder: Path, host: str) -> subprocess.Popen[bytes]:
    """Leave a process behind that watches."""
    return launch_module("trifold.serve.operations.watch", folder, [f"host={host}"])


def _ping(server: Server) -> int | None:
    """Status of the workers' own ping; None without an answer, 0 where nobody listens."""
    address, kind = server.management, "management"
    if server.engine == TORCHSERVE:
        address, kind = server.inference, "inference"
    try:
        head = {"Authorization": f"Bearer {server.key(kind)}"}
        return int(requests.get(f"{address}/ping", headers=head, timeout=PING_S).status_code)
    except requests.Timeout:
        return None
    except (requests.RequestException, OSError, ValueError, LookupError):
        return 0


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_watch, arguments, __doc__ or "")


def _watch(arguments: list[str]) -> list[str]:
    given = values_of(arguments, ["out", "host"])
    server = noted(Path(given["out"]))
    if server is not None:
        keep_up(server, given["host"])
    return []


if __name__ == "__main__":
    run_main(main)

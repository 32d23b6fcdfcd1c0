"""A Ray cluster of this machine alone, which ends with the process that started it.

``ray start`` waits for helpers of its own to tell their ports, and gives up on a busy machine; here
all ports are chosen before. It is a process group of its own, as whoever stops the endpoint tells
all of the gateway's, and requests are to be done first.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

from trifold.errors import InputError
from trifold.serve.settings import MIB

LOOPBACK, STORE_BYTES = "127.0.0.1", 100 * MIB  # nothing of ours is put into Ray's store
STARTED = "ray_current_cluster"  # which Ray writes into its folder when all of it runs
WAIT_S, END_S = 300.0, 15.0
PORTS = (
    "--port",
    "--dashboard-agent-listen-port",
    "--dashboard-agent-grpc-port",
    "--runtime-env-agent-port",
    "--metrics-export-port",
)


class LocalCluster:
    """Ray on this machine.

    Args:
        folder: that is made for it, of this user alone; its name must be short.
        cpus: that its actors may have together.

    Raises:
        InputError: when it does not start.

    Attributes:
        address: by which it is joined.
    """

    def __init__(self, folder: Path, cpus: int) -> None:
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        ports = _free_ports(len(PORTS))
        self.address = f"{LOOPBACK}:{ports[0]}"
        command = [
            *(sys.executable, "-m", "trifold.serve.cluster.local", "start", "--head", "--block"),
            *(f"{name}={port}" for name, port in zip(PORTS, ports, strict=True)),
            *("--min-worker-port=0", "--max-worker-port=0", "--disable-usage-stats"),
            *("--include-dashboard=false", "--include-log-monitor=false", "--no-monitor"),
            f"--node-ip-address={LOOPBACK}",
            f"--object-store-memory={STORE_BYTES}",
            f"--num-cpus={cpus}",
            f"--temp-dir={folder}",
        ]
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it and remove its folder."""
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        end_s = time.monotonic() + WAIT_S
        while not (self._folder / STARTED).exists():
            ended = self._process.poll()
            if ended is not None or time.monotonic() > end_s:
                got = f"exit {ended}" if ended is not None else f"none within {WAIT_S:g} s"
                raise InputError(expected="a Ray cluster on this machine", got=got, where="ray")
            time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


def _end_with_parent() -> None:
    """However the gateway ends; Ray's processes end with this one in the same way."""
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG of linux/prctl.h
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit(1)


if __name__ == "__main__":
    _end_with_parent()
    sys.exit(import_module("ray.scripts.scripts").main())

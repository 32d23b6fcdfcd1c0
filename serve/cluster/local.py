"""A Ray cluster of this machine alone, which ends with the process that started it.

It is a process group of its own, as whoever stops the endpoint tells all of the gateway's, and
requests are to be done first. All ports are chosen before, so that several can be here.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from trifold.errors import InputError
from trifold.serve.cluster.node import AGENT_PORT
from trifold.serve.settings import MIB

LOOPBACK, STORE_BYTES = "127.0.0.1", 100 * MIB  # nothing of ours is put into Ray's store
STARTED = "ray_current_cluster"  # which Ray writes into its folder when all of it runs
WAIT_S, END_S = 300.0, 15.0
MOST_TRIES = 3
SETTINGS = {
    # Ray runs all that it is given below everything else on a machine, scoring too: nice 15
    "RAY_worker_niceness": "0",
    # and gives its own helpers some seconds, which a busy machine may not have
    "RAY_agent_register_timeout_ms": "180000",
    "RAY_worker_register_timeout_seconds": "180",
    "RAY_gcs_server_port_wait_time_s": "120",
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",  # the gateway has waited for its requests
}
HELPERS = (
    AGENT_PORT,
    "--dashboard-agent-grpc-port",
    "--runtime-env-agent-port",
    "--metrics-export-port",
)
logger = logging.getLogger(__name__)


class LocalCluster:
    """Ray on this machine.

    Args:
        folder: that is made for it, of this user alone; its name must be short.
        cpus: that its actors may have together.

    Raises:
        InputError: when it does not start.

    Attributes:
        address: by which it is joined.
        nodes: their processes, the head's first.
    """

    def __init__(self, folder: Path, cpus: int) -> None:
        take_token()
        self._folder, self.nodes = folder, list[subprocess.Popen[bytes]]()
        self.address = ""
        try:
            self._start_head(cpus)
        except BaseException:
            self.close()
            raise

    def add(self, cpus: int) -> subprocess.Popen[bytes]:
        """Another node on this machine, which joins in its own time."""
        return self._start(cpus, f"--address={self.address}")

    def close(self) -> None:
        """End all nodes and remove the folder."""
        for node in reversed(self.nodes):
            node.terminate()
        for node in self.nodes:
            try:
                node.wait(END_S)
            except subprocess.TimeoutExpired:
                node.kill()
                node.wait()
            with suppress(ProcessLookupError):  # helpers of a node that was killed
                os.killpg(node.pid, signal.SIGKILL)
        self.nodes.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start_head(self, cpus: int) -> None:
        for tried in range(1, MOST_TRIES + 1):
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(mode=0o700)
            port, client = _free_ports(2)
            self.address = f"{LOOPBACK}:{port}"
            own = ("--include-dashboard=false", "--include-log-monitor=false", "--no-monitor")
            where = (f"--port={port}", f"--ray-client-server-port={client}")
            head = self._start(cpus, "--head", *where, f"--temp-dir={self._folder}", *own)
            if self._comes_up(head):
                return
            logger.error("Ray did not start, try %d of %d", tried, MOST_TRIES)
            self.close()
        got = f"none after {MOST_TRIES} tries; see the logs"
        raise InputError(expected="a Ray cluster on this machine", got=got, where="ray")

    def _comes_up(self, head: subprocess.Popen[bytes]) -> bool:
        end_s = time.monotonic() + WAIT_S
        while head.poll() is None and time.monotonic() < end_s:
            if (self._folder / STARTED).exists():
                return True
            time.sleep(0.1)
        return False

    def _start(self, cpus: int, *how: str) -> subprocess.Popen[bytes]:
        ports = _free_ports(len(HELPERS))
        command = [
            *(sys.executable, "-m", "trifold.serve.cluster.node", "start", "--block", *how),
            *(f"{name}={port}" for name, port in zip(HELPERS, ports, strict=True)),
            *("--min-worker-port=0", "--max-worker-port=0", "--disable-usage-stats"),
            f"--node-ip-address={LOOPBACK}",
            f"--object-store-memory={STORE_BYTES}",
            f"--num-cpus={cpus}",
        ]
        node = subprocess.Popen(  # noqa: S603
            command,
            env=os.environ | SETTINGS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.nodes.append(node)
        return node


def take_token() -> None:
    """Whoever has none gets no answer from a cluster; to be called before Ray is loaded."""
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]

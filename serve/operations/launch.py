"""TorchServe and the gateway as processes: their files, their start, and whether they are ready."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import requests

from trifold.serve.access.callers import first_key
from trifold.serve.operations.java import find_java_home
from trifold.serve.operations.server import HOST, KEYS, SETTINGS, Server, ServerError
from trifold.serve.settings import ENVIRONMENT, Settings

HERE = Path(__file__).parents[1]  # templates of TorchServe's files
SOURCE = HERE.parents[1]  # where the package lies
WAIT_S = 300.0
STORE = "models"  # in the server's folder: copies of the archives, as they were checked
CONFIG, PID_FILE = "config.properties", ".model_server.pid"


def wait_for(server: Server, process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    """Return when a process is ready.

    Raises:
        ServerError: when it ends, or is not ready in time.
    """
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        if process.poll() is not None:
            raise ServerError(
                expected="TorchServe and its gateway to run",
                got=f"exit {process.returncode}; see server.log and console.log",
                where=server.folder,
            )
        if ready():
            return
        time.sleep(0.25)
    raise ServerError(
        expected=f"ready workers within {WAIT_S:g} s",
        got="none; see server.log",
        where=server.folder,
    )


def prepare(folder: Path, port: int, settings: Settings) -> None:
    """Write folders, settings and TorchServe's own file."""
    for part in (folder, folder / "tmp", folder / "logs"):
        part.mkdir(parents=True, exist_ok=True, mode=0o700)
    absolute = folder.resolve()
    settings = replace(
        settings,
        work_dir=settings.work_dir or str(absolute / "tmp"),
        audit_log=settings.audit_log or str(absolute / "audit.jsonl"),
        trusted_keys=str(Path(settings.trusted_keys).resolve()) if settings.trusted_keys else "",
    )
    settings.write(folder / SETTINGS)
    lines = [
        (HERE / CONFIG).read_text(encoding="utf-8"),
        f"inference_address=http://{HOST}:{port + 1}",
        f"management_address=http://{HOST}:{port + 2}",
        f"metrics_address=http://{HOST}:{port + 3}",
        f"grpc_inference_address={HOST}",
        f"grpc_management_address={HOST}",
        f"grpc_inference_port={port + 4}",
        f"grpc_management_port={port + 5}",
        f"initial_worker_port={port + 20}",
        f"model_store={absolute / STORE}",
        "load_models=all",
        f"max_request_size={settings.max_request_mib << 20}",
        f"job_queue_size={settings.max_waiting + 8}",  # the gateway refuses before it is full
        f"metrics_config={HERE / 'metrics.yaml'}",
    ]
    (folder / CONFIG).write_text("\n".join(lines) + "\n", encoding="utf-8")


def launch(folder: Path) -> subprocess.Popen[bytes]:
    """TorchServe in a process group of its own; keys and logs land in a folder that is prepared.

    Raises:
        InputError: when there is no Java.
    """
    absolute = folder.resolve()
    java_home = find_java_home()
    for left in (absolute / KEYS, absolute / "tmp" / PID_FILE):  # of a server before this one
        left.unlink(missing_ok=True)
    temporary = str(absolute / "tmp")
    environment = os.environ | {
        "JAVA_HOME": str(java_home),
        "PYTHONPATH": os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")]),
        "LOG_LOCATION": str(absolute / "logs"),
        "TMPDIR": temporary,
        "TEMP": temporary,
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        ENVIRONMENT: str(absolute / SETTINGS),
    }
    command = [
        sys.executable,
        "-c",
        "from ts.model_server import start; start()",
        "--start",
        "--foreground",
        "--no-config-snapshots",
        "--ts-config",
        str(absolute / CONFIG),
        "--log-config",
        str(HERE / "log4j2.xml"),
    ]
    with (folder / "logs" / "console.log").open("ab") as console:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def launch_gateway(server: Server, host: str) -> subprocess.Popen[bytes]:
    """The gateway, in a process group of its own."""
    first_key(server.folder)
    where = [f"host={host}", f"port={server.port}", f"upstream={server.inference}"]
    return launch_module("trifold.serve.gateway.app", server.folder, where)


def launch_module(module: str, folder: Path, words: Sequence[str]) -> subprocess.Popen[bytes]:
    """A module of ours in a process group of its own, which writes to the endpoint's log.

    Args:
        module: one that has a ``main``.
        folder: of the endpoint; ``out=…`` names it.
        words: further words of its command line.
    """
    command = [sys.executable, "-m", module, f"out={folder.resolve()}", *words]
    with (folder / "logs" / "console.log").open("ab") as console:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=SOURCE,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def answers(server: Server) -> bool:
    """Whether the gateway can be called."""
    try:
        return bool(requests.get(f"{server.address}/ping", timeout=5).status_code == 200)
    except requests.RequestException:
        return False


def ready(server: Server, name: str) -> bool:
    """Whether all workers of a model are there."""
    try:
        head = {"Authorization": f"Bearer {server.key('management')}"}
        found = requests.get(f"{server.management}/models/{name}", headers=head, timeout=5)
        workers = found.json()[0]["workers"]
        wanted = found.json()[0]["minWorkers"]
    except (OSError, ValueError, LookupError):
        return False
    return len(workers) >= wanted and all(worker["status"] == "READY" for worker in workers)

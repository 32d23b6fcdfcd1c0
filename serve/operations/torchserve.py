"""TorchServe as a process: its file, its start, and whether its workers are ready."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import requests

from trifold.errors import InputError
from trifold.serve.operations.admission import admit
from trifold.serve.operations.java import find_java_home
from trifold.serve.operations.launch import HERE, SOURCE, TEMPORARY, launch_command, wait_for
from trifold.serve.operations.server import HOST, KEYS, LOGS, SETTINGS, STORE, Server
from trifold.serve.operations.staging import Serving
from trifold.serve.settings import ENVIRONMENT, Settings

CONFIG, PID_FILE = "config.properties", ".model_server.pid"


def start_torchserve(archives: Sequence[Path], server: Server, settings: Settings) -> Server:
    """Start TorchServe with some archives and wait until all can score.

    Args:
        archives: are looked through first.
        server: says where; it comes back with the process.
        settings: of the workers.

    Raises:
        InputError, BundleError: see ``admit``.
        ServerError: when it does not come up.
    """
    for path in archives:  # TorchServe tries a model that does not load again and again
        admit(path, server.folder / STORE, settings)
    configure(server.folder, server.port, settings)
    process = launch(server.folder)
    server = replace(server, pids=(process.pid,), born=())
    try:
        wait_for(server, process, lambda: all(ready(server, path.stem) for path in archives))
    except BaseException:
        server.stop(wait_s=5.0)
        raise
    return server


def archived(bundle: Path, folder: Path, name: str, version: str, serving: Serving) -> Path:
    """An archive of a bundle, in the endpoint's folder.

    Raises:
        InputError: without the extra ``torchserve``.
    """
    try:
        from trifold.serve.operations.archive import archive
    except ModuleNotFoundError as error:
        wanted = "what pip install 'trifold[torchserve]' brings"
        raise InputError(expected=wanted, got=f"no {error.name}", where="engine") from error
    return archive(bundle, folder / "archives", name=name, version=version, serving=serving)


def configure(folder: Path, port: int, settings: Settings) -> None:
    """Write TorchServe's own file into a folder that is prepared."""
    absolute = folder.resolve()
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
    for left in (absolute / KEYS, absolute / TEMPORARY / PID_FILE):  # of a server before this one
        left.unlink(missing_ok=True)
    temporary = str(absolute / TEMPORARY)
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
    environment = {
        "JAVA_HOME": str(java_home),
        "PYTHONPATH": os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")]),
        "LOG_LOCATION": str(absolute / LOGS),
        "TMPDIR": temporary,
        "TEMP": temporary,
        ENVIRONMENT: str(absolute / SETTINGS),
    }
    return launch_command(command, folder, folder, **environment)


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

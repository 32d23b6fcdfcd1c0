"""``python -m serve.start models=DIR``: TorchServe with these archives, ready to be called.

Settings: ``out=demo/serving`` (keys, logs and temporary files), ``port=8080``, ``host=127.0.0.1``,
``detach=true``, ``example=data/new_interviews`` (a folder of interviews for the line that
is printed to try), and those of ``serve.settings.Settings``. The gateway listens on the port;
TorchServe's inference, management and metrics on the three after it, always on loopback.
Stop it with Ctrl-C, or ``python -m serve.stop out=demo/serving``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path

import requests

from serve.admission import admit
from serve.caller_file import read_callers
from serve.callers import FIRST_KEY, first_key
from serve.example import curl_line
from serve.java import find_java_home
from serve.server import HOST, KEYS, OUT, STATE, Server, ServerError, reap, signal_group
from serve.settings import ENVIRONMENT, Settings, is_on, settings_of
from src.endings import code_of, run_main, values_of
from src.errors import InputError

HERE = Path(__file__).parent
DEFAULTS = {
    "models": "demo/models",
    "out": OUT,
    "host": HOST,
    "port": "8080",
    "detach": "false",
    "example": "data/new_interviews",
}
STORE = "models"  # in the server's folder: copies of the archives, as they were checked
WAIT_S = 300.0
PORTS = 6  # gateway, inference, management, metrics, and gRPC for two of them


def start(models: Path, folder: Path, *, port: int, settings: Settings, host: str = HOST) -> Server:
    """Start TorchServe with every archive of a model store and wait until all can score.

    Args:
        models: the model store.
        folder: of keys, logs and temporary files.
        port: of the gateway.
        settings: of workers and gateway.
        host: where the gateway listens; TorchServe stays on loopback.

    Raises:
        InputError: when there is no archive, no Java, or a port is taken, the models cannot do
            what the settings ask, or the file of callers is damaged.
        BundleError: when a model is damaged.
        ServerError: when it does not come up.
    """
    archives = sorted(models.glob("*.mar"))
    if not archives:
        raise InputError(expected="archives (python -m serve.archive bundle=DIR)", got="none",
                         where=models)  # fmt: skip
    read_callers(folder)
    home = find_java_home()
    _refuse_taken(port)
    shutil.rmtree(folder / STORE, ignore_errors=True)
    for path in archives:  # TorchServe tries a model that does not load again and again
        admit(path, folder / STORE, settings)
    process = _launch(home, _prepare(folder, port, settings), folder)
    server = Server(folder, port, (process.pid,))
    try:
        _wait_for(server, process, lambda: all(_ready(server, p.stem) for p in archives))
        gateway = _launch_gateway(server, host)
        server = replace(server, pids=(gateway.pid, process.pid))
        _wait_for(server, gateway, lambda: _answers(server))
    except BaseException:
        server.stop(wait_s=5.0)
        raise
    facts = {"port": port, "pids": server.pids}
    (folder / STATE).write_text(json.dumps(facts), encoding="utf-8")
    return server


def _refuse_taken(port: int) -> None:
    """TorchServe itself ends without a word, and with exit code 0, when a port is taken."""
    for number in range(port, port + PORTS):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, number))
            except OSError as error:
                raise InputError(expected=f"free ports {port} to {port + PORTS - 1}",
                                 got=f"{number} is in use; choose others with port=",
                                 where="port") from error  # fmt: skip


def _wait_for(server: Server, process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    """Return when a process is ready.

    Raises:
        ServerError: when it ends, or is not ready in time.
    """
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        if process.poll() is not None:
            raise ServerError(expected="TorchServe and its gateway to run",
                              got=f"exit {process.returncode}; see server.log and console.log",
                              where=server.folder)  # fmt: skip
        if ready():
            return
        time.sleep(0.25)
    raise ServerError(expected=f"ready workers within {WAIT_S:g} s", got="none; see server.log",
                      where=server.folder)  # fmt: skip


def _prepare(folder: Path, port: int, settings: Settings) -> Path:
    """Folders, settings and TorchServe's own file; returns the latter."""
    for part in (folder, folder / "tmp", folder / "logs"):
        part.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / KEYS).unlink(missing_ok=True)  # of a server before this one
    absolute = folder.resolve()
    settings = replace(settings, work_dir=settings.work_dir or str(absolute / "tmp"),
                       audit_log=settings.audit_log or str(absolute / "audit.jsonl"),
                       trusted_keys=str(Path(settings.trusted_keys).resolve())
                       if settings.trusted_keys else "")  # fmt: skip
    settings.write(folder / "settings.json")
    lines = [
        (HERE / "config.properties").read_text(encoding="utf-8"),
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
    path = folder / "config.properties"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _launch(java_home: Path, config: Path, folder: Path) -> subprocess.Popen[bytes]:
    """TorchServe in a process group of its own; keys and logs land in ``folder``."""
    absolute = folder.resolve()
    temporary = str(absolute / "tmp")
    environment = os.environ | {
        "JAVA_HOME": str(java_home),
        "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")]),
        "LOG_LOCATION": str(absolute / "logs"),
        "TMPDIR": temporary,
        "TEMP": temporary,
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        ENVIRONMENT: str(absolute / "settings.json"),
    }
    command = [sys.executable, "-c", "from ts.model_server import start; start()", "--start",
               "--foreground", "--no-config-snapshots", "--ts-config", str(config.resolve()),
               "--log-config", str(HERE / "log4j2.xml")]  # fmt: skip
    with (folder / "logs" / "console.log").open("ab") as console:
        return subprocess.Popen(  # noqa: S603
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=console,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def _launch_gateway(server: Server, host: str) -> subprocess.Popen[bytes]:
    first_key(server.folder)
    command = [sys.executable, "-m", "serve.gateway", f"out={server.folder.resolve()}",
               f"host={host}", f"port={server.port}", f"upstream={server.inference}"]  # fmt: skip
    with (server.folder / "logs" / "console.log").open("ab") as console:
        return subprocess.Popen(  # noqa: S603
            command, cwd=HERE.parent, stdin=subprocess.DEVNULL, stdout=console,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def _answers(server: Server) -> bool:
    try:
        return bool(requests.get(f"{server.address}/ping", timeout=5).status_code == 200)
    except requests.RequestException:
        return False


def _ready(server: Server, name: str) -> bool:
    try:
        head = {"Authorization": f"Bearer {server.key('management')}"}
        found = requests.get(f"{server.management}/models/{name}", headers=head, timeout=5)
        workers = found.json()[0]["workers"]
        wanted = found.json()[0]["minWorkers"]
    except (OSError, ValueError, LookupError):
        return False
    return len(workers) >= wanted and all(worker["status"] == "READY" for worker in workers)


def read_arguments(arguments: list[str]) -> tuple[Mapping[str, str], Settings]:
    """Settings of the start itself, and those of the workers."""
    given = values_of(arguments, [*DEFAULTS, *(field.name for field in fields(Settings))])
    own = DEFAULTS | {key: value for key, value in given.items() if key in DEFAULTS}
    port = own["port"]
    if not port.isdecimal() or not 1024 <= int(port) <= 65000:
        raise InputError(expected="a port from 1024 to 65000", got=repr(port), where="port")
    is_on("detach", own["detach"])
    return own, settings_of({k: v for k, v in given.items() if k not in DEFAULTS})


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_start, arguments, __doc__ or "")


def _start(arguments: list[str]) -> list[str]:
    own, settings = read_arguments(arguments)
    models, folder = Path(own["models"]), Path(own["out"])
    print("starting TorchServe …", flush=True)
    server = start(models, folder, port=int(own["port"]), settings=settings, host=own["host"])
    model, key, logs = sorted(models.glob("*.mar"))[0].stem, folder / FIRST_KEY, folder / "logs"
    how = f"Keys: python -m serve.callers out={folder}; logs: {logs}."
    if key.is_file():
        line = curl_line(server, model, key, Path(own["example"]))
        how = f"Key: {key}; logs: {logs}. Try\n\n  {line}\n"
    print(f"ready. {how}", flush=True)
    if not is_on("detach", own["detach"]):
        _until_stopped(server)
    return []


def _until_stopped(server: Server) -> None:
    try:
        while all(signal_group(pid, 0) for pid in server.pids):
            for pid in server.pids:
                reap(pid)
            time.sleep(1)
    finally:
        server.stop()


if __name__ == "__main__":
    run_main(main)

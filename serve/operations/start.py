"""``trifold serve start models=DIR``: TorchServe with these archives, ready to be called.

Settings: ``out=demo/serving`` (keys, logs and temporary files), ``port=8080``, ``host=127.0.0.1``,
``detach=true``, ``example=data/new_interviews`` (a folder of interviews for the line that
is printed to try), and those of ``serve.settings.Settings``. The gateway listens on the port;
TorchServe's inference, management and metrics on the three after it, always on loopback.
Stop it with Ctrl-C, or ``trifold serve stop out=demo/serving``. What ends on its own is started
anew, see ``trifold.serve.operations.watch``; exit code 2 when that does not help.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.access.caller_file import read_callers
from trifold.serve.access.callers import FIRST_KEY
from trifold.serve.audit.log import AuditLog, read_key
from trifold.serve.governance.rules import ServingRules
from trifold.serve.operations.admission import admit
from trifold.serve.operations.example import curl_line
from trifold.serve.operations.java import find_java_home
from trifold.serve.operations.launch import (
    STORE,
    answers,
    launch,
    launch_gateway,
    prepare,
    ready,
    wait_for,
)
from trifold.serve.operations.server import HOST, OUT, SETTINGS, Server
from trifold.serve.operations.watch import keep_up, watch_detached
from trifold.serve.settings import Settings, is_on, read_settings, settings_of

DEFAULTS = {
    "models": "demo/models",
    "out": OUT,
    "host": HOST,
    "port": "8080",
    "detach": "false",
    "example": "data/new_interviews",
}
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
        PolicyError: when a rule of a policy forbids it.
        ServerError: when it does not come up.
        AuditError: when the audit log cannot be written.
    """
    archives = sorted(models.glob("*.mar"))
    if not archives:
        raise InputError(
            expected="archives (trifold serve archive bundle=DIR)", got="none", where=models
        )
    read_callers(folder)
    ServingRules(settings).check()
    find_java_home()
    read_key(settings.webhook_secret), read_key(settings.audit_key)
    _refuse_taken(port)
    shutil.rmtree(folder / STORE, ignore_errors=True)
    for path in archives:  # TorchServe tries a model that does not load again and again
        admit(path, folder / STORE, settings)
    prepare(folder, port, settings)
    AuditLog(Path(read_settings(folder / SETTINGS).audit_log)).check()  # whether it can be written
    process = launch(folder)
    server = Server(folder, port, (process.pid,))
    try:
        wait_for(server, process, lambda: all(ready(server, p.stem) for p in archives))
        gateway = launch_gateway(server, host)
        server = replace(server, pids=(gateway.pid, process.pid), born=())
        wait_for(server, gateway, lambda: answers(server))
    except BaseException:
        server.stop(wait_s=5.0)
        raise
    server.write()
    return server


def _refuse_taken(port: int) -> None:
    """TorchServe itself ends without a word, and with exit code 0, when a port is taken."""
    for number in range(port, port + PORTS):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, number))
            except OSError as error:
                raise InputError(
                    expected=f"free ports {port} to {port + PORTS - 1}",
                    got=f"{number} is in use; choose others with port=",
                    where="port",
                ) from error


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
    how = f"Keys: trifold serve callers out={folder}; logs: {logs}."
    if key.is_file():
        line = curl_line(server, model, key, Path(own["example"]))
        how = f"Key: {key}; logs: {logs}. Try\n\n  {line}\n"
    print(f"ready. {how}", flush=True)
    if is_on("detach", own["detach"]):
        watch_detached(folder, own["host"])
    else:
        keep_up(server, own["host"])
    return []


if __name__ == "__main__":
    run_main(main)

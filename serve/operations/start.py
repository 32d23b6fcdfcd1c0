"""``trifold serve start bundle=RUN``: a bundle, ready to be called.

Settings: ``out=demo/serving`` (keys, logs and temporary files), ``port=8080``, ``host=127.0.0.1``,
``name=trifold`` and ``version=1.0`` of the model, ``workers`` (one per core, or one per GPU),
``batch_size`` and ``batch_delay_ms`` (requests that are read together; worth it on a GPU alone),
``engine=torchserve`` or ``engine=ray`` (their workers instead of the gateway's own; for Ray also
``ray=ADDRESS`` of a running cluster, ``max_workers``, ``cpus=1`` and ``gpus=0.25`` of each),
``models=DIR`` (archives of ``trifold serve archive`` in the place of a bundle), ``detach=true``,
``example=data/new_interviews`` (a folder of interviews for the line that is printed to try), and
those of ``serve.settings.Settings``. The gateway listens on the port; what is behind it on the ones
after it, always on loopback. ``again=true`` serves what the folder holds already, of the last start
or of ``trifold serve restore``, with the settings that lie there. Stop it with Ctrl-C, or ``trifold
serve stop out=demo/serving``. What ends on its own is started anew, see
``trifold.serve.operations.watch``; exit code 2 when that does not help.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.access.caller_file import read_caller_file
from trifold.serve.access.callers import FIRST_KEY
from trifold.serve.audit.opened import open_log, read_key
from trifold.serve.cluster.options import NAMES, ClusterOptions
from trifold.serve.database.job_place import sealer_in
from trifold.serve.database.opened import open_database
from trifold.serve.engine.store import Store
from trifold.serve.governance.rules import ServingRules
from trifold.serve.operations.example import curl_line
from trifold.serve.operations.java import find_java_home
from trifold.serve.operations.launch import answers, broken, launch_gateway, prepare, wait_for
from trifold.serve.operations.server import (
    BUILT_IN,
    ENGINES,
    HOST,
    LOGS,
    OUT,
    RAY,
    SETTINGS,
    STORE,
    TORCHSERVE,
    Server,
)
from trifold.serve.operations.staging import COUNTS, Serving
from trifold.serve.operations.torchserve import archived, start_torchserve
from trifold.serve.operations.watch import keep_up, watch_detached
from trifold.serve.outbound.sessions import check_integrations
from trifold.serve.settings import IN_DATABASE, Settings
from trifold.serve.settings_text import is_on, read_settings, settings_of

BUNDLE = "demo/run"  # of make demo
DEFAULTS = {
    "bundle": "",
    "models": "",
    "name": "trifold",
    "version": "1.0",
    "engine": BUILT_IN,
    "out": OUT,
    "host": HOST,
    "port": "8080",
    "detach": "false",
    "again": "false",
    "example": "data/new_interviews",
}
# gateway, inference, management, metrics; gRPC for two of TorchServe's
PORTS = {BUILT_IN: 4, TORCHSERVE: 6, RAY: 4}


def start(
    source: Path | None,
    folder: Path,
    *,
    port: int,
    settings: Settings,
    host: str = HOST,
    engine: str = BUILT_IN,
    name: str = "trifold",
    version: str = "1.0",
    serving: Serving | None = None,
    cluster: ClusterOptions | None = None,
) -> Server:
    """Start an endpoint and wait until all its models can score.

    Args:
        source: a bundle, or a folder of archives; None serves the models that the folder holds.
        folder: of keys, logs and temporary files.
        port: of the gateway.
        settings: of workers and gateway.
        host: where the gateway listens; all else stays on loopback.
        engine: what is behind the gateway.
        name: of the bundle's model; an archive says its own, as it says what follows.
        version: of it.
        serving: by how many workers.
        cluster: what of a Ray cluster is used; None keeps what the folder says already.

    Raises:
        InputError: when there is nothing to serve, no Java for TorchServe, or a port is taken, the
            models cannot do what the settings ask, the callers or the database cannot be read, or
            its key is another than before.
        BundleError: when a model is damaged.
        PolicyError: when a rule of a policy forbids it.
        ServerError: when it does not come up.
        AuditError: when the audit log cannot be written.
    """
    archives = _archives(source, folder, engine)
    read_caller_file(folder)
    ServingRules(settings).check()
    if engine == TORCHSERVE:
        find_java_home()
    read_key(settings.webhook_secret), read_key(settings.audit_key)
    check_integrations(settings)
    _refuse_taken(port, PORTS[engine])
    settings = prepare(folder, settings)
    database = open_database(folder, settings)  # with its tables
    if settings.jobs == IN_DATABASE or settings.greenhouse:
        sealer_in(folder, settings, database)  # whether its key is the right one
    database.close()
    log = open_log(settings)
    if log is not None:
        log.check()  # whether it can be written
    if source is not None:
        shutil.rmtree(folder / STORE, ignore_errors=True)
    server = Server(folder, port, (), engine=engine)
    serving = serving or Serving.of({})
    if engine == TORCHSERVE:
        if not archives and source is not None:
            archives = [archived(source, folder, name, version, serving)]
        server = start_torchserve(archives, server, settings)
    elif source is not None:
        Store(folder / STORE, settings).fill(archives, source, name, version, serving)
    if cluster is not None or source is not None:
        (cluster or ClusterOptions()).write(folder)
    gateway = launch_gateway(server, host)
    server = replace(server, pids=(gateway.pid, *server.pids), born=())
    try:
        wait_for(server, gateway, lambda: answers(server) or broken(server))
    except BaseException:
        server.stop(wait_s=5.0)
        raise
    server.write()
    return server


def _archives(source: Path | None, folder: Path, engine: str) -> list[Path]:
    """The archives of a source, if it holds some.

    Raises:
        InputError: when there is nothing to serve.
    """
    if source is None:
        if engine == TORCHSERVE:
            raise InputError(expected="again=true with the engine built_in", got=engine)
        if not any((folder / STORE).glob("*/model.json")):
            raise InputError(expected="the folder of an endpoint", got="no models", where=folder)
        return []
    archives = sorted(source.glob("*.mar"))
    if not archives and not (source / "bundle.json").is_file():
        expected = "a bundle, or archives (trifold serve archive bundle=DIR)"
        raise InputError(expected=expected, got="none", where=source)
    return archives


def _refuse_taken(port: int, count: int) -> None:
    """TorchServe itself ends without a word, and with exit code 0, when a port is taken."""
    for number in range(port, port + count):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, number))
            except OSError as error:
                raise InputError(
                    expected=f"free ports {port} to {port + count - 1}",
                    got=f"{number} is in use; choose others with port=",
                    where="port",
                ) from error


def read_arguments(arguments: list[str]) -> tuple[Mapping[str, str], Settings]:
    """Settings of the start itself, and those of the workers."""
    mine = (*DEFAULTS, *COUNTS, *NAMES)
    given = values_of(arguments, [*mine, *(field.name for field in fields(Settings))])
    own = DEFAULTS | {key: value for key, value in given.items() if key in mine}
    port = own["port"]
    if not port.isdecimal() or not 1024 <= int(port) <= 65000:
        raise InputError(expected="a port from 1024 to 65000", got=repr(port), where="port")
    again = is_on("again", own["again"])
    is_on("detach", own["detach"])
    if own["engine"] not in ENGINES:
        raise InputError(expected=" or ".join(ENGINES), got=repr(own["engine"]), where="engine")
    foreign = next((name for name in NAMES if name in own), None)
    if foreign is not None and own["engine"] != RAY:
        raise InputError(expected=f"engine=ray beside {foreign}=", got=own["engine"], where=foreign)
    if own["bundle"] and own["models"]:
        raise InputError(expected="a bundle or models, not both", got="both", where="models")
    if again and (own["bundle"] or own["models"]):
        raise InputError(expected="a bundle, models or again=true", got="two", where="again")
    found = {k: v for k, v in given.items() if k not in mine}
    if again:
        before = asdict(read_settings(Path(own["out"]) / SETTINGS))
        found = {name: str(value) for name, value in before.items()} | found
    return own, settings_of(found)


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_start, arguments, __doc__ or "")


def _start(arguments: list[str]) -> list[str]:
    own, settings = read_arguments(arguments)
    folder = Path(own["out"])
    print("starting …", flush=True)
    source = Path(own["models"] or own["bundle"] or BUNDLE)
    of_cluster = {name: own[name] for name in NAMES if name in own}
    server = start(
        None if is_on("again", own["again"]) else source,
        folder,
        port=int(own["port"]),
        settings=settings,
        host=own["host"],
        engine=own["engine"],
        name=own["name"],
        version=own["version"],
        serving=Serving.of({name: own[name] for name in COUNTS if name in own}),
        cluster=ClusterOptions.of(of_cluster) if of_cluster else None,
    )
    archives = sorted(Path(own["models"]).glob("*.mar")) if own["models"] else []
    model, key = archives[0].stem if archives else own["name"], folder / FIRST_KEY
    how = f"Keys: trifold serve callers out={folder}; logs: {folder / LOGS}."
    if key.is_file():
        line = curl_line(server, model, key, Path(own["example"]))
        how = f"Key: {key}; logs: {folder / LOGS}. Try\n\n  {line}\n"
    print(f"ready. {how}", flush=True)
    if is_on("detach", own["detach"]):
        watch_detached(folder, own["host"])
    else:
        keep_up(server, own["host"])
    return []


if __name__ == "__main__":
    run_main(main)

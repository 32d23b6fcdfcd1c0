"""Processes of an endpoint: their folders, the gateway's start, and whether it is ready."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import requests

from trifold.database.engine import url_of
from trifold.serve.access.callers import first_key
from trifold.serve.database.opened import FILE
from trifold.serve.operations.server import LOGS, RAY, SETTINGS, TORCHSERVE, Server, ServerError
from trifold.serve.settings import IN_DATABASE, PATHS, Settings

HERE = Path(__file__).parents[1]
SOURCE = HERE.parents[1]  # where the package lies
WAIT_S = 300.0
TEMPORARY = "tmp"  # in the endpoint's folder


def wait_for(server: Server, process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    """Return when a process is ready.

    Raises:
        ServerError: when it ends, or is not ready in time.
    """
    wait_s = WAIT_S * (2 if server.engine == RAY else 1)  # Ray loads itself six times before
    end_s = time.monotonic() + wait_s
    while time.monotonic() < end_s:
        if process.poll() is not None:
            raise ServerError(
                expected="the endpoint's processes to run",
                got=f"exit {process.returncode}; see the logs",
                where=server.folder,
            )
        if ready():
            return
        time.sleep(0.25)
    raise ServerError(
        expected=f"ready workers within {wait_s:g} s",
        got="none; see the logs",
        where=server.folder,
    )


def prepare(folder: Path, settings: Settings) -> Settings:
    """Make folders and write settings; returns them as they are written, with paths absolute.

    The processes that read them run in other folders than the command that was given them.
    """
    for part in (folder, folder / TEMPORARY, folder / LOGS):
        part.mkdir(parents=True, exist_ok=True, mode=0o700)
    absolute = folder.resolve()
    named = {name: getattr(settings, name) for name in PATHS}
    named["work_dir"] = named["work_dir"] or str(absolute / TEMPORARY)
    named["audit_segments"] = named["audit_segments"] or str(absolute / "audit")
    database, log = url_of(settings.database, absolute / FILE), named.pop("audit_log")
    if not log:  # several gateways write one chain
        log = IN_DATABASE if settings.database else str(absolute / "audit.jsonl")
    if log == IN_DATABASE:
        named["audit_heads"] = named["audit_heads"] or str(absolute / "audit.heads")
    else:
        log = os.path.abspath(log)
    named = {name: os.path.abspath(path) for name, path in named.items() if path}
    settings = replace(settings, **named, audit_log=log, database=database)
    settings.write(folder / SETTINGS)
    return settings


def launch_gateway(server: Server, host: str, *, takes: bool = False) -> subprocess.Popen[bytes]:
    """The gateway, in a process group of its own, with its workers if it has some.

    Args:
        server: says where.
        host: where it listens.
        takes: takes the place of the one that runs.
    """
    first_key(server.folder)
    where = [f"host={host}", f"port={server.port}"]
    if server.engine == TORCHSERVE:
        where.append(f"upstream={server.inference}")
    if server.engine == RAY:
        where.append(f"engine={RAY}")
    if takes:
        where.append("takes=true")
    return launch_module("trifold.serve.gateway", server.folder, where)


def launch_module(module: str, folder: Path, words: Sequence[str]) -> subprocess.Popen[bytes]:
    """A module of ours in a process group of its own, which writes to the endpoint's log.

    Args:
        module: one that has a ``main``.
        folder: of the endpoint; ``out=…`` names it.
        words: further words of its command line.
    """
    command = [sys.executable, "-m", module, f"out={folder.resolve()}", *words]
    return launch_command(command, folder, SOURCE)


def launch_command(
    command: Sequence[str], folder: Path, where: Path, **environment: str
) -> subprocess.Popen[bytes]:
    """A command in a process group of its own, which writes to the endpoint's log.

    Args:
        command: its words.
        folder: of the endpoint.
        where: it runs.
        environment: what else it finds there.
    """
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    with (folder / LOGS / "console.log").open("ab") as console:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=where,
            env=os.environ | threads | environment,
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


def broken(server: Server) -> bool:
    """False while the gateway's own workers may still come up.

    Raises:
        ServerError: with what one of them says that cannot load its model.
    """
    if server.engine == TORCHSERVE:
        return False
    try:
        head = {"Authorization": f"Bearer {server.key('management')}"}
        answer = requests.get(f"{server.management}/models", headers=head, timeout=5)
        failures = [facts["failure"] for facts in answer.json()]
    except (OSError, ValueError, LookupError):  # it does not listen yet
        return False
    for failure in filter(None, failures):
        raise ServerError(**failure)
    return False

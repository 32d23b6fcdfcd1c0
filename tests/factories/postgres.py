"""A PostgreSQL of one's own: a real server in a folder, reached by a socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

PLACES = ("/usr/local/bin", "/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin")
STARTS_S = 30.0
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    """A running server; ``folder`` holds its socket."""

    folder: Path

    def url(self, database: str) -> str:
        """As the studio's setting ``database`` takes it."""
        return f"postgresql://trifold@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """An empty database; returns its address."""
        name = f"studio_{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)


def programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``; None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += [path for place in PLACES for path in sorted(Path("/").glob(place[1:]))]
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A server that nobody else reaches; it refuses to run as root, so root runs it as nobody."""
    folder = Path(
        tempfile.mkdtemp(prefix="pg-", dir="/tmp")
    )  # short: paths of sockets have a limit
    user = "nobody" if os.getuid() == 0 else None
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    bin_, data = programs(), folder / "data"
    assert bin_ is not None
    made = ["--username", "trifold", "--auth", "trust", "--no-sync", "--encoding", "UTF8"]
    quiet = {"user": user, "group": None, "cwd": folder, "stdout": subprocess.DEVNULL}
    subprocess.run([bin_ / "initdb", *made, "--locale", "C.UTF-8", data], check=True, **quiet)
    settings = [part for name, value in QUICK.items() for part in ("-c", f"{name}={value}")]
    listens = ["-k", str(folder), "-c", "listen_addresses=", *settings]
    server = subprocess.Popen(
        [bin_ / "postgres", "-D", data, *listens], stderr=subprocess.DEVNULL, **quiet
    )
    try:
        _await(Cluster(folder), server)
        yield Cluster(folder)
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _await(one: Cluster, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_S
    while True:
        try:
            psycopg.connect(one.url("postgres")).close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None, "PostgreSQL did not start"
            assert time.monotonic() < until
            time.sleep(0.05)

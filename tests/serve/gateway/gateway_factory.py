"""Real gateways on one database, each a process, and something that answers them and counts."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from aiohttp import web

from tests.serve.serve_ports import ROOT, free_ports
from trifold.serve.access.callers import Wish, add_caller, change_caller
from trifold.serve.operations.launch import prepare
from trifold.serve.settings import Settings
from trifold.serve.worker.forgotten import HEADER

STARTS_S = 300.0  # on a machine that is busy
CODE = """
import sys
import trifold.serve.database.job_queue
import trifold.serve.outbound.outbox
for leasing in (trifold.serve.database.job_queue, trifold.serve.outbound.outbox):
    leasing.LEASE_S = float(sys.argv[1])
from trifold.serve.gateway.app import main
sys.exit(main(sys.argv[2:]))
"""


@dataclass
class Answerer:
    """Answers every request, where a TorchServe would be, and notes which it saw how often.

    Attributes:
        seen: bodies of scorings.
        go_on: cleared to hold back those with ``hold`` in them.
    """

    address: str = ""
    seen: Counter[bytes] = field(default_factory=Counter)
    go_on: threading.Event = field(default_factory=threading.Event)

    async def ping(self, _: web.Request) -> web.Response:
        return web.Response()

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        facts = json.loads(body)
        if "forget" in facts:
            whom = {HEADER: f"own {quote(facts['forget'])}"}
            return web.json_response({"forgotten": {"files": {}, "remaining": 0}}, headers=whom)
        self.seen[body] += 1
        while "hold" in facts and not self.go_on.is_set():
            await asyncio.sleep(0.05)
        scores = {"warmth": 4.0, "warmth_low": 3.0, "warmth_high": 5.0, "warmth_spread": 0.1}
        row = {"candidate_id": facts["candidate_id"], "n_answers": 1, **scores}
        of_model = {"bundle_id": "0123456789abcdef", "model_version": "1.0"}
        return web.json_response({"candidate": row, **of_model})


@contextmanager
def answerer() -> Iterator[Answerer]:
    """In a thread of its own."""
    running, loop = Answerer(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def up() -> web.AppRunner:
        app = web.Application()
        app.add_routes([web.post("/predictions/{model}", running.answer),
                        web.get("/ping", running.ping)])  # fmt: skip
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        running.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    runner = asyncio.run_coroutine_threadsafe(up(), loop).result(30)
    try:
        yield running
    finally:
        running.go_on.set()
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


class GatewayProcess:
    """A gateway with a folder of its own.

    Args:
        folder: of the endpoint.
        behind: address of what answers.
        lease_s: after which its jobs and events are another's, when it was killed.
        settings: of the endpoint.
    """

    def __init__(self, folder: Path, behind: str, lease_s: float, **settings: object) -> None:
        self.folder, self.settings = folder, prepare(folder, Settings(**settings))
        (folder / "key_file.json").write_text('{"inference": {"key": "k"}}')
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._words = [str(lease_s), f"out={folder}", "host=127.0.0.1", f"upstream={behind}"]

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        self.port = self.port or free_ports()
        command = [sys.executable, "-c", CODE, *self._words, f"port={self.port}"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        log.close()
        self.until(lambda: self.call("GET", "/ping", "").status_code == 200, STARTS_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def call(self, method: str, path: str, key: str, **request: object) -> requests.Response:
        head = {"Authorization": f"Bearer {key}"} | request.pop("headers", {})
        url = f"http://127.0.0.1:{self.port}{path}"
        return requests.request(method, url, headers=head, timeout=60, **request)

    def submit(self, key: str, facts: dict, **headers: str) -> str:
        answer = self.call("POST", "/jobs/trifold", key, json=facts, headers=headers)
        assert answer.status_code == 202, answer.text
        return answer.json()["job"]

    def done(self, key: str, job: str) -> dict:
        """The answer of a job, once it is there."""
        self.until(lambda: self.call("GET", f"/jobs/{job}", key).json().get("status") == "done")
        return self.call("GET", f"/jobs/{job}", key).json()["result"]

    def until(self, good: Callable[[], bool], seconds: float = 120.0) -> float:
        """Wait for something; returns after how many seconds it was so."""
        begun_s = time.monotonic()
        while time.monotonic() - begun_s < seconds:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            with suppress(requests.ConnectionError):
                if good():
                    return time.monotonic() - begun_s
            time.sleep(0.03)
        raise AssertionError((self.folder / "log").read_text())


class Pair:
    """Two gateways on one database, what answers them, and keys by caller.

    Args:
        root: gets a folder for each.
        stack: ends them.
        lease_s: see ``GatewayProcess``.
        settings: of both.
    """

    def __init__(self, root: Path, stack: ExitStack, lease_s: float, **settings: object) -> None:
        self.behind: Answerer = stack.enter_context(answerer())
        self.keys: dict[str, str] = {}
        common = {"database_key": str(root / "database.key"), **settings}
        for name in ("one", "two"):
            (root / name).mkdir()
        self.one, self.two = (
            GatewayProcess(root / name, self.behind.address, lease_s, **common)
            for name in ("one", "two")
        )
        for gateway in (self.one, self.two):
            stack.callback(gateway.close)
            gateway.start()

    def add(self, name: str, **wish: object) -> str:
        """A caller's key, once both know it."""
        key = self.keys[name] = add_caller(self.one.folder, name, Wish(**wish))
        if wish:
            change_caller(self.one.folder, name, Wish(**wish))
        for gateway in (self.one, self.two):
            gateway.until(lambda g=gateway: g.call("GET", "/jobs/x", key).status_code == 404)
        return key


def shared_setting(request: pytest.FixtureRequest, root: Path) -> str:
    """As the setting ``database`` takes it, of the kind that a fixture's parameter names."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres").new_database()
    return f"sqlite:///{root / 'shared.sqlite3'}"

"""The real gateway before real workers' code, without Java: what TorchServe passes on is passed on.

TorchServe itself is in ``test_torchserve.py``; here two tenants and their attacks need a quick one.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from aiohttp import web

from trifold.serve.access.callers import Wish, add_caller
from trifold.serve.gateway.app import application
from trifold.serve.gateway.torchserve import torchserve
from trifold.serve.settings import Settings
from trifold.serve.worker.service import Service


@dataclass
class Endpoint:
    """A running gateway and the service behind it.

    Attributes:
        folder: of the database and the audit log.
        pause: cleared to hold scorings back with the worker, not those who forget.
        waiting: counts the scorings that are with the worker.
    """

    folder: Path
    address: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    pause: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def add(self, name: str, *scopes: str, key: str = "main", **wish) -> str:
        """A caller's key, noted under its name."""
        self.keys[name] = add_caller(
            self.folder, name, Wish(key=key, scopes=scopes or None, **wish)
        )
        self.until(lambda: self.call("GET", "/jobs/x", name).status_code != 401)
        return self.keys[name]

    def until(self, good: Callable[[], bool]) -> None:
        """Wait for what happens soon: gateways look at the table of callers now and then."""
        end_s = time.monotonic() + 20
        while not good():
            assert time.monotonic() < end_s
            time.sleep(0.05)

    def call(self, method: str, path: str, key: str, **request) -> requests.Response:
        """A request with a caller's key, or with the key itself."""
        headers = {"Authorization": f"Bearer {self.keys.get(key, key)}"} | request.pop(
            "headers", {}
        )
        return requests.request(
            method, self.address + path, headers=headers, timeout=120, **request
        )

    def post(self, key: str, facts: object, path: str = "/predictions/trifold", **headers: str):
        """A JSON request."""
        return self.call("POST", path, key, json=facts, headers=headers)


@contextmanager
def endpoint(folder: Path, bundle: Path, settings: Settings) -> Iterator[Endpoint]:
    """Gateway and service on free ports, in an event loop of their own."""
    (folder / "key_file.json").write_text(json.dumps({"inference": {"key": "inner"}}))
    settings.write(folder / "settings.json")
    running = Endpoint(folder)
    running.pause.set()
    service, lock = Service(bundle, settings), threading.Lock()
    service.scorer.warm_up()  # as a worker does before it counts as ready

    def answer(body: bytes, headers: dict[str, str]):
        if b'"forget"' not in body:
            running.waiting.release()
            running.pause.wait(30)
        with lock:
            return service.answer([({"body": body}, headers)])[0]

    async def worker(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer inner"
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = await asyncio.to_thread(answer, await request.read(), headers)
        head = {**reply.headers, "Content-Type": reply.content_type}
        return web.Response(status=reply.status, body=reply.body, headers=head)

    async def up() -> list[web.AppRunner]:
        inner = web.Application()
        inner.add_routes([web.post("/predictions/trifold", worker)])
        behind = await _listen(inner)
        outer = application(folder, settings, torchserve(folder, _address(behind), settings))
        front = await _listen(outer)
        running.address = _address(front)
        return [front, behind]

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runners = asyncio.run_coroutine_threadsafe(up(), loop).result(30)
    try:
        yield running
    finally:
        running.pause.set()
        for runner in runners:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _listen(app: web.Application) -> web.AppRunner:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"

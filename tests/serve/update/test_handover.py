"""A gateway is replaced while clients call, and none of them notices.

Nothing is behind it, as what is asked here needs no worker. One request comes in two halves, the
second when the old gateway has left.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
import requests

from trifold.errors import InputError
from trifold.serve.gateway.http import take_no_more
from trifold.serve.operations.launch import launch_gateway
from trifold.serve.operations.server import TORCHSERVE, Server, lives
from trifold.serve.operations.stop import main as stop_main
from trifold.serve.operations.stop import noted
from trifold.serve.operations.watch import Watch
from trifold.serve.settings import Settings
from trifold.serve.update.command import main as update_main
from trifold.serve.update.handover import FILE, Handover


@pytest.fixture
def server(tmp_path: Path):
    """An endpoint without workers, watched."""
    (tmp_path / "logs").mkdir()
    Settings(stop_seconds=600).write(tmp_path / "settings.json")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    blank = Server(tmp_path, port, (), engine=TORCHSERVE)
    behind = subprocess.Popen(["sleep", "600"], start_new_session=True)
    gateway = launch_gateway(blank, "127.0.0.1")
    running = Server(tmp_path, blank.port, (gateway.pid, behind.pid), engine=TORCHSERVE)
    running.write()
    watch = threading.Thread(target=Watch(running, "127.0.0.1").keep_up)
    try:
        until(lambda: description(blank) == 200)
        watch.start()
        yield running
    finally:
        stop_main([f"out={tmp_path}"])
        behind.kill()
        behind.wait()
        if watch.ident is not None:
            watch.join(30)


def description(server: Server) -> int:
    try:
        return requests.get(f"{server.address}/openapi.yaml", timeout=20).status_code
    except requests.ConnectionError:
        return 0


def until(good, seconds: float = 300.0) -> None:
    end_s = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < end_s
        time.sleep(0.05)


class Clients:
    """Ask again and again, on new connections or on one that is kept."""

    def __init__(self, server: Server) -> None:
        self.statuses: list[object] = []
        self._server, self._stop = server, threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(kept,))
                         for kept in (True, True, False, False)]  # fmt: skip
        for thread in self._threads:
            thread.start()

    def _ask(self, kept: bool) -> None:
        session = requests.Session()
        while not self._stop.is_set():
            asked = session if kept else requests
            try:
                answer = asked.get(f"{self._server.address}/openapi.yaml", timeout=60)
                self.statuses.append(answer.status_code)
            except requests.RequestException as error:
                self.statuses.append(error)
            time.sleep(0.01)

    def end(self) -> list[object]:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.statuses


@pytest.mark.parametrize("turns", range(5))
def test_who_connects_while_accepting_ends_is_served_or_still_waits(turns: int) -> None:
    class Greeting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transport.write(b"served")

    async def closing() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            next_gateway = listening.dup()
            server = await asyncio.get_running_loop().create_server(Greeting, sock=listening)
            client = socket.create_connection(listening.getsockname())
            client.setblocking(False)
            for _ in range(turns):  # the loop accepts in one of them
                await asyncio.sleep(0)
            await take_no_more([server])
        with client, next_gateway:
            next_gateway.setblocking(False)
            try:
                next_gateway.accept()[0].close()
            except BlockingIOError:
                answer = asyncio.get_running_loop().sock_recv(client, 6)
                assert await asyncio.wait_for(answer, 20) == b"served"

    asyncio.run(closing())


def test_no_request_is_lost_while_a_gateway_takes_the_place_of_another(
    server: Server, capsys
) -> None:
    before, since = server.pids[0], server.born[0]
    half = socket.create_connection(("127.0.0.1", server.port), timeout=300)
    half.sendall(b"GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n")
    clients = Clients(server)
    try:
        assert update_main([f"out={server.folder}"]) == 0
        after = noted(server.folder).pids[0]
        assert after != before
        assert f"process {after}" in capsys.readouterr().out
        seen = len(clients.statuses)
        until(lambda: len(clients.statuses) > seen + 8)
        assert lives(before, since)  # it still has a request that has not come to its end
        half.sendall(b"\r\n")
        head = half.makefile("rb").read().partition(b"\r\n\r\n")[0]  # to the connection's end
        assert head.startswith(b"HTTP/1.1 200 OK")
        assert b"Connection: close" in head
        until(lambda: not lives(before, since))
    finally:
        half.close()
        statuses = clients.end()
    assert len(statuses) > 20
    assert set(statuses) == {200}
    assert noted(server.folder).pids[0] == after


def test_a_gateway_that_does_not_come_up_leaves_the_old_one(server: Server, capsys) -> None:
    (server.folder / "settings.json").write_text("{")
    before = server.pids[0]
    assert update_main([f"out={server.folder}"]) == 2
    assert "expected another gateway, got none (the old one goes on)" in capsys.readouterr().err
    assert noted(server.folder).pids[0] == before
    assert description(server) == 200
    Settings(stop_seconds=600).write(server.folder / "settings.json")


def test_without_a_gateway_there_is_nothing_to_take(tmp_path: Path) -> None:
    asyncio.run(Handover(tmp_path).take())
    with pytest.raises(InputError, match=rf"{FILE}: expected a gateway that gives its sockets"):
        asyncio.run(Handover(tmp_path, takes=True).take())

"""An upload through a server that is killed in the midst of it goes on where it was."""

from __future__ import annotations

import random
import socket
import threading
import time
from typing import Any

import httpx2
import uvicorn

from tests.factories.processes import fork_context
from tests.factories.studios import TestedStudio
from tests.factories.uploads import Sender
from trifold.studio.database.projects import Recording, Upload
from trifold.studio.recordings.files import recordings_folder
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import application, open_studio

SIZE, CUTS, LONGEST_S = 24 << 20, 3, 60.0


def serve(settings: dict[str, Any], port: int) -> None:
    """A studio's server, until it is killed."""
    studio = open_studio(StudioSettings.from_plain(settings))
    uvicorn.run(application(studio), port=port, log_level="error", lifespan="off")


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def test_three_kills_of_the_server_lose_and_double_nothing(sqlite_studio: TestedStudio) -> None:
    context, moments = fork_context("trifold.studio.web.app"), random.Random(5)
    data, at, offsets = random.Random(1).randbytes(SIZE), 0, []
    browser = sqlite_studio.browser("psychologist")
    port, where = free_port(), ""
    for number in range(CUTS + 1):
        server = context.Process(target=serve, args=(sqlite_studio.studio.settings.plain(), port))
        server.start()
        sender = Sender(
            httpx2.Client(cookies=browser.cookies, timeout=LONGEST_S),
            sqlite_studio.project,
            browser.form_token,
            base=f"http://127.0.0.1:{port}",
        )
        where = where or str(
            _answered(lambda s=sender: s.begin("big.mp4", SIZE)).headers["location"]
        )
        at = _answered(lambda s=sender, w=where: s.offset(w))
        offsets.append(at)
        last = number == CUTS
        if not last:
            killed = threading.Timer(moments.uniform(0.02, 0.3), server.kill)
            killed.start()
        try:
            answer = sender.append(where, at, _slow(data[at:], last=last))
            assert last
            assert answer.status_code == 204, answer.text
        except httpx2.TransportError:
            assert not last
        server.kill()
        server.join()
    assert offsets == sorted(offsets)
    root = recordings_folder(sqlite_studio.studio, sqlite_studio.project)
    assert [p.name for p in root.iterdir()] == ["big.mp4"]
    assert (root / "big.mp4").read_bytes() == data
    with sqlite_studio.studio.database.reading() as session:
        assert session.query(Upload).count() == 0
        assert [r.size_bytes for r in session.query(Recording)] == [SIZE]


def _slow(data: bytes, *, last: bool) -> Any:
    """Pieces with pauses, so that a kill comes in between."""
    for start in range(0, len(data), 1 << 20):
        if not last:
            time.sleep(0.03)
        yield data[start : start + (1 << 20)]


def _answered(ask: Any) -> Any:
    """What a server answers once it has started."""
    until = time.monotonic() + LONGEST_S
    while True:
        try:
            return ask()
        except httpx2.TransportError:
            assert time.monotonic() < until
            time.sleep(0.05)

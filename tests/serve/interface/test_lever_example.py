"""The example for Lever, between a server that answers as Lever does and a real endpoint."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.factories.media import write_interview
from tests.integration.test_examples import loaded
from tests.serve.access.tenant_factory import endpoint
from tests.serve.outbound.neighbour_factory import Came, neighbour
from tests.serve.serve_factory import write_tiny_bundle
from trifold.serve.settings import Settings

pytestmark = pytest.mark.slow

TOKEN = "signature-token"  # noqa: S105


def told(number: int, stage: str = "video", *, token: str = TOKEN, age_s: float = 0.0) -> dict:
    """A webhook of Lever's."""
    stamp = int((time.time() - age_s) * 1000)
    signature = hmac.new(token.encode(), f"t{stamp}".encode(), "sha256").hexdigest()
    data = {"opportunityId": "op-1", "toStageId": stage}
    return {"id": str(number), "event": "candidateStageChange", "triggeredAt": stamp,
            "token": "t", "signature": signature, "data": data}  # fmt: skip


def test_who_reaches_the_stage_has_a_note_with_scores_and_ranges_once(tmp_path) -> None:
    example = loaded("lever_notes")
    media = Path(write_interview(tmp_path, "q1", seconds=2.0)).read_bytes()

    def answer(came: Came) -> web.Response:
        if came.path.endswith("/files"):
            files = [{"id": "f1", "name": "Q1.MP4"}, {"id": "f2", "name": "cv.pdf"}]
            return web.json_response({"data": files})
        return web.Response(body=media, status=200)

    (tmp_path / "out").mkdir()
    bundle = write_tiny_bundle(tmp_path / "bundle")
    with neighbour() as lever, endpoint(tmp_path / "out", bundle, Settings()) as running:
        lever.answer = answer
        settings = example.Settings(
            "lever-key", TOKEN, "video", running.add("lever"), running.address,
            f"http://127.0.0.1:{lever.port}",
        )  # fmt: skip

        async def tell() -> list[int]:
            runner = web.AppRunner(example.application(settings))
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/lever"
            sent = [told(1), told(1), told(2, "other"), told(3, token="x"), told(4, age_s=400)]  # noqa: S106
            async with aiohttp.ClientSession() as session:
                codes = [(await session.post(url, json=facts)).status for facts in sent]
            await asyncio.to_thread(lever.wait, 3, 120.0)
            await runner.cleanup()
            return codes

        assert asyncio.run(tell()) == [200, 200, 200, 401, 401]
    assert [(came.method, came.path) for came in lever.came] == [
        ("GET", "/opportunities/op-1/files"),
        ("GET", "/opportunities/op-1/files/f1/download"),
        ("POST", "/opportunities/op-1/notes"),
    ]
    pair = base64.b64decode(lever.came[0].headers["Authorization"].removeprefix("Basic "))
    assert pair == b"lever-key:"
    note = json.loads(lever.came[-1].body)["value"]
    assert "warmth: " in note
    assert " to " in note
    assert "no verdict" in note


def test_what_lever_says_of_an_error_is_no_recording(tmp_path, caplog) -> None:
    example = loaded("lever_notes")

    def answer(came: Came) -> web.Response:
        if came.path.endswith("/files"):
            return web.json_response({"data": [{"id": "f1", "name": "q1.mp4"}]})
        return web.Response(status=404, text="gone")

    with neighbour() as lever:
        lever.answer = answer
        settings = example.Settings(
            "k", TOKEN, "video", "k", lever=f"http://127.0.0.1:{lever.port}"
        )

        async def tell() -> None:
            runner = web.AppRunner(example.application(settings))
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/lever"
            async with aiohttp.ClientSession() as session:
                await session.post(url, json=told(1))
            await asyncio.to_thread(lever.wait, 2, 120.0)
            while "no note" not in caplog.text:
                await asyncio.sleep(0.01)
            await runner.cleanup()

        asyncio.run(asyncio.wait_for(tell(), 60))
    assert "no note was written: ClientResponseError" in caplog.text
    assert [came.method for came in lever.came] == ["GET", "GET"]

"""An applicant tracking system and an endpoint: who reaches a stage is scored, in a note.

Lever tells of changes of stage by a signed webhook; this looks for the candidate's recordings, has
them scored and writes the scores with their ranges into a note. Nobody is moved or turned away.

    export LEVER_KEY=… LEVER_SIGNATURE_TOKEN=… LEVER_STAGE=… TRIFOLD_KEY=…
    python examples/lever_notes.py        # listens on port 8090; put TLS before it
"""

import asyncio
import base64
import hmac
import logging
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from trifold.serve.client.answers import scores_in
from trifold.serve.client.asynchronous import AsyncClient
from trifold.serve.client.calls import ScoringError

RECORDINGS = (".mp4", ".mov", ".webm", ".mkv", ".m4a", ".mp3", ".wav")
NOTE = "Impressions from the interview, with ranges; no verdict. Please look at it yourself."
TOLERANCE_S = 300


@dataclass(frozen=True)
class Settings:
    lever_key: str
    signature_token: str  # of the webhook, from Lever's settings
    stage: str  # id of the stage whose candidates are scored
    trifold_key: str
    trifold: str = "http://127.0.0.1:8080"
    lever: str = "https://api.lever.co/v1"


def is_from_lever(facts: dict, token: str) -> bool:
    """HMAC-SHA-256 over token and time, as Lever signs its webhooks; told just now."""
    message = f"{facts.get('token')}{facts.get('triggeredAt')}".encode()
    good = hmac.new(token.encode(), message, "sha256").hexdigest()
    age_s = abs(time.time() - float(facts.get("triggeredAt") or 0) / 1000)
    return hmac.compare_digest(good, str(facts.get("signature"))) and age_s < TOLERANCE_S


async def score(lever: aiohttp.ClientSession, settings: Settings, opportunity: str) -> None:
    place = f"{settings.lever}/opportunities/{opportunity}"
    async with lever.get(f"{place}/files") as found:
        files = [f for f in (await found.json())["data"] if f["name"].lower().endswith(RECORDINGS)]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for file in files:
            paths.append(Path(folder, f"{file['id']}{Path(file['name']).suffix}"))
            async with lever.get(f"{place}/files/{file['id']}/download") as content:
                paths[-1].write_bytes(await content.read())
        note = await note_of(settings, opportunity, paths) if paths else "No recording was found."
    async with lever.post(f"{place}/notes", json={"value": note}):
        pass


async def note_of(settings: Settings, opportunity: str, paths: list[Path]) -> str:
    try:
        async with AsyncClient(settings.trifold, settings.trifold_key) as client:
            answer = await client.score(paths, candidate_id=opportunity)
    except ScoringError as error:
        return f"The interview has no scores: {error.code}. {error.detail}"
    lines = [
        f"{name}: {one.value:.2f} ({one.low:.2f} to {one.high:.2f})"
        for name, one in scores_in(answer["candidate"]).items()
    ]
    return "\n".join([NOTE, *lines, f"Model {answer['model_version']}, {answer['bundle_id'][:12]}"])


def application(settings: Settings) -> web.Application:
    tasks: dict[str, asyncio.Task] = {}

    async def hook(request: web.Request) -> web.Response:
        facts = await request.json()
        if not is_from_lever(facts, settings.signature_token):
            return web.Response(status=401)
        data = facts["data"]
        if facts["event"] == "candidateStageChange" and data["toStageId"] == settings.stage:
            name = facts["id"]  # told again, it is done once
            if name not in tasks:
                tasks[name] = asyncio.create_task(safely(data["opportunityId"]))
        return web.Response(status=200)

    async def safely(opportunity: str) -> None:
        login = base64.b64encode(f"{settings.lever_key}:".encode()).decode()
        try:
            async with aiohttp.ClientSession(
                headers={"Authorization": f"Basic {login}"},
                raise_for_status=True,  # what Lever says of an error is no recording
            ) as lever:
                await score(lever, settings, opportunity)
        except (aiohttp.ClientError, TimeoutError) as error:
            logging.error("no note was written: %s", type(error).__name__)

    app = web.Application()
    app.add_routes([web.post("/lever", hook)])
    return app


if __name__ == "__main__":
    own = Settings(
        os.environ["LEVER_KEY"],
        os.environ["LEVER_SIGNATURE_TOKEN"],
        os.environ["LEVER_STAGE"],
        os.environ["TRIFOLD_KEY"],
    )
    web.run_app(application(own), host="127.0.0.1", port=8090)

"""The address that clients call: keys, limits, one kind of error, and answers for later.

TorchServe listens behind it on loopback. What it cannot do is done here: a status and a body for
every refusal, ``Retry-After``, another try when a worker died, keys by caller, jobs. Bodies pass
through unread.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
from aiohttp import web

from serve.answers import json_body, json_response, problems, response
from serve.audit import read_key
from serve.identity import ADMIN, AUDIT, FORGET, SCORE, Caller
from serve.jobs import Job, Jobs, Webhook
from serve.keys import Callers
from serve.problems import Problem
from serve.records import verified
from serve.settings import Settings, read_settings
from serve.upstream import Answer, Ask, Upstream
from src.endings import values_of
from src.errors import TrifoldError

DESCRIPTION = Path(__file__).with_name("openapi.yaml")
MIB = 1 << 20
ASKING = (SCORE, FORGET, ADMIN)  # any of them may ask; for what, the worker reads in the body
_IDEMPOTENCY = re.compile(r"[\x21-\x7e]{1,200}")


class Gateway:
    """The application's routes.

    Args:
        callers: who may call.
        settings: limits.
    """

    def __init__(self, callers: Callers, settings: Settings) -> None:
        self._callers, self._settings = callers, settings
        self._waiting, self._held = 0, 0
        self._verifying = asyncio.Lock()
        self.upstream: Upstream
        self.jobs: Jobs

    async def score(self, request: web.Request) -> web.Response:
        """Pass a request on and its answer back."""
        caller = self._caller(request, *ASKING)
        with self._room(request):
            return response(await self.answer(await self._ask_of(request, caller)))

    async def answer(self, ask: Ask) -> Answer:
        """What TorchServe says; where it forgot somebody, jobs' answers are forgotten too."""
        answer = await self.upstream.ask(ask)
        if answer.forgotten is None:
            return answer
        facts = json.loads(answer.body) | {"job_answers": self.jobs.forget(ask, answer.forgotten)}
        return replace(answer, body=json_body(facts))

    async def submit(self, request: web.Request) -> web.Response:
        """Take a job."""
        caller = self._caller(request, *ASKING)
        name = request.headers.get("Idempotency-Key")
        if name is not None and not _IDEMPOTENCY.fullmatch(name):
            raise Problem(400, "BAD_FIELD", "expected at most 200 printable ASCII characters",
                          field="Idempotency-Key")  # fmt: skip
        with self._room(request):
            ask = await self._ask_of(request, caller)
        job = self.jobs.submit(ask, name)
        return json_response(202, job.to_dict(), Location=f"/jobs/{job.job_id}")

    async def job(self, request: web.Request) -> web.Response:
        """What has become of a job."""
        caller = self._caller(request, *ASKING)
        return json_response(200, self.jobs.find(request.match_info["job"], caller.name).to_dict())

    async def remove(self, request: web.Request) -> web.Response:
        """Forget a job."""
        caller = self._caller(request, *ASKING)
        self.jobs.remove(request.match_info["job"], caller.name)
        return web.Response(status=204)

    async def ping(self, request: web.Request) -> web.Response:
        """Health, without a key."""
        self._callers.current()
        if await self.upstream.healthy():
            return json_response(200, {"status": "Healthy"})
        raise Problem(503, "NOT_READY", "the server is not ready")

    async def audit(self, request: web.Request) -> web.Response:
        """Verify the audit log; its head is to be noted elsewhere."""
        self._caller(request, AUDIT)
        async with self._verifying:  # one at a time: a long log takes a while
            found = await asyncio.to_thread(verified, self._settings)
        return json_response(200, {"lines": found.lines, "head": found.head})

    async def description(self, request: web.Request) -> web.Response:
        """The OpenAPI description, without a key."""
        return web.Response(text=DESCRIPTION.read_text(encoding="utf-8"),
                            content_type="application/yaml")  # fmt: skip

    def _caller(self, request: web.Request, *scopes: str) -> Caller:
        """Whose key it is, if it has one of the scopes; the worker looks at what is asked for."""
        caller = self._callers.of(request.headers.get("Authorization"))
        if caller is None:
            raise Problem(401, "UNAUTHORIZED", "expected a key: Authorization: Bearer KEY")
        caller.require(*scopes)
        return caller

    @contextmanager
    def _room(self, request: web.Request) -> Iterator[None]:
        """Count a request while it is here; refuse it unread where there is no room."""
        most = self._settings.max_request_mib * MIB
        length = request.content_length
        if length is not None and length > most:
            raise _too_large(self._settings)
        size = most if length is None else length
        full = self._held + size > self._settings.max_held_mib * MIB
        if full or self._waiting >= self._settings.max_waiting:
            raise Problem(503, "OVERLOADED", "more requests wait than this server holds")
        self._waiting, self._held = self._waiting + 1, self._held + size
        try:
            yield
        finally:
            self._waiting, self._held = self._waiting - 1, self._held - size

    async def _ask_of(self, request: web.Request, caller: Caller) -> Ask:
        """The request as TorchServe gets it: its path without a query, which would be logged."""
        parts = [request.match_info["model"], request.match_info.get("version", "")]
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise _too_large(self._settings) from error
        except (aiohttp.ClientError, aiohttp.http.HttpProcessingError, ValueError) as error:
            raise Problem(400, "BAD_REQUEST", "expected a body that can be read") from error
        kind = request.headers.get("Content-Type", "application/octet-stream")
        path = "/predictions/" + "/".join(part for part in parts if part)
        return Ask(path, body, kind, caller.name, caller.to_headers())


def application(folder: Path, address: str, settings: Settings) -> web.Application:
    """The gateway of a running TorchServe.

    Args:
        folder: with its key file and our callers.
        address: of its inference API.
        settings: limits.
    """
    gateway = Gateway(Callers(folder), settings)
    most = settings.max_request_mib * MIB
    app = web.Application(client_max_size=most, middlewares=[problems])
    app.add_routes([
        web.get("/ping", gateway.ping),
        web.get("/openapi.yaml", gateway.description),
        web.get("/audit", gateway.audit),
        web.post("/predictions/{model:[A-Za-z0-9_-]{1,64}}", gateway.score),
        web.post("/predictions/{model:[A-Za-z0-9_-]{1,64}}/{version:[0-9.]{1,20}}", gateway.score),
        web.post("/jobs/{model:[A-Za-z0-9_-]{1,64}}", gateway.submit),
        web.post("/jobs/{model:[A-Za-z0-9_-]{1,64}}/{version:[0-9.]{1,20}}", gateway.submit),
        web.get("/jobs/{job}", gateway.job),
        web.delete("/jobs/{job}", gateway.remove),
    ])  # fmt: skip

    async def life(_: web.Application) -> AsyncIterator[None]:
        keys = json.loads((folder / "key_file.json").read_text(encoding="utf-8"))
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            limit_s = settings.max_seconds * 2 + 60
            gateway.upstream = Upstream(session, address, keys["inference"]["key"], limit_s)
            gateway.jobs = Jobs(gateway.answer, _notifier(session, settings),
                                ttl_s=settings.job_ttl_s)  # fmt: skip
            yield
            await gateway.jobs.close()

    app.cleanup_ctx.append(life)
    return app


def _notifier(
    session: aiohttp.ClientSession, settings: Settings
) -> Callable[[Job], Awaitable[None]]:
    if settings.webhook_url:
        return Webhook(session, settings.webhook_url, read_key(settings.webhook_secret))

    async def nobody(job: Job) -> None:
        await asyncio.sleep(0)

    return nobody


def _too_large(settings: Settings) -> Problem:
    most = f"expected at most {settings.max_request_mib} MiB; larger media go by path"
    return Problem(413, "REQUEST_TOO_LARGE", most)


def main(arguments: list[str]) -> int:
    """Entry point of what ``serve.start`` starts: ``out=… host=… port=… upstream=…``."""
    try:
        given = values_of(arguments, ["out", "host", "port", "upstream"])
        folder = Path(given["out"])
        app = application(folder, given["upstream"], read_settings(folder / "settings.json"))
    except TrifoldError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    web.run_app(app, host=given["host"], port=int(given["port"]), access_log=None, print=None,
                shutdown_timeout=30)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

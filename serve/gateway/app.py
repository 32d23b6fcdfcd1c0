"""The address that clients call: keys, limits, one kind of error, and answers for later.

TorchServe listens behind it on loopback. What it cannot do is done here: a status and a body for
every refusal, ``Retry-After``, another try when a worker died, keys by caller, jobs. Bodies pass
through unread.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import aiohttp
from aiohttp import web

from trifold.codes import Code
from trifold.errors import TrifoldError
from trifold.runtime.endings import values_of
from trifold.serve.access.api_keys import Callers
from trifold.serve.access.identity import ADMIN, AUDIT, FORGET, SCORE, Caller
from trifold.serve.audit.log import AuditLog, read_key
from trifold.serve.gateway.bodies import checked_type, read_body
from trifold.serve.gateway.concurrency import WAITING, Reservation, Quotas
from trifold.serve.gateway.events import Events
from trifold.serve.gateway.http import (
    CALLER,
    code_in,
    listen,
    problems,
    response,
    stop_after,
    until_stopped,
)
from trifold.serve.gateway.jobs import QueuedJob, Jobs
from trifold.serve.gateway.upstream import UpstreamResponse, UpstreamRequest, Upstream
from trifold.serve.gateway.webhook import Webhook
from trifold.serve.operations.server import KEYS
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings, read_settings
from trifold.serve.worker.records import verified

DESCRIPTION = Path(__file__).parents[1] / "openapi.yaml"
ASKING = (SCORE, FORGET, ADMIN)  # any of them may ask; for what, the worker reads in the body
_IDEMPOTENCY = re.compile(r"[\x21-\x7e]{1,200}")


class Gateway:
    """The application's routes.

    Args:
        callers: who may call.
        settings: limits.
        events: what of this is written down.
    """

    def __init__(self, callers: Callers, settings: Settings, events: Events) -> None:
        self._callers, self._settings, self._events = callers, settings, events
        self._quotas, self._verifying = Quotas(settings), asyncio.Lock()
        self.upstream: Upstream
        self.jobs: Jobs

    async def score(self, request: web.Request) -> web.Response:
        """Pass a request on and its answer back."""
        caller = self._caller(request, *ASKING)
        with self._quotas.reserve(caller.name) as place:
            place.check(WAITING)
            ask = await self._ask_of(request, caller, place)
            place.take(WAITING)
            answer = self._forgetting(ask, await self.upstream.ask(ask))
        if answer.status >= 400:
            self._events.count(caller.name, code_in(answer))
        return response(answer)

    async def once(self, ask: UpstreamRequest) -> UpstreamResponse:
        """As TorchServe answers a job."""
        return self._forgetting(ask, await self.upstream.once(ask))

    def _forgetting(self, ask: UpstreamRequest, answer: UpstreamResponse) -> UpstreamResponse:
        """Where TorchServe forgot somebody, jobs' answers are forgotten too."""
        if answer.forgotten is None:
            return answer
        facts = json.loads(answer.body) | {"job_answers": self.jobs.forget(ask, answer.forgotten)}
        return replace(answer, body=_body(facts))

    async def submit(self, request: web.Request) -> web.Response:
        """Take a job."""
        caller = self._caller(request, *ASKING)
        name = request.headers.get("Idempotency-Key")
        if name is not None and not _IDEMPOTENCY.fullmatch(name):
            raise Problem(
                400,
                Code.BAD_FIELD,
                "expected at most 200 printable ASCII characters",
                field="Idempotency-Key",
            )
        with self._quotas.reserve(caller.name) as place:
            ask = await self._ask_of(request, caller, place)
        job = self.jobs.submit(ask, name)
        return _json(202, job.to_dict(), Location=f"/jobs/{job.job_id}")

    async def job(self, request: web.Request) -> web.Response:
        """What has become of a job; that its answer was handed out is written down."""
        caller = self._caller(request, *ASKING).name
        job = self.jobs.find(request.match_info["job"], caller)
        if job.answer is not None and not job.is_read:
            digest = hashlib.sha256(job.answer.body).hexdigest()
            await self._events.note("job_read", job=job.job_id, output_sha256=digest, caller=caller)
            job.is_read = True
        return _json(200, job.to_dict())

    async def remove(self, request: web.Request) -> web.Response:
        """Forget a job."""
        caller = self._caller(request, *ASKING).name
        job = self.jobs.find(request.match_info["job"], caller)
        await self._events.note("job_deleted", job=job.job_id, caller=caller)
        self.jobs.remove(job.job_id, caller)
        return web.Response(status=204)

    async def ping(self, request: web.Request) -> web.Response:
        """Health, without a key."""
        self._callers.current()
        if not await self.upstream.healthy():
            raise Problem(503, Code.NOT_READY, "the server is not ready")
        await self._events.check()
        return _json(200, {"status": "Healthy"})

    async def audit(self, request: web.Request) -> web.Response:
        """Verify the audit log; its head is to be noted elsewhere."""
        self._caller(request, AUDIT)
        async with self._verifying:  # one at a time: a long log takes a while
            found = await asyncio.to_thread(verified, self._settings)
        return _json(200, {"lines": found.lines, "head": found.head})

    async def description(self, request: web.Request) -> web.Response:
        """The OpenAPI description, without a key."""
        return web.Response(
            text=DESCRIPTION.read_text(encoding="utf-8"), content_type="application/yaml"
        )

    def _caller(self, request: web.Request, *scopes: str) -> Caller:
        """Whose key it is, if it has one of the scopes; the worker looks at what is asked for."""
        caller = self._callers.of(request.headers.get("Authorization"))
        if caller is None:
            raise Problem(401, Code.UNAUTHORIZED, "expected a key: Authorization: Bearer KEY")
        request[CALLER] = caller.name
        caller.require(*scopes)
        return caller

    async def _ask_of(self, request: web.Request, caller: Caller, place: Reservation) -> UpstreamRequest:
        """The request as TorchServe gets it: its path without a query, which would be logged."""
        parts = [request.match_info["model"], request.match_info.get("version", "")]
        path = "/predictions/" + "/".join(part for part in parts if part)
        body = await read_body(request, place, self._settings)
        kind = request.headers.get("Content-Type", "application/octet-stream")
        kind = checked_type(body, kind, self._settings)
        return UpstreamRequest(path, body, kind, caller.name, caller.to_headers())


def application(folder: Path, address: str, settings: Settings) -> web.Application:
    """The gateway of a running TorchServe.

    Args:
        folder: with its key file and our callers.
        address: of its inference API.
        settings: limits.
    """
    log = AuditLog(Path(settings.audit_log), read_key(settings.audit_key))
    callers = Callers(folder)
    events = Events(log if settings.audit_log else None, callers.current)
    gateway = Gateway(callers, settings, events)
    app = web.Application(middlewares=[problems(events), until_stopped])
    app.add_routes(
        [
            web.get("/ping", gateway.ping),
            web.get("/openapi.yaml", gateway.description),
            web.get("/audit", gateway.audit),
            web.post("/predictions/{model:[A-Za-z0-9_-]{1,64}}", gateway.score),
            web.post(
                "/predictions/{model:[A-Za-z0-9_-]{1,64}}/{version:[0-9.]{1,20}}", gateway.score
            ),
            web.post("/jobs/{model:[A-Za-z0-9_-]{1,64}}", gateway.submit),
            web.post("/jobs/{model:[A-Za-z0-9_-]{1,64}}/{version:[0-9.]{1,20}}", gateway.submit),
            web.get("/jobs/{job}", gateway.job),
            web.delete("/jobs/{job}", gateway.remove),
        ]
    )

    async def life(_: web.Application) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            limit_s = settings.max_seconds * 2 + 60
            gateway.upstream = Upstream(session, address, lambda: inference_key(folder), limit_s)
            gateway.jobs = Jobs(
                gateway.once,
                _notifier(session, settings),
                ttl_s=settings.job_ttl_s,
                share=settings.share_of,
            )
            writing = asyncio.create_task(events.run(settings.audit_every_s))
            yield
            writing.cancel()
            await gateway.jobs.close()
            await events.flush()

    app.cleanup_ctx.append(life)
    stop_after(app, settings.stop_seconds)
    return app


def _notifier(
    session: aiohttp.ClientSession, settings: Settings
) -> Callable[[QueuedJob], Awaitable[None]]:
    if settings.webhook_url:
        return Webhook(session, settings.webhook_url, read_key(settings.webhook_secret))

    async def nobody(job: QueuedJob) -> None:
        await asyncio.sleep(0)

    return nobody


def inference_key(folder: Path) -> str:
    """TorchServe's key, another one each time it starts."""
    keys = json.loads((folder / KEYS).read_text(encoding="utf-8"))
    return str(keys["inference"]["key"])


def _json(status: int, facts: dict[str, object], **headers: str) -> web.Response:
    return response(UpstreamResponse(status, _body(facts), "application/json", headers))


def _body(facts: dict[str, object]) -> bytes:
    return json.dumps(facts, ensure_ascii=False).encode()


def main(arguments: list[str]) -> int:
    """Entry point of what ``trifold serve start`` starts: ``out=… host=… port=… upstream=…``."""
    try:
        given = values_of(arguments, ["out", "host", "port", "upstream"])
        folder = Path(given["out"])
        settings = read_settings(folder / "settings.json")
        app = application(folder, given["upstream"], settings)
    except TrifoldError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    asyncio.run(listen(app, given["host"], int(given["port"]), settings.stop_seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

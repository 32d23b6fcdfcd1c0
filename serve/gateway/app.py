"""The address that clients call: keys, limits, one kind of error, and answers for later.

Behind it are worker processes of its own, or TorchServe, which listens on loopback. Done here is
what neither does: a status and a body for every refusal, ``Retry-After``, another try when a worker
died, keys by caller, jobs. Bodies pass through unread.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import aiohttp
from aiohttp import web

from trifold.errors import TrifoldError
from trifold.runtime.endings import values_of
from trifold.serve.access.api_keys import Callers
from trifold.serve.audit.log import AuditLog, read_key
from trifold.serve.engine.management import built_in
from trifold.serve.gateway.events import Events
from trifold.serve.gateway.http import listen, problems, stop_after, until_stopped
from trifold.serve.gateway.jobs import Jobs, QueuedJob
from trifold.serve.gateway.routes import Gateway
from trifold.serve.gateway.torchserve import torchserve
from trifold.serve.gateway.upstream import Behind
from trifold.serve.gateway.webhook import Webhook
from trifold.serve.inference_protocol.routes import InferenceProtocol
from trifold.serve.operations.server import RAY, SETTINGS
from trifold.serve.settings import Settings, read_settings


def application(folder: Path, settings: Settings, behind: Behind) -> web.Application:
    """The gateway.

    Args:
        folder: with our callers.
        settings: limits.
        behind: opens what answers.
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
            web.post("/overrides", gateway.override),
            web.post("/exports", gateway.export),
            web.get("/jobs/{job}", gateway.job),
            web.delete("/jobs/{job}", gateway.remove),
            *InferenceProtocol(gateway).routes(),
        ]
    )

    async def life(_: web.Application) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            behind(session) as gateway.upstream,
        ):
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


def main(arguments: list[str]) -> int:
    """Entry point of what ``trifold serve start`` starts: ``out=… host=… port=…``.

    With ``upstream=ADDRESS`` a TorchServe answers there, with ``engine=ray`` replicas of Ray Serve.
    """
    try:
        given = values_of(arguments, ["out", "host", "port", "upstream", "engine"])
        folder, port = Path(given["out"]), int(given["port"])
        settings = read_settings(folder / SETTINGS)
        if "upstream" in given:
            behind = torchserve(folder, given["upstream"], settings)
        elif given.get("engine") == RAY:
            from trifold.serve.cluster.replicas import on_cluster  # an extra

            behind = built_in(folder, settings, port, partial(on_cluster, folder, settings))
        else:
            behind = built_in(folder, settings, port)
        app = application(folder, settings, behind)
    except TrifoldError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        asyncio.run(listen(app, given["host"], port, settings.stop_seconds))
    except TrifoldError as error:  # what is behind cannot be opened
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0

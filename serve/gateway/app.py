"""The address that clients call: keys, limits, one kind of error, and answers for later.

Behind it are worker processes of its own, or TorchServe, which listens on loopback. Done here is
what neither does: a status and a body for every refusal, ``Retry-After``, another try when a worker
died, keys by caller, jobs. Bodies pass through unread.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from trifold.errors import TrifoldError
from trifold.runtime.endings import values_of
from trifold.runtime.memory import give_back, settle
from trifold.serve.access.api_keys import Callers
from trifold.serve.access.caller_table import callers_database
from trifold.serve.audit.opened import open_log
from trifold.serve.database.job_place import JobPlace
from trifold.serve.database.opened import open_database
from trifold.serve.engine.management import built_in
from trifold.serve.gateway.events import Events
from trifold.serve.gateway.http import (
    LEAVING,
    ON_LEAVE,
    knowing,
    listen,
    problems,
    stop_after,
    until_stopped,
)
from trifold.serve.gateway.jobs import Jobs
from trifold.serve.gateway.routes import Gateway
from trifold.serve.gateway.torchserve import torchserve
from trifold.serve.gateway.upstream import Behind
from trifold.serve.greenhouse.opened import greenhouse_of
from trifold.serve.inference_protocol.routes import InferenceProtocol
from trifold.serve.interface.deprecation import read_deprecations, versioned
from trifold.serve.interface.routes import Interface, quota_told
from trifold.serve.operations.server import BUILT_IN, LOGS, RAY, SETTINGS, STORE, TORCHSERVE
from trifold.serve.outbound.telling import telling
from trifold.serve.settings import Settings
from trifold.serve.settings_text import is_on, read_settings
from trifold.serve.telemetry.logs import configure
from trifold.serve.telemetry.observing import as_job, observed
from trifold.serve.telemetry.telemetry import Telemetry
from trifold.serve.update.handover import Handover
from trifold.serve.usage.opened import usage_of

GIVES_BACK_EVERY_S = 60.0


def application(
    folder: Path, settings: Settings, behind: Behind, telemetry: Telemetry | None = None
) -> web.Application:
    """The gateway.

    Args:
        folder: of the endpoint.
        settings: limits.
        behind: opens what answers.
        telemetry: what counts and traces; one of its own by default.
    """
    telemetry = telemetry or Telemetry(settings)
    database = callers_database(folder, open_database(folder, settings, pooled=True))
    callers, place = Callers(database), JobPlace(folder, settings, database)
    events = Events(open_log(settings), callers.current)
    usage = usage_of(database, callers, settings)
    gateway = Gateway(callers, settings, events, usage)
    greenhouse = greenhouse_of(folder, settings, database, gateway, callers)
    told = [quota_told(usage), versioned(read_deprecations(settings.deprecations))]
    middlewares = [*told, observed(telemetry), problems(events), knowing(callers), until_stopped]
    app = web.Application(middlewares=middlewares)
    app.add_routes(
        [
            *addresses(gateway),
            *Interface(gateway, usage, folder / STORE).routes(),
            *(greenhouse[0].routes() if greenhouse else []),
            *InferenceProtocol(gateway).routes(),
        ]
    )

    async def life(_: web.Application) -> AsyncIterator[None]:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
            behind(session) as gateway.upstream,
            gateway.links.opened(),
            telling(settings, callers, database, events, greenhouse and greenhouse[1]) as others,
        ):
            kept: list[Coroutine[Any, Any, None]] = [
                events.run(settings.audit_every_s),
                callers.keep_fresh(),
                usage.keep_written(),
                keep_small(),
            ]
            if greenhouse:
                greenhouse[0].telling = others
                kept.append(greenhouse[1].keep_short())
            run = as_job(telemetry, gateway.once)
            gateway.jobs = Jobs(run, others.job_done, place.store, place.queue)
            telemetry.add(gateway.jobs.families)
            async with meanwhile(kept):
                yield
            await gateway.jobs.close()
            await events.flush()
        await usage.close()
        await asyncio.to_thread(telemetry.tracer.close)
        place.close()
        database.close()

    async def leave() -> None:
        await gateway.upstream.leave()

    app[LEAVING], app[ON_LEAVE] = asyncio.Event(), leave
    app.cleanup_ctx.append(life)
    stop_after(app, settings.stop_seconds)
    return app


def addresses(gateway: Gateway) -> list[web.RouteDef]:
    """Its own; Greenhouse's and those of the Open Inference Protocol come beside them."""
    model, version = "/{model:[A-Za-z0-9_-]{1,64}}", "/{version:[0-9.]{1,20}}"
    return [
        web.get("/ping", gateway.ping),
        web.get("/openapi.yaml", gateway.description),
        web.get("/audit", gateway.audit),
        web.post("/predictions" + model, gateway.score),
        web.post("/predictions" + model + version, gateway.score),
        web.post("/jobs" + model, gateway.submit),
        web.post("/jobs" + model + version, gateway.submit),
        web.post("/overrides", gateway.override),
        web.post("/exports", gateway.export),
        web.get("/jobs/{job}", gateway.job),
        web.delete("/jobs/{job}", gateway.remove),
    ]


async def keep_small() -> None:
    """Give memory that is free back, again and again; what is there at the start stays."""
    settle()
    while True:
        await asyncio.sleep(GIVES_BACK_EVERY_S)
        give_back()  # some milliseconds


@asynccontextmanager
async def meanwhile(work: Iterable[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """What goes on while the context is open, and is cancelled at its end."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def main(arguments: list[str]) -> int:
    """Entry point of what ``trifold serve start`` starts: ``out=… host=… port=…``.

    With ``upstream=ADDRESS`` a TorchServe answers there, with ``engine=ray`` replicas of Ray Serve;
    ``takes=true`` takes the place of the gateway that runs.
    """
    try:
        given = values_of(arguments, ["out", "host", "port", "upstream", "engine", "takes"])
        folder, port = Path(given["out"]), int(given["port"])
        settings = read_settings(folder / SETTINGS)
        configure(settings.log_format, folder / LOGS)
        engine = TORCHSERVE if "upstream" in given else given.get("engine", BUILT_IN)
        telemetry = Telemetry(settings, engine)
        handover = Handover(folder, takes=is_on("takes", given.get("takes", "false")))
        if "upstream" in given:
            behind = torchserve(folder, given["upstream"], settings)
        elif engine == RAY:
            from trifold.serve.cluster.replicas import on_cluster  # an extra

            makers = partial(on_cluster, folder)
            behind = built_in(folder, settings, port, telemetry, handover, makers)
        else:
            behind = built_in(folder, settings, port, telemetry, handover)
        app = application(folder, settings, behind, telemetry)
    except TrifoldError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        asyncio.run(listen(app, given["host"], port, settings.stop_seconds, handover))
    except TrifoldError as error:  # the gateway before goes on; or nothing is behind
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0

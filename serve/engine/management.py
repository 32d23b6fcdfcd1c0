"""The built-in engine, opened: what our own commands ask of it, and what Prometheus reads.

Both listen on loopback where TorchServe's management and metrics do. Of TorchServe's requests those
are understood that ``trifold serve rollout`` sends, with a key that never leaves the machine.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from trifold.errors import InputError, TrifoldError
from trifold.runtime.private import write_atomically
from trifold.serve.engine.models import MakeWorkers, Models
from trifold.serve.engine.pool import Pool
from trifold.serve.engine.store import Store
from trifold.serve.engine.workers import Workers
from trifold.serve.gateway.upstream import Behind, Upstream
from trifold.serve.operations.server import HOST, KEYS, STORE, Server
from trifold.serve.problems import Problem
from trifold.serve.settings import IN_DATABASE, Settings
from trifold.serve.telemetry.exposition import CONTENT_TYPE
from trifold.serve.telemetry.telemetry import Telemetry
from trifold.serve.update.handover import Handover

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Makers = Callable[[Settings], AbstractAsyncContextManager[MakeWorkers]]


def built_in(
    folder: Path,
    settings: Settings,
    port: int,
    telemetry: Telemetry,
    handover: Handover,
    makers: Makers = lambda _: nullcontext(Pool),
) -> Behind:
    """Workers of the gateway's own, or others that are kept as these are.

    Args:
        folder: of the endpoint.
        settings: limits and folders.
        port: of the gateway; management and metrics listen beside it.
        telemetry: what Prometheus reads.
        handover: from the gateway before, which listens beside the port until then.
        makers: opens what starts workers; those of the gateway's own need nothing to be there.
    """
    if settings.audit_log != IN_DATABASE:  # who opens what strangers sent need not know it
        settings = replace(settings, database="")

    @asynccontextmanager
    async def opened(_: aiohttp.ClientSession) -> AsyncIterator[Upstream]:
        store = Store(folder / STORE, settings)
        async with makers(settings) as make:
            models = Models(store, settings, make)
            telemetry.add(models.families)
            telemetry.tracer.watch(telemetry.families)
            telling = asyncio.create_task(_telling(models, settings.audit_every_s))
            try:
                if handover.takes:
                    await asyncio.gather(*(pool.warm() for pool in models.all()))
                    await handover.take()
                async with _managed(models, store, Server(folder, port, ()), telemetry):
                    yield models
            finally:
                telling.cancel()
                await models.close()

    return opened


async def _telling(models: Models, every_s: float) -> None:
    """Log drift and write what is counted, again and again."""
    while True:
        await asyncio.sleep(every_s)
        with suppress(OSError):  # a full disk; there is a next time
            models.tell()


@asynccontextmanager
async def _managed(
    models: Models, store: Store, server: Server, telemetry: Telemetry
) -> AsyncIterator[None]:
    """Listen while the block lasts.

    Args:
        models: that are served.
        store: where they lie.
        server: says where; its folder gets the key.
        telemetry: what Prometheus reads.
    """
    key = secrets.token_hex(32)
    write_atomically(server.folder / KEYS, json.dumps({"management": {"key": key}}).encode())
    runners = [
        await _listening(_management(models, store, key), server.management),
        await _listening(_metrics(models, telemetry), server.metrics),
    ]

    async def leave() -> None:
        while runners:
            await runners.pop().cleanup()

    models.on_leave = leave
    try:
        yield
    finally:
        await leave()


def _management(models: Models, store: Store, key: str) -> web.Application:
    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, f"Bearer {key}".encode()):
            return _said(401, "expected the management key")
        try:
            return await handler(request)
        except Problem as problem:
            return _said(problem.status, problem.detail)
        except TrifoldError as error:
            return _said(400, str(error))

    async def ping(_: web.Request) -> web.Response:
        return _said(200 if await models.healthy() else 503, "")

    async def describe(request: web.Request) -> web.Response:
        name, version = request.match_info["name"], request.match_info.get("version", "")
        pools = models.all_of(name) if version == "all" else [models.pool(name, version)]
        return web.json_response([_facts_of(pool) for pool in pools])

    async def describe_all(_: web.Request) -> web.Response:
        return web.json_response([_facts_of(pool) for pool in models.all()])

    async def add(request: web.Request) -> web.Response:
        folder = request.query.get("url", "")
        found = next((model for model in store.models() if model.folder.name == folder), None)
        if found is None:
            raise InputError(expected="a model of the store", got="none", where="url")
        try:
            await models.add(found, _share(request.query.get("shadow", "0")))
        except TrifoldError:
            if found not in [pool.model for pool in models.all()]:
                store.remove(found)
            raise
        return _said(200, "")

    async def choose(request: web.Request) -> web.Response:
        models.choose(request.match_info["name"], request.match_info["version"])
        return _said(200, "")

    async def remove(request: web.Request) -> web.Response:
        await models.remove(request.match_info["name"], request.match_info["version"])
        return _said(200, "")

    async def shadow(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if request.method == "PUT":
            await models.promote(name)
        elif request.method == "DELETE":
            await models.abort(name)
        else:
            return web.json_response(models.shadow(name).pairs.to_dict())
        return _said(200, "")

    app = web.Application(middlewares=[guarded])
    app.add_routes(
        [
            web.get("/ping", ping),
            web.get("/models", describe_all),
            web.post("/models", add),
            web.get("/models/{name}", describe),
            web.get("/models/{name}/{version}", describe),
            web.put("/models/{name}/{version}/set-default", choose),
            web.delete("/models/{name}/{version}", remove),
            web.get("/shadows/{name}", shadow),
            web.put("/shadows/{name}", shadow),
            web.delete("/shadows/{name}", shadow),
        ]
    )
    return app


def _metrics(models: Models, telemetry: Telemetry) -> web.Application:
    async def metrics(_: web.Request) -> web.Response:
        pools = models.all()
        workers, waiting = (
            sum(len(pool.pids) for pool in pools),
            sum(pool.pending for pool in pools),
        )
        text = models.metrics.text(workers, waiting) + telemetry.text()
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics)])
    return app


def _facts_of(pool: Workers) -> dict[str, object]:
    """As TorchServe describes a version."""
    failure = pool.failure
    return {
        "modelName": pool.model.name,
        "modelVersion": pool.model.version,
        "minWorkers": pool.model.serving.workers,
        "batchSize": pool.model.serving.batch_size,
        "workers": [{"pid": pid, "status": "READY"} for pid in pool.pids],
        "jobQueueStatus": {"pendingRequests": pool.pending},
        "failure": failure
        and {"expected": failure.expected, "got": failure.got, "where": failure.where},
    }


def _share(text: str) -> float:
    """Of requests that a version scores beside another.

    Raises:
        InputError: when it is none.
    """
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InputError(expected="a share from 0 to 1", got=repr(text[:40]), where="shadow")
    return share


def _said(status: int, message: str) -> web.Response:
    return web.json_response({"code": status, "message": message}, status=status)


async def _listening(app: web.Application, address: str) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, urlsplit(address).port, reuse_address=True).start()
    return runner

"""A middleware around all others: a request gets its id, is timed, counted, traced and logged.

What is written of a request: its id, the caller, the route's pattern, status, code, stages and
sizes. Its path, query, headers and body are not, nor is the address that it came from.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from trifold.codes import Code
from trifold.serve.gateway.http import CALLER, LEAVING, code_in
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.problems import CONTENT_TYPE, Problem
from trifold.serve.telemetry.identifiers import CURRENT, REQUEST_ID, RequestContext, context_of
from trifold.serve.telemetry.logs import FACTS, REQUESTS
from trifold.serve.telemetry.telemetry import Telemetry
from trifold.serve.worker.timings import STAGES

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ELSEWHERE, OTHER = "elsewhere", "OTHER"
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")
QUIET = ("/ping",)  # asked every few seconds: counted, and logged only where something is wrong
_STAGE = re.compile(r"([a-z_]{1,32});dur=(\d{1,9}(?:\.\d{1,3})?)")
_HTTP = re.compile(r"HTTP_[45]\d\d")
_KNOWN = {str(code) for code in Code}
logger = logging.getLogger(REQUESTS)


def observed(telemetry: Telemetry) -> Callable[[web.Request, Handler], Any]:
    """The middleware.

    Args:
        telemetry: what counts and traces.
    """

    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        context, begun_s = context_of(request.headers), time.perf_counter()
        token = CURRENT.set(context)
        telemetry.requests.in_progress += 1
        route, method = route_of(request), request.method
        method = method if method in METHODS else OTHER
        span = telemetry.tracer.start(f"{method} {route}", context)
        status, code, sent = 499, "", 0  # of a client that went away
        stages: dict[str, float] = {}
        try:
            answer = await handler(request)
            status, sent = answer.status, getattr(answer, "content_length", None) or 0
            code = code_of(answer)
            stages = stages_in(answer.headers.get("Server-Timing", ""))
            answer.headers[REQUEST_ID] = context.request_id
            if request.app[LEAVING].is_set():
                answer.force_close()
            return answer
        finally:
            telemetry.requests.in_progress -= 1
            seconds = time.perf_counter() - begun_s
            size = request.content.total_bytes
            telemetry.requests.add(method, route, status, code, seconds=seconds, size=size)
            facts = {
                "request_id": context.request_id,
                "caller": request.get(CALLER, ""),
                "method": method,
                "route": route,
                "status": status,
                "code": code,
                "ms": round(1000 * seconds, 1),
                "stages_ms": stages,
                "request_bytes": size,
                "response_bytes": sent,
            }
            telemetry.tracer.end(span, facts, context.work)
            if status >= 400 or route not in QUIET:
                logger.info("request", extra={FACTS: facts})
            CURRENT.reset(token)

    return observe


def as_job(
    telemetry: Telemetry, run: Callable[[UpstreamRequest], Awaitable[UpstreamResponse]]
) -> Callable[[UpstreamRequest], Awaitable[UpstreamResponse]]:
    """What answers jobs, with a span and a line of the log for each, under its request's id.

    Args:
        telemetry: what traces.
        run: answers.
    """

    async def observe(ask: UpstreamRequest) -> UpstreamResponse:
        asked, begun_s = CURRENT.get(), time.perf_counter()
        context = context_of({})
        if asked is not None:
            context = RequestContext(asked.request_id, asked.here or asked.parent)
        token = CURRENT.set(context)
        span = telemetry.tracer.start("job", context)
        status, code = 500, ""
        try:
            answer = await run(ask)
            status, code = answer.status, code_in(answer) if answer.status >= 400 else ""
            return answer
        except Problem as problem:
            status, code = problem.status, problem.code
            raise
        finally:
            facts = {
                "request_id": context.request_id,
                "caller": ask.caller,
                "status": status,
                "code": code if code in _KNOWN or not code else OTHER,
                "ms": round(1000 * (time.perf_counter() - begun_s), 1),
                "request_bytes": len(ask.body),
            }
            telemetry.tracer.end(span, facts, context.work)
            logger.info("job", extra={FACTS: facts})
            CURRENT.reset(token)

    return observe


def route_of(request: web.Request) -> str:
    """The pattern that a request's path has; what was in its places is not told."""
    resource = request.match_info.route.resource
    return ELSEWHERE if resource is None else resource.canonical


def code_of(answer: web.StreamResponse) -> str:
    """The code of a refusal, one of ours; empty where it is none.

    A worker, which opens what strangers sent, writes some of these documents.
    """
    if answer.status < 400 or not isinstance(answer, web.Response):
        return ""
    if answer.content_type != CONTENT_TYPE or not isinstance(answer.body, bytes):
        return OTHER
    try:
        code = str(json.loads(answer.body)["code"])
    except (ValueError, LookupError, TypeError):
        return OTHER
    return code if code in _KNOWN or _HTTP.fullmatch(code) else OTHER


def stages_in(server_timing: str) -> dict[str, float]:
    """Milliseconds by stage, as the header of an answer says; stages that are none are left out."""
    return {name: float(ms) for name, ms in _STAGE.findall(server_timing) if name in STAGES}

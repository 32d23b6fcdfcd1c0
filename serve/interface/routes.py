"""Addresses with a version of their own: assessments, which are jobs, cards, and usage."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from trifold.serve.access.identity import SCOPES
from trifold.serve.gateway.http import CALLER, response
from trifold.serve.gateway.routes import Gateway
from trifold.serve.gateway.upstream import UpstreamResponse
from trifold.serve.interface.cards import KINDS, card_of
from trifold.serve.problems import bad_field
from trifold.serve.usage.quotas import Usage

MODEL, VERSION = re.compile(r"[A-Za-z0-9_-]{1,64}"), re.compile(r"[0-9.]{1,20}")
ASSESSMENTS = "/v1/assessments"
FIRST_MODEL, OF_QUERY = "trifold", ("model", "version")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Interface:
    """Routes.

    Args:
        gateway: that they are another face of.
        usage: what callers used.
        store: folder of the models that are served.
    """

    def __init__(self, gateway: Gateway, usage: Usage, store: Path) -> None:
        self._gateway, self._usage, self._store = gateway, usage, store

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        model = "/v1/models/{model:[A-Za-z0-9_-]{1,64}}"
        return [
            web.post(ASSESSMENTS, self.submit),
            web.get(f"{ASSESSMENTS}/{{job}}", self.result),
            web.delete(f"{ASSESSMENTS}/{{job}}", self._gateway.remove),
            web.get(f"{model}/card", self.card),
            web.get(f"{model}/versions/{{version:[0-9.]{{1,20}}}}/card", self.card),
            web.get("/usage", self.usage),
        ]

    async def submit(self, request: web.Request) -> web.Response:
        """Take an assessment: a job of the model that the query names."""
        name, version = request.query.get("model", FIRST_MODEL), request.query.get("version", "")
        for given in request.query:
            if given not in OF_QUERY or len(request.query.getall(given)) > 1:
                raise bad_field(given, f"a query of {' and '.join(OF_QUERY)}, each once", "another")
        if not MODEL.fullmatch(name):
            raise bad_field("model", "the name of a model", "another text")
        if version and not VERSION.fullmatch(version):
            raise bad_field("version", "a version such as 1.0", "another text")
        request.match_info.update(model=name, version=version)
        facts = json.loads((await self._gateway.submit(request)).body)
        where = f"{ASSESSMENTS}/{facts['job']}"
        return _json(202, _assessment(facts), Location=where)

    async def result(self, request: web.Request) -> web.Response:
        """What has become of an assessment."""
        facts = json.loads((await self._gateway.job(request)).body)
        return _json(200, _assessment(facts))

    async def card(self, request: web.Request) -> web.Response:
        """The card of a model: Markdown, or JSON where that is asked for."""
        self._gateway.caller_of(request, *SCOPES)
        kind = "json" if "application/json" in request.headers.get("Accept", "") else "md"
        named = request.match_info
        body = await asyncio.to_thread(
            card_of, self._store, named["model"], named.get("version", ""), kind
        )
        return response(UpstreamResponse(200, body, f"{KINDS[kind]}; charset=utf-8", {}))

    async def usage(self, request: web.Request) -> web.Response:
        """What this caller used, and may use."""
        caller = self._gateway.caller_of(request, *SCOPES)
        return _json(200, await self._usage.to_dict(caller.name))


def quota_told(usage: Usage) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
    """A middleware: whoever has a quota is told with each answer what is left of it."""

    @web.middleware
    async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if request.get(CALLER):
            answer.headers.update(await usage.headers(request[CALLER]))
        return answer

    return tell


def _assessment(facts: dict[str, Any]) -> dict[str, Any]:
    return {"id": facts.pop("job"), **facts}


def _json(status: int, facts: dict[str, Any], **headers: str) -> web.Response:
    body = json.dumps(facts, ensure_ascii=False).encode()
    return response(UpstreamResponse(status, body, "application/json", headers))

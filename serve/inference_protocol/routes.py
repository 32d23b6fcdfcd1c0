"""The Open Inference Protocol, version 2, which KServe, Triton and their clients speak.

The same keys, limits, numbers and problems as at ``/predictions``; a problem document has its
detail also as ``error``, where that protocol's clients look. Tensors are read by the workers.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from aiohttp import web

from trifold.codes import Code
from trifold.serve.gateway.http import response
from trifold.serve.gateway.routes import Gateway
from trifold.serve.inference_protocol.tensors import CONTENT_TYPE as TENSORS
from trifold.serve.inference_protocol.tensors import INPUTS, OUTPUTS, described
from trifold.serve.problems import CONTENT_TYPE, Problem

MODEL = "/v2/models/{model:[A-Za-z0-9_-]{1,64}}"
VERSION = "/versions/{version:[0-9.]{1,20}}"
# of the protocol, which knows no number for itself; a model has versions of its own
SERVER = {"name": "trifold", "version": "2", "extensions": []}
Answer = Callable[[web.Request], Awaitable[web.Response]]


class InferenceProtocol:
    """Its addresses.

    Args:
        gateway: checks keys and limits, and has requests answered.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        found = {
            "/v2": self.server,
            "/v2/health/live": self.live,
            "/v2/health/ready": self.ready,
            **dict.fromkeys((MODEL, MODEL + VERSION), self.model),
            **dict.fromkeys((f"{MODEL}/ready", f"{MODEL}{VERSION}/ready"), self.model_ready),
        }
        return [
            *(web.get(path, partial(_with_error, answer)) for path, answer in found.items()),
            *(
                web.post(f"{path}/infer", partial(_with_error, self.infer))
                for path in (MODEL, MODEL + VERSION)
            ),
        ]

    async def server(self, _: web.Request) -> web.Response:
        """What this is, without a key."""
        return web.json_response(SERVER)

    async def live(self, _: web.Request) -> web.Response:
        """The gateway answers, without a key."""
        return web.json_response({"live": True})

    async def ready(self, request: web.Request) -> web.Response:
        """As ``/ping`` says."""
        await self._gateway.ping(request)
        return web.json_response({"ready": True})

    async def model(self, request: web.Request) -> web.Response:
        """Tensors and versions."""
        found = await self._gateway.versions(request)
        facts = {
            "name": request.match_info["model"],
            "versions": list(found),
            "platform": "trifold",
            "inputs": described(INPUTS),
            "outputs": described(OUTPUTS),
        }
        return web.json_response(facts)

    async def model_ready(self, request: web.Request) -> web.Response:
        """Whether a worker has the version, or the one that is meant where none is named."""
        if not next(iter((await self._gateway.versions(request)).values())):
            raise Problem(503, Code.NOT_READY, "no worker has this model yet")
        return web.json_response({"name": request.match_info["model"], "ready": True})

    async def infer(self, request: web.Request) -> web.Response:
        """Scores of one candidate, as tensors."""
        found = await self._gateway.answer(request, f"{TENSORS};{request.match_info['model']}")
        if found.content_type == CONTENT_TYPE:
            facts = json.loads(found.body)
            facts["error"] = facts["detail"]
            found = replace(found, body=json.dumps(facts, ensure_ascii=False).encode())
        return response(found)


async def _with_error(answer: Answer, request: web.Request) -> web.Response:
    """A problem says in the protocol's way, too, what is wrong."""
    try:
        return await answer(request)
    except Problem as problem:
        problem.extra = {**problem.extra, "error": problem.detail}
        raise

"""What the gateway answers: one kind of response, and one kind of error."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from serve.problems import CONTENT_TYPE, Problem, place_of
from serve.upstream import Answer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
logger = logging.getLogger(__name__)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal as a problem document."""
    try:
        return await handler(request)
    except Problem as problem:
        headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else problem.headers
        answer = Answer(problem.status, problem.body(), CONTENT_TYPE, headers)
    except web.HTTPException as error:
        code = str(error.reason).upper().replace(" ", "_")
        found = Problem(error.status, code, str(error.reason))
        keep = {k: v for k, v in error.headers.items() if k.lower() == "allow"}
        answer = Answer(error.status, found.body(), CONTENT_TYPE, keep)
    except Exception as error:  # the message may quote what was sent
        logger.error("internal error: %s", place_of(error))
        found = Problem(500, "INTERNAL_ERROR", "please report this")
        answer = Answer(500, found.body(), CONTENT_TYPE, {})
    return response(answer)


def response(answer: Answer) -> web.Response:
    """Of an answer, whoever made it."""
    headers = {**answer.headers, "Content-Type": answer.content_type, "Cache-Control": "no-store"}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def json_response(status: int, facts: dict[str, object], **headers: str) -> web.Response:
    """A JSON object."""
    return response(Answer(status, json_body(facts), "application/json", headers))


def json_body(facts: dict[str, object]) -> bytes:
    """Its bytes."""
    return json.dumps(facts, ensure_ascii=False).encode()

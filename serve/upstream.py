"""TorchServe behind the gateway: what it is asked, and what its own words mean to a client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

from serve.forgotten import Forgotten, read_header
from serve.problems import CONTENT_TYPE, Problem

WORKER_GONE = "InternalServerException"  # the worker died with the request, or timed out
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
AGAIN_AFTER_S = 0.5


@dataclass(frozen=True)
class Answer:
    """A response, whoever made it; ``forgotten`` where it says that a candidate was."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str]
    forgotten: Forgotten | None = None


@dataclass(frozen=True)
class Ask:
    """A request: where to, what, and on whose behalf; ``rights`` are headers that say more."""

    path: str
    body: bytes
    content_type: str
    caller: str
    rights: Mapping[str, str] = field(default_factory=dict)


class Upstream:
    """Sends requests to TorchServe.

    Args:
        session: with a connection pool.
        address: of its inference API.
        key: reads its current key.
        timeout_s: for one request, waiting included.
    """

    def __init__(
        self, session: aiohttp.ClientSession, address: str, key: str, timeout_s: float
    ) -> None:
        self._session, self._address, self._key = session, address, key
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def ask(self, ask: Ask) -> Answer:
        """Ask once, and once more when the worker died: scoring changes nothing.

        Raises:
            Problem: where TorchServe has no answer of ours.
        """
        try:
            return await self._once(ask)
        except Problem as problem:
            if problem.code != "WORKER_DIED":
                raise
        await asyncio.sleep(AGAIN_AFTER_S)
        return await self._once(ask)

    async def healthy(self) -> bool:
        """Whether TorchServe says so."""
        headers = {"Authorization": f"Bearer {self._key}"}
        url = f"{self._address}/ping"
        try:
            async with self._session.get(url, headers=headers, timeout=self._timeout) as found:
                return found.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _once(self, ask: Ask) -> Answer:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": ask.content_type,
                   **ask.rights}  # fmt: skip
        url = f"{self._address}{ask.path}"
        try:
            async with self._session.post(
                url, data=ask.body, headers=headers, timeout=self._timeout
            ) as found:
                kind = found.headers.get("content-type", "")
                body = await found.read()
                request_id = found.headers.get("x-request-id", "")
        except TimeoutError as error:
            raise Problem(503, "TIMEOUT", "no answer in time") from error
        except aiohttp.ClientError as error:
            raise Problem(503, "NOT_READY", "the server is not ready") from error
        if found.status == 200 or kind.startswith(CONTENT_TYPE):
            own = {"X-Request-Id": request_id} | _passed_on(found.headers)
            return Answer(found.status, body, kind, own, read_header(found.headers))
        raise in_our_words(found.status, body, ask.content_type)


def in_our_words(status: int, body: bytes, content_type: str) -> Problem:
    """What TorchServe says on its own, as a problem.

    Its form reader fails with a 500 on what is no form; with any other, a worker was lost.
    """
    try:
        facts = json.loads(body)
        kind, message = str(facts.get("type", "")), str(facts.get("message", ""))
    except (ValueError, AttributeError):
        kind, message = "", ""
    if status == 404:
        return Problem(404, "NO_SUCH_MODEL", "no such model or version")
    if status == 413:
        return Problem(413, "REQUEST_TOO_LARGE", "expected a smaller request")
    if status == 503 and not message.startswith("Worker"):
        return Problem(503, "OVERLOADED", "more requests wait than this server holds")
    if status == 500 and kind != WORKER_GONE and content_type.lower().startswith(FORMS):
        return Problem(400, "BAD_FORM", "expected a form that can be read")
    if 400 <= status < 500:
        return Problem(400, "BAD_REQUEST", "the server cannot read this request")
    return Problem(503, "WORKER_DIED", "the worker that had this request was lost")


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in ("Retry-After", "Server-Timing") if name in headers}

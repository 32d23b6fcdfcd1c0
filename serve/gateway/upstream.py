"""TorchServe behind the gateway: what it is asked, and what its own words mean to a client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiohttp

from trifold.codes import Code
from trifold.serve.problems import CONTENT_TYPE, Problem
from trifold.serve.worker.forgotten import ForgottenCandidate, read_header

WORKER_GONE = "InternalServerException"  # the worker died with the request, or timed out
LOST = Code.WORKER_DIED
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
AGAIN_AFTER_S, PING_S = 0.5, 4.0


@dataclass(frozen=True)
class UpstreamResponse:
    """A response, whoever made it; ``forgotten`` where it says that a candidate was."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str]
    forgotten: ForgottenCandidate | None = None


@dataclass(frozen=True)
class UpstreamRequest:
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
        key: gives its current key; another one after it was started anew.
        timeout_s: longest time for one request, waiting included.
    """

    def __init__(
        self, session: aiohttp.ClientSession, address: str, key: Callable[[], str], timeout_s: float
    ) -> None:
        self._session, self._address, self._key = session, address, key
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def ask(self, ask: UpstreamRequest) -> UpstreamResponse:
        """Ask once, and once more when the request was lost: scoring changes nothing.

        What ended a worker may end the next one as well, so nobody asks a third time: whatever
        becomes of the second time, a request that was lost before stays ``WORKER_DIED``.

        Raises:
            Problem: where TorchServe has no answer of ours.
        """
        try:
            return await self.once(ask)
        except Problem as problem:
            if problem.code != LOST:
                raise
        await asyncio.sleep(AGAIN_AFTER_S)
        try:
            return await self.once(ask)
        except Problem as problem:
            if problem.status == 503:
                raise _lost() from problem
            raise

    async def healthy(self) -> bool:
        """Whether TorchServe says so."""
        timeout = aiohttp.ClientTimeout(total=PING_S)
        url = f"{self._address}/ping"
        try:
            async with self._session.get(url, headers=self._head(), timeout=timeout) as found:
                return found.status == 200
        except (aiohttp.ClientError, TimeoutError, Problem):
            return False

    def _head(self) -> dict[str, str]:
        try:
            return {"Authorization": f"Bearer {self._key()}"}
        except (OSError, ValueError, LookupError) as error:
            raise _not_ready() from error

    async def once(self, ask: UpstreamRequest) -> UpstreamResponse:
        """Ask once.

        Raises:
            Problem: ``WORKER_DIED`` where the request was lost, others where it was not taken.
        """
        headers = self._head() | {"Content-Type": ask.content_type, **ask.rights}
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
        except aiohttp.ClientConnectorError as error:
            raise _not_ready() from error
        except aiohttp.ClientError as error:
            raise _lost() from error
        if found.status == 200 or kind.startswith(CONTENT_TYPE):
            own = {"X-Request-Id": request_id}
            passed_on = ("Retry-After", "Server-Timing")
            own |= {name: found.headers[name] for name in passed_on if name in found.headers}
            return UpstreamResponse(found.status, body, kind, own, read_header(found.headers))
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
        return Problem(404, Code.NO_SUCH_MODEL, "no such model or version")
    if status == 413:
        return Problem(413, Code.REQUEST_TOO_LARGE, "expected a smaller request")
    if status == 503 and not message.startswith("Worker"):
        return Problem(503, Code.OVERLOADED, "more requests wait than this server holds")
    if status == 500 and kind != WORKER_GONE and content_type.lower().startswith(FORMS):
        return Problem(400, Code.BAD_FORM, "expected a form that can be read")
    if 400 <= status < 500:
        return Problem(400, Code.BAD_REQUEST, "the server cannot read this request")
    return _lost()


def _lost() -> Problem:
    return Problem(503, LOST, "the worker that had this request was lost")


def _not_ready() -> Problem:
    return Problem(503, Code.NOT_READY, "the server is not ready")

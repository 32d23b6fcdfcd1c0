"""TorchServe behind the gateway: how it is asked, and what its own words mean to a client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from trifold.codes import Code
from trifold.serve.gateway.upstream import (
    PASSED_ON,
    Behind,
    Upstream,
    UpstreamRequest,
    UpstreamResponse,
    late,
    lost,
    no_such_model,
    not_ready,
)
from trifold.serve.operations.server import KEYS
from trifold.serve.problems import CONTENT_TYPE, Problem
from trifold.serve.settings import Settings
from trifold.serve.telemetry.identifiers import outgoing
from trifold.serve.worker.forgotten import read_header

WORKER_GONE = "InternalServerException"  # the worker died with the request, or timed out
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
PING_S = 4.0


def torchserve(folder: Path, address: str, settings: Settings) -> Behind:
    """A running TorchServe.

    Args:
        folder: with its key file.
        address: of its inference API.
        settings: limits.
    """

    @asynccontextmanager
    async def opened(session: aiohttp.ClientSession) -> AsyncIterator[Upstream]:
        yield TorchServe(session, folder, address, settings.patience_s)

    return opened


class TorchServe(Upstream):
    """Sends requests to TorchServe.

    Args:
        session: with a connection pool.
        folder: with its current keys; others after it was started anew.
        address: of its inference API.
        timeout_s: longest time for one request, waiting included.
    """

    def __init__(
        self, session: aiohttp.ClientSession, folder: Path, address: str, timeout_s: float
    ) -> None:
        self._session, self._folder, self._address = session, folder, address
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def healthy(self) -> bool:
        """Whether TorchServe says so."""
        timeout = aiohttp.ClientTimeout(total=PING_S)
        url = f"{self._address}/ping"
        try:
            async with self._session.get(url, headers=self._head(), timeout=timeout) as found:
                return found.status == 200
        except (aiohttp.ClientError, TimeoutError, Problem):
            return False

    async def versions(self, model: str) -> dict[str, bool]:
        """What its management says."""
        meant = await self._described(model)
        everything = await self._described(f"{model}/all")
        return {
            str(facts["modelVersion"]): any(w["status"] == "READY" for w in facts["workers"])
            for facts in (*meant, *everything)
        }

    async def _described(self, what: str) -> list[dict[str, Any]]:
        own = urlsplit(self._address)
        url = f"{own.scheme}://{own.hostname}:{(own.port or 0) + 1}/models/{what}"
        timeout = aiohttp.ClientTimeout(total=PING_S)
        head = self._head("management")
        try:
            async with self._session.get(url, headers=head, timeout=timeout) as found:
                if found.status == 404:
                    raise no_such_model()
                return list(await found.json())
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise not_ready() from error

    def _head(self, kind: str = "inference") -> dict[str, str]:
        try:
            keys = json.loads((self._folder / KEYS).read_text(encoding="utf-8"))
            return {"Authorization": f"Bearer {keys[kind]['key']}"}
        except (OSError, ValueError, LookupError) as error:
            raise not_ready() from error

    async def once(self, ask: UpstreamRequest) -> UpstreamResponse:
        """Ask once.

        Raises:
            Problem: ``WORKER_DIED`` where the request was lost, others where it was not taken.
        """
        headers = self._head() | outgoing() | {"Content-Type": ask.content_type, **ask.rights}
        url = f"{self._address}{ask.path}"
        try:
            async with self._session.post(
                url, data=ask.body, headers=headers, timeout=self._timeout
            ) as found:
                kind = found.headers.get("content-type", "")
                body = await found.read()
        except TimeoutError as error:
            raise late() from error
        except aiohttp.ClientConnectorError as error:
            raise not_ready() from error
        except aiohttp.ClientError as error:
            raise lost() from error
        if found.status == 200 or kind.startswith(CONTENT_TYPE):
            own = {name: found.headers[name] for name in PASSED_ON if name in found.headers}
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
        return no_such_model()
    if status == 413:
        return Problem(413, Code.REQUEST_TOO_LARGE, "expected a smaller request")
    if status == 503 and not message.startswith("Worker"):
        return Problem(503, Code.OVERLOADED, "more requests wait than this server holds")
    if status == 500 and kind != WORKER_GONE and content_type.lower().startswith(FORMS):
        return Problem(400, Code.BAD_FORM, "expected a form that can be read")
    if 400 <= status < 500:
        return Problem(400, Code.BAD_REQUEST, "the server cannot read this request")
    return lost()

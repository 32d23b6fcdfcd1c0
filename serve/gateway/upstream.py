"""What is behind the gateway, whatever it is: what it is asked, its answer, and a second try."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import aiohttp

from trifold.codes import Code
from trifold.serve.interface.versions import BUNDLE, MEDIA_SECONDS, MODEL
from trifold.serve.problems import Problem
from trifold.serve.worker.forgotten import ForgottenCandidate

LOST = Code.WORKER_DIED
PASSED_ON = ("Retry-After", "Server-Timing", MODEL, BUNDLE, MEDIA_SECONDS)  # of a worker's headers
AGAIN_AFTER_S = 0.5


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


class Upstream(ABC):
    """Has requests answered by workers."""

    @abstractmethod
    async def once(self, ask: UpstreamRequest) -> UpstreamResponse:
        """Ask once.

        Raises:
            Problem: ``WORKER_DIED`` where the request was lost, others where it was not taken.
        """

    @abstractmethod
    async def healthy(self) -> bool:
        """Whether requests would be answered."""

    @abstractmethod
    async def versions(self, model: str) -> dict[str, bool]:
        """Versions of a model, each with whether a worker has it; the one that is meant first.

        Raises:
            Problem: 404 for another model, 503 where nobody can tell.
        """

    async def named(self, model: str, version: str = "") -> dict[str, bool]:
        """The version that is named, or all where none is.

        Raises:
            Problem: as ``versions``, and 404 for another version.
        """
        found = await self.versions(model)
        if version and version not in found:
            raise no_such_model()
        return {version: found[version]} if version else found

    async def refuse_unknown(self, model: str, version: str = "") -> None:
        """A job for what nobody has could only fail later; where nobody can tell, it may wait.

        Raises:
            Problem: 404.
        """
        try:
            await self.named(model, version)
        except Problem as problem:
            if problem.status == 404:
                raise

    async def leave(self) -> None:
        """Make room for the gateway that comes next, and answer what was asked already."""
        await asyncio.sleep(0)  # nothing of it here

    async def ask(self, ask: UpstreamRequest) -> UpstreamResponse:
        """Ask once, and once more when the request was lost: scoring changes nothing.

        What ended a worker may end the next one as well, so nobody asks a third time: whatever
        becomes of the second time, a request that was lost before stays ``WORKER_DIED``.

        Raises:
            Problem: where there is no answer of a worker.
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
                raise lost() from problem
            raise


# opens what is behind the gateway, with the gateway's own session for requests to others
Behind = Callable[[aiohttp.ClientSession], AbstractAsyncContextManager[Upstream]]


def lost() -> Problem:
    """The request was with a worker that ended."""
    return Problem(503, LOST, "the worker that had this request was lost")


def not_ready() -> Problem:
    """Nobody can take the request."""
    return Problem(503, Code.NOT_READY, "the server is not ready")


def no_such_model() -> Problem:
    """Of a model or version that nobody has."""
    return Problem(404, Code.NO_SUCH_MODEL, "no such model or version")


def late() -> Problem:
    """Nobody answered while somebody waited."""
    return Problem(503, "TIMEOUT", "no answer in time")

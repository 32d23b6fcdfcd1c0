"""Telling callers that their jobs are done: to their own address, or to the server's."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp

from trifold.serve.access.caller_entries import CallerEntries
from trifold.serve.client.webhooks import Secret, signed
from trifold.serve.outbound.addresses import Hosts, UrlRefused, checked_url
from trifold.serve.outbound.deliveries import LONGEST_WAIT_S, Outcome
from trifold.serve.outbound.outbox import Delivery
from trifold.serve.problems import Problem

WEBHOOK, JOB_DONE = "webhook", "job.done"
TIMEOUT_S = 15.0
GONE = 410  # whoever answers so wants to hear no more


class Webhooks:
    """Where callers are told, and how.

    An event carries id and status alone; scores are fetched with the caller's key. A signature over
    id, time and body lets the receiver refuse others and repetitions, see
    ``trifold.serve.client.webhooks``.

    Args:
        session: of ``outbound_session``.
        callers: gives the callers as they were seen last.
        look: sees them as they are now.
        private: hosts that may be internal.
        url: of all callers that have no address of their own; empty is none.
        secret: that signs what is sent there.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        callers: Callable[[], CallerEntries],
        look: Callable[[], Awaitable[None]],
        private: Hosts,
        url: str = "",
        secret: bytes = b"",
    ) -> None:
        self._session, self._private = session, private
        self._callers, self._look = callers, look
        self._own = (url, [secret])

    async def target(self, caller: str) -> tuple[str, list[Secret]]:
        """A caller's address and secrets as they are now; an empty address where it has none.

        Raises:
            Problem: 503 while it cannot be told who may call.
        """
        await self._look()
        entry = self._callers().get(caller)
        if entry is not None and entry.hook is not None:
            return entry.hook.url, [*entry.hook.keys(datetime.now(UTC))]
        return self._own[0], [*self._own[1]]

    async def has_address(self, caller: str) -> bool:
        """Whether a caller wants to be told; True where that cannot be said at the moment."""
        try:
            return bool((await self.target(caller))[0])
        except Problem:
            return True

    async def send(self, delivery: Delivery) -> Outcome:
        """Tell once."""
        try:
            url, secrets = await self.target(delivery.caller)
            if not url:
                return Outcome(True)
            headers = signed(delivery.id, delivery.body, secrets, time.time())
            async with self._session.post(
                checked_url(url, self._private),
                data=delivery.body,
                headers=headers,
                allow_redirects=False,
            ) as found:
                return outcome_of(found)
        except (UrlRefused, Problem, aiohttp.ClientError, TimeoutError, OSError):
            return Outcome(False)


def outcome_of(found: aiohttp.ClientResponse) -> Outcome:
    """What an answer means; whatever else it says is not read."""
    if 200 <= found.status < 300:
        return Outcome(True)
    later = found.headers.get("Retry-After", "")
    again_s = min(LONGEST_WAIT_S, float(later)) if later.isascii() and later.isdecimal() else 0.0
    return Outcome(False, again_s, is_hopeless=found.status == GONE)


def event(kind: str, **facts: Any) -> bytes:
    """The body of an event, with its kind and time."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"type": kind, "timestamp": now, **facts}).encode()

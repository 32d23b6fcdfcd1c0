"""All that tells others, opened: a session, the outbox, and who is told what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trifold.database.engine import Database
from trifold.serve.access.api_keys import Callers
from trifold.serve.audit.opened import read_key
from trifold.serve.gateway.events import Events
from trifold.serve.gateway.queued import QueuedJob
from trifold.serve.greenhouse.completion import PATCH, Completion
from trifold.serve.outbound.deliveries import Deliveries, Sender
from trifold.serve.outbound.outbox import Delivery, Outbox
from trifold.serve.outbound.sessions import outbound_session, private_hosts
from trifold.serve.outbound.webhooks import JOB_DONE, TIMEOUT_S, WEBHOOK, Webhooks, event
from trifold.serve.settings import Settings

GIVEN_UP = "WEBHOOK_GIVEN_UP"  # in the audit log's counts


class Telling:
    """Who is told what.

    Args:
        webhooks: knows where callers are told.
        deliveries: tells them.
        completion: ends Greenhouse's interviews, where there are such.
    """

    def __init__(
        self, webhooks: Webhooks, deliveries: Deliveries, completion: Completion | None
    ) -> None:
        self._webhooks, self._deliveries = webhooks, deliveries
        self._completion = completion

    async def job_done(self, job: QueuedJob) -> None:
        """Have a caller told that its job is done, if it wants to know.

        The event is named by the job: whoever hears of it twice, as from a gateway that was killed
        and from the next, hears the same event.

        Raises:
            SQLAlchemyError: when it cannot be kept; then whoever has the job tries again.
        """
        await self.interview_done(job)
        status = job.answer.status if job.answer else None
        facts = {"job": job.job_id, "status": job.status, "http_status": status}
        await self._caller(job.caller, event(JOB_DONE, **facts), job.job_id)

    async def interview_done(self, job: QueuedJob) -> None:
        """Where a job that is done scored an interview of Greenhouse's, that one is done too."""
        if self._completion is not None:
            await self._completion.job_done(job, self._deliveries)

    async def caller(self, caller: str, kind: str, **facts: object) -> None:
        """Have a caller told of an event, if it wants to know.

        Raises:
            SQLAlchemyError: when it cannot be kept.
        """
        await self._caller(caller, event(kind, **facts))

    async def _caller(self, caller: str, body: bytes, name: str = "") -> None:
        if await self._webhooks.has_address(caller):
            await self._deliveries.add(caller, WEBHOOK, body, event=name)


@asynccontextmanager
async def telling(
    settings: Settings,
    callers: Callers,
    database: Database,
    events: Events,
    completion: Completion | None = None,
) -> AsyncIterator[Telling]:
    """While the block lasts, others are told.

    Args:
        settings: name the server's own address, and hosts that may be internal.
        callers: with addresses of their own.
        database: keeps what is still to be told.
        events: counts what nobody wanted to hear.
        completion: of Greenhouse's interviews.
    """

    def given_up(delivery: Delivery) -> None:
        events.count(delivery.caller, GIVEN_UP)

    secret = read_key(settings.webhook_secret)
    async with outbound_session(settings, TIMEOUT_S) as session:
        webhooks = Webhooks(
            session,
            callers.current,
            callers.look,
            private_hosts(settings),
            settings.webhook_url,
            secret,
        )
        senders: dict[str, Sender] = {WEBHOOK: webhooks.send}
        if completion is not None:
            senders[PATCH] = completion.sender(session)
        deliveries = Deliveries(
            Outbox(database),
            senders,
            hours=settings.webhook_hours,
            given_up=given_up,
        )
        async with deliveries.running():
            yield Telling(webhooks, deliveries, completion)

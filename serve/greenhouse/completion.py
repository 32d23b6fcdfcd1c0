"""What follows when the answers of an interview were scored: it is kept, and Greenhouse is told."""

from __future__ import annotations

import asyncio
import base64
import logging
import time

import aiohttp
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.serve.database.opened import reason_of
from trifold.serve.gateway.queued import QueuedJob
from trifold.serve.greenhouse.interviews import COMPLETE, NOT_SCORED, Interview, Interviews
from trifold.serve.greenhouse.results import result_of
from trifold.serve.greenhouse.settings import GreenhouseSettings
from trifold.serve.outbound.addresses import Hosts, UrlRefused, checked_url
from trifold.serve.outbound.deliveries import Deliveries, Outcome, Sender
from trifold.serve.outbound.outbox import Delivery, add_to
from trifold.serve.outbound.webhooks import outcome_of
from trifold.serve.problems import place_of

PATCH = "greenhouse"  # kind of a delivery
DAY_S, EXPIRE_EVERY_S = 86400.0, 600.0
logger = logging.getLogger(__name__)


class Completion:
    """Ends interviews, and forgets those whose days are over.

    Args:
        settings: of Greenhouse.
        interviews: all of them.
        private: hosts that may be internal.
    """

    def __init__(
        self, settings: GreenhouseSettings, interviews: Interviews, private: Hosts
    ) -> None:
        self._settings, self._interviews, self._private = settings, interviews, private

    async def job_done(self, job: QueuedJob, deliveries: Deliveries) -> None:
        """Keep what a job found out about an interview, and have Greenhouse told where it did.

        Both are written together: of several gateways that come to this, one does it.

        Raises:
            SQLAlchemyError: when it cannot be kept; then it may be tried again.
        """
        interview = await asyncio.to_thread(self._interviews.of_job, job.job_id)
        if interview is None or job.answer is None:
            return
        try:
            result = result_of(job.answer.body)
        except (ValueError, LookupError) as error:
            logger.error("greenhouse: %s", place_of(error))
            return
        is_scored = job.answer.status == 200 and "scores" in result
        status = COMPLETE if is_scored else NOT_SCORED
        kept = await asyncio.to_thread(self._interviews.end, job.job_id, status, result, self._tell)
        if kept is not None:
            deliveries.noted(kept)
        wanted = self._settings.partner_score
        if is_scored and wanted and wanted not in result["scores"]:
            known = ", ".join(result["scores"])
            logger.error("greenhouse: partner_score: no scale %r among %s", wanted, known)

    async def keep_short(self) -> None:
        """Remove interviews again and again once their days are over."""
        while True:
            before_s = time.time() - self._settings.days * DAY_S
            try:
                await asyncio.to_thread(self._interviews.expire, before_s)
            except SQLAlchemyError as error:
                logger.error("greenhouse: %s", reason_of(error))
            await asyncio.sleep(EXPIRE_EVERY_S)

    def _tell(self, session: Session, interview: Interview) -> bool:
        return add_to(session, self._settings.caller, PATCH, b"", interview.url)

    def sender(self, session: aiohttp.ClientSession) -> Sender:
        """Says that a test has news; Greenhouse then asks for its status.

        Args:
            session: of ``outbound_session``.
        """

        async def send(delivery: Delivery) -> Outcome:
            try:
                url = checked_url(delivery.target, self._private, self._settings.hosts)
                login = base64.b64encode(f"{self._settings.key()}:".encode()).decode()
                head = {"Authorization": f"Basic {login}"}
                async with session.patch(url, headers=head, allow_redirects=False) as found:
                    return outcome_of(found)
            except UrlRefused:
                return Outcome(False, is_hopeless=True)
            except (InputError, aiohttp.ClientError, TimeoutError, OSError):
                return Outcome(False)

        return send

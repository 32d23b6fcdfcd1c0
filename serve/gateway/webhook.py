"""Telling that a job is done."""

from __future__ import annotations

import asyncio
import hmac
import json
import time

import aiohttp

from trifold.serve.gateway.jobs import FIRST_WAIT_S, TRIES, QueuedJob

TIMESTAMP, SIGNATURE = "X-Trifold-Timestamp", "X-Trifold-Signature"


class Webhook:
    """Tells one address, which the server's owner configured, that a job is done.

    It carries id and status alone; scores are fetched with the caller's key. A signature over time
    and body lets the receiver refuse others and repetitions, see ``verify_webhook`` of
    ``trifold.serve.client.endpoint``.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: bytes) -> None:
        self._session, self._url, self._secret = session, url, secret

    async def __call__(self, job: QueuedJob) -> None:
        """Try a few times; a receiver that stays away is left alone."""
        facts = {
            "job": job.job_id,
            "status": job.status,
            "http_status": job.answer.status if job.answer else None,
        }
        body = json.dumps(facts).encode()
        for turn in range(TRIES):
            headers = signed(body, self._secret, time.time())
            try:
                async with self._session.post(
                    self._url,
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=10),
                ) as found:
                    if found.status < 300:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(FIRST_WAIT_S * 2**turn)


def signed(body: bytes, secret: bytes, now_s: float) -> dict[str, str]:
    """Headers of a webhook."""
    stamp = str(int(now_s))
    digest = hmac.new(secret, f"{stamp}.".encode() + body, "sha256").hexdigest()
    return {TIMESTAMP: stamp, SIGNATURE: f"sha256={digest}", "Content-Type": "application/json"}

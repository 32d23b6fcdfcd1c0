"""A request that is answered later, as the gateway holds it."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field

from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.worker.forgotten import ForgottenCandidate

QUEUED, RUNNING, DONE = "queued", "running", "done"


@dataclass
class QueuedJob:
    """One job.

    Attributes:
        caller: who may see it.
        digest: of what was asked, to tell a repetition from another request.
        ask: dropped as soon as it is answered.
        idempotency: the caller's own name for it.
        people: whose scores the answer holds.
        forget: requests to forget somebody that came before it was done.
        is_read: whether its answer was handed out.
        made_s: when it came, as ``time.monotonic`` has it.
    """

    caller: str
    digest: str
    ask: UpstreamRequest | None
    idempotency: str | None
    job_id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    status: str = QUEUED
    answer: UpstreamResponse | None = None
    is_read: bool = False
    done_s: float = 0.0
    made_s: float = field(default_factory=time.monotonic)
    people: frozenset[str] = frozenset()
    forget: list[tuple[UpstreamRequest, ForgottenCandidate]] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        """What its caller sees."""
        facts: dict[str, object] = {"job": self.job_id, "status": self.status}
        if self.answer is not None:
            facts |= {"http_status": self.answer.status, "result": json.loads(self.answer.body)}
        return facts

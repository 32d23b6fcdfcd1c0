"""A request that is answered later, as the gateway holds it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse

QUEUED, RUNNING, DONE = "queued", "running", "done"


@dataclass(frozen=True)
class QueuedJob:
    """One job as it stood when somebody looked.

    Attributes:
        caller: who may see it.
        ask: what to do, where somebody is to do it.
        losses: how often a worker died with it.
        is_read: whether its answer was handed out.
    """

    job_id: str
    caller: str
    status: str = QUEUED
    answer: UpstreamResponse | None = None
    ask: UpstreamRequest | None = None
    losses: int = 0
    is_read: bool = False

    def to_dict(self) -> dict[str, object]:
        """What its caller sees."""
        facts: dict[str, object] = {"job": self.job_id, "status": self.status}
        if self.answer is not None:
            facts |= {"http_status": self.answer.status, "result": json.loads(self.answer.body)}
        return facts

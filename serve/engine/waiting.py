"""A request that waits for a worker, or is with one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.telemetry.identifiers import CURRENT, RequestContext


@dataclass(eq=False)
class Waiting:
    """One request.

    Attributes:
        ask: what is asked.
        context: on whose behalf.
        since_s: when it came, in seconds since 1970.
        taken_s: when a worker got it; 0 until then.
        answer: where its answer goes.
    """

    ask: UpstreamRequest
    context: RequestContext | None = field(default_factory=CURRENT.get)
    since_s: float = field(default_factory=time.time)
    taken_s: float = 0.0
    answer: asyncio.Future[UpstreamResponse] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

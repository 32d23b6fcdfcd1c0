"""Names of a request that travel: ``X-Request-Id`` and W3C's ``traceparent``.

What comes is believed only where it can be no word: a caller may put a candidate's name there, and
the name would land in logs. Anything else gets a fresh id.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

REQUEST_ID, TRACEPARENT = "X-Request-Id", "traceparent"
# hexadecimal digits, a UUID, or a ULID (Crockford's base 32)
_OPAQUE = re.compile(
    r"[0-9a-fA-F]{16,64}"
    r"|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|[0-7][0-9A-HJKMNP-TV-Z]{25}"
)
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True)
class TraceParent:
    """Where a request stands in somebody's trace (W3C Trace Context, section 3.2).

    Attributes:
        trace_id: 32 hexadecimal digits.
        span_id: 16, of the span that called.
        flags: two; the lowest bit says that the trace is recorded.
    """

    trace_id: str
    span_id: str
    flags: str = "01"

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


@dataclass(frozen=True)
class Work:
    """What was done for a request behind the gateway.

    Attributes:
        queued_s: when it began to wait for a worker, in seconds since 1970.
        taken_s: when a worker got it.
        done_s: when the worker had answered.
        seconds: by stage, in the order in which they were done.
    """

    queued_s: float
    taken_s: float
    done_s: float
    seconds: Mapping[str, float]


@dataclass
class RequestContext:
    """What is known of the request that a task works on.

    Attributes:
        request_id: in the answer, in logs and with workers.
        parent: what called, where it said so.
        here: our own span, where traces are kept.
        work: what was done for it so far.
    """

    request_id: str
    parent: TraceParent | None = None
    here: TraceParent | None = None
    work: list[Work] = field(default_factory=list)


CURRENT: ContextVar[RequestContext | None] = ContextVar("trifold_request", default=None)


def outgoing() -> dict[str, str]:
    """Headers that name the current request to another server."""
    context = CURRENT.get()
    if context is None:
        return {}
    where = context.here or context.parent
    return {REQUEST_ID: context.request_id} | ({TRACEPARENT: str(where)} if where else {})


def context_of(headers: Mapping[str, str]) -> RequestContext:
    """The context of a request that has come; the trace's id names it where nothing else does."""
    parent = parent_in(headers.get(TRACEPARENT, ""))
    given = headers.get(REQUEST_ID, "")
    if _OPAQUE.fullmatch(given):
        return RequestContext(given, parent)
    return RequestContext(parent.trace_id if parent else secrets.token_hex(16), parent)


def parent_in(value: str) -> TraceParent | None:
    """A ``traceparent`` read; None where it is none."""
    found = _PARENT.fullmatch(value.strip())
    if found is None or (value.startswith("00") and found[4]):
        return None
    if not (found[1].strip("0") and found[2].strip("0")):  # all zeros are invalid
        return None
    return TraceParent(found[1], found[2], found[3])

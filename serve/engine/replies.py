"""What a worker is asked, and what it answers, which is checked: it opens what strangers sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from trifold.runtime.framing import Message
from trifold.serve.engine.worker import ANSWERS
from trifold.serve.gateway.upstream import PASSED_ON, UpstreamRequest, UpstreamResponse
from trifold.serve.problems import CONTENT_TYPE
from trifold.serve.telemetry.identifiers import REQUEST_ID, RequestContext
from trifold.serve.worker.forgotten import HEADER, read_header
from trifold.serve.worker.timings import Measured

KINDS = (CONTENT_TYPE, "application/json")
_NAME, _LINE = re.compile(r"[A-Za-z0-9_]{1,64}"), re.compile(r"[\x20-\x7e]{0,4000}")


def facts_of(ask: UpstreamRequest, context: RequestContext | None = None) -> dict[str, str]:
    """Headers of a request as a worker reads them, names in lower case."""
    named = {"Content-Type": ask.content_type, **ask.rights}
    if context is not None:
        named[REQUEST_ID] = context.request_id
    return {n.lower(): v.encode("utf-8", "replace").decode() for n, v in named.items()}


def responses_in(message: Message, count: int) -> tuple[list[UpstreamResponse], list[Measured]]:
    """What a worker answers to so many requests, and what it measured.

    Raises:
        ValueError: when it is nothing that a worker of ours would say.
    """
    said = message.facts.get(ANSWERS)
    if not isinstance(said, list) or not len(said) == len(message.bodies) == count:
        raise ValueError("another number of answers")
    try:
        found = [response_in(facts, body) for facts, body in zip(said, message.bodies, strict=True)]
        return found, [measured_in(facts["measured"]) for facts in said]
    except (LookupError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError("no answer of a worker") from error


def response_in(facts: Mapping[str, Any], body: memoryview) -> UpstreamResponse:
    """One answer, as far as it is one.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: when it is none.
    """
    status, kind, headers = facts["status"], facts["content_type"], facts["headers"]
    if type(status) is not int or not 200 <= status < 600 or kind not in KINDS:
        raise ValueError("no status, or another kind of content")
    passed = {n: v for n, v in headers.items() if n in (*PASSED_ON, HEADER)}
    if not all(_LINE.fullmatch(value) for value in passed.values()):
        raise ValueError("headers that are none")
    own = {name: value for name, value in passed.items() if name != HEADER}
    return UpstreamResponse(status, bytes(body), kind, own, read_header(passed))


def measured_in(facts: Mapping[str, Any]) -> Measured:
    """What was measured of one request, as far as it is that.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: when it is not.
    """
    names = [*facts["seconds"], *facts["codes"]]
    if not all(_NAME.fullmatch(name) for name in names):
        raise ValueError("names that are none")
    return Measured(
        seconds={name: float(seconds) for name, seconds in facts["seconds"].items()},
        media_s=float(facts["media_s"]),
        withheld=int(facts["withheld"]),
        scored=int(facts["scored"]),
        placed=[_places(one) for one in facts["placed"]],
        codes=list(facts["codes"]),
    )


def _places(facts: Mapping[str, Any]) -> dict[str, int]:
    """In which bin each quantity lies; those that are no bins are passed over later."""
    if not all(type(place) is int for place in facts.values()):
        raise ValueError("no number of a bin")
    return {str(name): place for name, place in facts.items()}

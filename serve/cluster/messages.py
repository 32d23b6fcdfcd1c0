"""Requests and answers between the gateway and a replica: bytes that hold no pickles.

The form is that of ``trifold.runtime.framing``, as it goes between a gateway and a worker.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from trifold.runtime.framing import Buffer, Message, incoming, parts_of
from trifold.serve.engine.replies import facts_of, measured_in, response_in
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.problems import Problem
from trifold.serve.telemetry.identifiers import RequestContext
from trifold.serve.worker.forgotten import header_of
from trifold.serve.worker.timings import Measured

PROBLEM = "problem"


def of_request(ask: UpstreamRequest, context: RequestContext | None = None) -> bytes:
    """What a replica is asked, and on whose behalf."""
    return _packed({"caller": ask.caller, "headers": facts_of(ask, context)}, ask.body)


def request_in(data: bytes) -> UpstreamRequest:
    """What ``of_request`` packed; the path is left out, as a replica has one model."""
    message = _unpacked(data)
    rights = dict(message.facts["headers"])
    kind = rights.pop("content-type")
    return UpstreamRequest("", bytes(message.bodies[0]), kind, message.facts["caller"], rights)


def of_response(
    answer: UpstreamResponse | Problem, measured: Iterable[Measured], ends: int
) -> bytes:
    """What a replica answers, and what its worker measured since it was told last.

    Args:
        answer: of the worker, or why there is none.
        measured: of this request, and of some whose answers nobody waited for.
        ends: workers that ended since then.
    """
    counted = {"measured": [asdict(one) for one in measured], "ends": ends}
    if isinstance(answer, Problem):
        said = {"status": answer.status, "code": answer.code, "detail": answer.detail}
        return _packed({PROBLEM: said, **counted}, b"")
    facts = {
        "status": answer.status,
        "content_type": answer.content_type,
        "headers": {**answer.headers, **header_of(answer.forgotten)},
    }
    return _packed({"answer": facts, **counted}, answer.body)


def response_of(data: bytes) -> tuple[UpstreamResponse | Problem, list[Measured], int]:
    """What ``of_response`` packed, which is checked.

    Raises:
        ValueError: when it is nothing that a replica of ours would say.
    """
    message = _unpacked(data)
    try:
        measured = [measured_in(one) for one in message.facts["measured"]]
        ends = int(message.facts["ends"])
        if PROBLEM in message.facts:
            said = message.facts[PROBLEM]
            return Problem(int(said["status"]), said["code"], said["detail"]), measured, ends
        return response_in(message.facts["answer"], message.bodies[0]), measured, ends
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError("no answer of a replica") from error


def _packed(facts: dict[str, Any], body: Buffer) -> bytes:
    return b"".join(parts_of(facts, [body]))


def _unpacked(data: bytes) -> Message:
    steps, view = incoming(len(data)), memoryview(data)
    try:
        while True:
            wanted = next(steps)
            if len(wanted) > len(view):
                raise ValueError("a message that is cut off")
            wanted[:] = view[: len(wanted)]
            view = view[len(wanted) :]
    except StopIteration as end:
        message: Message = end.value
        return message

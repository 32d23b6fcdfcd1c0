"""Spans of requests, where somebody takes them; without ``otlp`` nothing is loaded or sent.

A span has the facts of the line in the log and no others. The gateway's own is the parent of
``queue``, which a request waits in, and ``worker``, whose stages lie end to end below it: workers
say how long each took, in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from trifold.errors import InputError
from trifold.serve.telemetry.exposition import Family
from trifold.serve.telemetry.identifiers import RequestContext, Work

ADDRESSES = ("http://", "https://")


class Tracer:
    """One that does nothing, in the place of one that sends."""

    def start(self, name: str, context: RequestContext) -> Any:
        """Begin a span.

        Args:
            name: such as ``POST /predictions/{model}``.
            context: of the request; learns of the span.
        """
        return None

    def end(self, span: Any, facts: Mapping[str, Any], work: Sequence[Work]) -> None:
        """End a span.

        Args:
            span: that ``start`` gave.
            facts: of the request, as they are logged.
            work: what was done for it behind the gateway.
        """

    def watch(self, families: Callable[[], Iterable[Family]]) -> None:
        """Send metrics too.

        Args:
            families: gives them as they are now.
        """

    def close(self) -> None:
        """Send what was not sent yet."""


def tracer_for(otlp: str) -> Tracer:
    """A tracer that sends to an address.

    Args:
        otlp: of an OTLP/HTTP receiver, such as ``http://localhost:4318``; empty for none.

    Raises:
        InputError: when it is no address, or the extra ``telemetry`` is not installed.
    """
    if not otlp:
        return Tracer()
    if not otlp.startswith(ADDRESSES):
        raise InputError(
            expected="an address such as http://localhost:4318", got=repr(otlp), where="otlp"
        )
    try:
        from trifold.serve.telemetry.otlp import OtlpTracer
    except ModuleNotFoundError as error:
        raise InputError(
            expected="what pip install 'trifold[telemetry]' brings",
            got=f"no {error.name}",
            where="otlp",
        ) from error
    return OtlpTracer(otlp.rstrip("/"))

"""Spans and metrics to an OTLP/HTTP receiver, by OpenTelemetry's SDK (extra ``telemetry``).

Names of attributes are those of OpenTelemetry's semantic conventions for HTTP servers, and
``trifold.`` with the fact's own name where they have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from trifold.serve.telemetry.exposition import Family
from trifold.serve.telemetry.identifiers import RequestContext, TraceParent, Work
from trifold.serve.telemetry.tracing import Tracer

NAMES = {
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
    "code": "error.type",
    "request_bytes": "http.request.body.size",
    "response_bytes": "http.response.body.size",
}
PLAIN = ("request_id", "caller")  # the others are told by the span itself
# of what Prometheus reads; requests are told as the conventions have them
GAUGES = (
    "trifold_queue_length",
    "trifold_queue_oldest_seconds",
    "trifold_jobs",
    "trifold_drift_psi",
    "trifold_drift_alarm",
)
EVERY_MS, TIMEOUT_S = 15_000, 5
NS = 1_000_000_000


class OtlpTracer(Tracer):
    """Sends in the background; who cannot be reached is tried again, and nobody waits for that.

    Args:
        address: of the receiver; ``/v1/traces`` and ``/v1/metrics`` are added.
    """

    def __init__(self, address: str) -> None:
        facts = {"service.name": "trifold", "service.version": version("trifold")}
        resource = Resource.create(facts)
        exporter = OTLPSpanExporter(f"{address}/v1/traces", timeout=TIMEOUT_S)
        self._spans = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._spans.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._spans.get_tracer("trifold.serve")
        reader = PeriodicExportingMetricReader(
            OTLPMetricExporter(f"{address}/v1/metrics", timeout=TIMEOUT_S),
            export_interval_millis=EVERY_MS,
        )
        self._metrics = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self._meter = self._metrics.get_meter("trifold.serve")
        self._durations = self._meter.create_histogram("http.server.request.duration", unit="s")

    def start(self, name: str, context: RequestContext) -> Span:
        """Begin a span below the one that called."""
        above = None
        if context.parent is not None:
            above = set_span_in_context(NonRecordingSpan(_span_context(context.parent)))
        kind = SpanKind.INTERNAL if name == "job" else SpanKind.SERVER
        span = self._tracer.start_span(name, above, kind)
        own = span.get_span_context()
        context.here = TraceParent(
            f"{own.trace_id:032x}", f"{own.span_id:016x}", f"{own.trace_flags:02x}"
        )
        return span

    def end(self, span: Span, facts: Mapping[str, Any], work: Sequence[Work]) -> None:
        """End a span, with what was done below it."""
        named = {NAMES[name]: value for name, value in facts.items() if name in NAMES and value}
        span.set_attributes(
            named | {f"trifold.{name}": facts[name] for name in PLAIN if name in facts}
        )
        if facts.get("status", 0) >= 500:
            span.set_status(Status(StatusCode.ERROR))
        above = set_span_in_context(span)
        for one in work:
            self._child("queue", one.queued_s, one.taken_s, above)
            worker = self._child("worker", one.taken_s, one.done_s, above)
            below, begun_s = set_span_in_context(worker), one.taken_s
            for stage, seconds in one.seconds.items():
                self._child(stage, begun_s, begun_s + seconds, below)
                begun_s += seconds
        span.end()
        if "route" in facts:
            told = {NAMES[name]: facts[name] for name in ("method", "route", "status")}
            self._durations.record(facts["ms"] / 1000, told)

    def watch(self, families: Callable[[], Iterable[Family]]) -> None:
        """Send some gauges of Prometheus' too."""

        def callback(name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
            def observe(_: CallbackOptions) -> Iterable[Observation]:
                with suppress(RuntimeError):  # counted on while it was read, in another thread
                    for family in families():
                        if family.name == name:
                            for _, labels, value in family.samples:
                                yield Observation(value, dict(labels))

            return observe

        for name in GAUGES:
            self._meter.create_observable_gauge(name, [callback(name)])

    def close(self) -> None:
        """Send what was not sent yet, for a few seconds at most."""
        self._spans.force_flush(TIMEOUT_S * 1000)
        self._spans.shutdown()
        self._metrics.shutdown(TIMEOUT_S * 1000)

    def _child(self, name: str, begun_s: float, ended_s: float, above: Any) -> Span:
        span = self._tracer.start_span(name, above, start_time=round(begun_s * NS))
        span.end(round(ended_s * NS))
        return span


def _span_context(parent: TraceParent) -> SpanContext:
    return SpanContext(
        int(parent.trace_id, 16),
        int(parent.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(parent.flags, 16) & TraceFlags.SAMPLED),
    )

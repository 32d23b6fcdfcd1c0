"""What an endpoint tells of itself: metrics for Prometheus, and traces to whom wants them."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version

from trifold.serve.settings import Settings
from trifold.serve.telemetry.exposition import Family, Source, rendered, single
from trifold.serve.telemetry.request_metrics import RequestMetrics
from trifold.serve.telemetry.tracing import Tracer, tracer_for


class Telemetry:
    """Everything that is counted in this process.

    Args:
        settings: where traces go.
        engine: that answers.

    Attributes:
        requests: of HTTP.
        tracer: of requests; one that does nothing where no traces are wanted.
    """

    def __init__(self, settings: Settings, engine: str = "") -> None:
        self.requests, self._engine, self._begun_s = RequestMetrics(), engine, time.time()
        self.tracer: Tracer = tracer_for(settings.otlp)
        self._sources: list[Callable[[], Source]] = [self._own, self.requests.families]

    def add(self, source: Callable[[], Source]) -> None:
        """Tell of something more.

        Args:
            source: gives metrics as they are when somebody reads them.
        """
        self._sources.append(source)

    def families(self) -> Iterator[Family]:
        """All metrics as they are now."""
        for source in self._sources:
            yield from source()

    def text(self) -> str:
        """All metrics as Prometheus reads them."""
        return rendered(self.families())

    def _own(self) -> Source:
        yield single(
            "trifold_build_info",
            "gauge",
            "Always 1; the labels say what runs.",
            1,
            version=version("trifold"),
            python=platform.python_version(),
            engine=self._engine,
        )
        yield single(
            "trifold_start_time_seconds",
            "gauge",
            "When the gateway started, in seconds since 1970.",
            self._begun_s,
        )

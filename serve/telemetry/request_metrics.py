"""What the gateway counts of requests, whatever is behind it."""

from __future__ import annotations

from collections import Counter

from trifold.serve.telemetry.exposition import Family, Histogram, Source

DURATIONS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 240, 480)
SIZES_BYTES = tuple(4**power for power in range(5, 15))  # 1 KiB to 256 MiB


class RequestMetrics:
    """Counts since the gateway started.

    Attributes:
        in_progress: requests that are not answered yet.
    """

    def __init__(self) -> None:
        self.in_progress = 0
        self._counts = Counter[tuple[str, str, str, str]]()
        self._durations = Histogram(
            "trifold_http_request_duration_seconds",
            "From the head of a request to its answer, by route.",
            ("method", "route"),
            DURATIONS_S,
        )
        self._sizes = Histogram(
            "trifold_http_request_size_bytes",
            "Bodies of requests as far as they were read, by route.",
            ("method", "route"),
            SIZES_BYTES,
        )

    def add(
        self, method: str, route: str, status: int, code: str, *, seconds: float, size: int
    ) -> None:
        """Count one request that was answered.

        Args:
            method: of HTTP.
            route: its pattern, never the path itself.
            status: of HTTP.
            code: of a refusal; empty where it was none.
            seconds: that it took.
            size: bytes of its body.
        """
        self._counts[method, route, str(status), code] += 1
        self._durations.add(seconds, method, route)
        self._sizes.add(size, method, route)

    def families(self) -> Source:
        """As Prometheus reads them."""
        names = ("method", "route", "status", "code")
        yield Family(
            "trifold_http_requests_total",
            "counter",
            "Requests that were answered, by route, status and code of a refusal.",
            [
                ("", dict(zip(names, labels, strict=True)), count)
                for labels, count in sorted(self._counts.items())
            ],
        )
        yield self._durations.family()
        yield self._sizes.family()
        yield Family(
            "trifold_http_requests_in_progress",
            "gauge",
            "Requests that are not answered yet.",
            [("", {}, self.in_progress)],
        )

"""What Prometheus reads of the built-in engine, under the names that TorchServe gives it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from trifold.serve.telemetry.drift import DriftWatch
from trifold.serve.telemetry.exposition import Family, Histogram, Source
from trifold.serve.worker.timings import Measured

BOUNDS_MS = (
    1,
    2.5,
    5,
    10,
    25,
    50,
    100,
    250,
    500,
    1000,
    2500,
    5000,
    10_000,
    30_000,
    60_000,
    240_000,
)


WAITS_S = (0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600)
SCORED, WITHHELD = "scored", "withheld"


class Metrics:
    """Counts since the gateway started.

    Args:
        drift: learns of everybody who was scored.

    Attributes:
        ends: workers that ended and were started anew.
    """

    def __init__(self, drift: DriftWatch) -> None:
        self.ends, self._drift = 0, drift
        self._waits = Histogram(
            "trifold_queue_wait_seconds",
            "Time that requests waited for a worker.",
            ("model",),
            WAITS_S,
        )
        self._candidates = Counter[tuple[str, str]]()
        self._errors = Counter[tuple[str, str]]()
        self._sums_ms = defaultdict[tuple[str, str], float](float)
        self._media_s = defaultdict[str, float](float)
        self._withheld = defaultdict[str, float](float)
        self._times: defaultdict[tuple[str, str], list[int]] = defaultdict(
            lambda: [0] * (len(BOUNDS_MS) + 1)
        )

    def add(self, model: str, version: str, measured: Sequence[Measured]) -> None:
        """Count what workers measured of some requests."""
        for one in measured:
            for places in one.placed:
                self._drift.add(model, version, places)
            self._media_s[model] += one.media_s
            self._withheld[model] += one.withheld
            self._candidates.update({(model, SCORED): one.scored, (model, WITHHELD): one.withheld})
            self._errors.update((code, model) for code in one.codes)
            for stage, seconds in one.seconds.items():
                self._sums_ms[stage, model] += 1000 * seconds
                self._times[stage, model][bisect_left(BOUNDS_MS, 1000 * seconds)] += 1

    def add_wait(self, model: str, seconds: float) -> None:
        """Count how long a request waited for a worker."""
        self._waits.add(max(0.0, seconds), model)

    def families(self) -> Source:
        """What is counted here under names of Prometheus' kind."""
        yield self._waits.family()
        yield Family(
            "trifold_candidates_total",
            "counter",
            "People whose media were read, by whether they got scores.",
            [
                ("", {"model": model, "status": status}, count)
                for (model, status), count in sorted(self._candidates.items())
            ],
        )

    def text(self, workers: int, waiting: int) -> str:
        """All of it in Prometheus' format.

        Args:
            workers: that are warm now.
            waiting: requests that are not answered yet.
        """
        return "".join(f"{line}\n" for line in self._lines(workers, waiting))

    def _lines(self, workers: int, waiting: int) -> Iterator[str]:
        yield from _head("TrifoldErrors", "counter", "Refusals, by code.")
        for (code, model), count in sorted(self._errors.items()):
            yield f'TrifoldErrors{{Code="{code}",{_of(model)}}} {count}'
        for name, counts, meaning in (
            ("TrifoldMediaSeconds", self._media_s, "Seconds of media that were read."),
            ("TrifoldWithheld", self._withheld, "People who got no scores."),
        ):
            yield from _head(name, "counter", meaning)
            for model, number in sorted(counts.items()):
                yield f"{name}{{{_of(model)}}} {number:.15g}"
        yield from _head("TrifoldStageTime", "histogram", "Time of a stage in milliseconds.")
        for (stage, model), times in sorted(self._times.items()):
            yield from self._histogram(stage, model, times)
        for name, kind, meaning, value in (
            (
                "TrifoldWorkerEnds",
                "counter",
                "Workers that ended and were started anew.",
                self.ends,
            ),
            ("TrifoldWorkers", "gauge", "Workers that are warm.", workers),
            ("TrifoldWaiting", "gauge", "Requests that are not answered yet.", waiting),
        ):
            yield from _head(name, kind, meaning)
            yield f"{name} {value}"

    def _histogram(self, stage: str, model: str, counts: Sequence[int]) -> Iterator[str]:
        labels, total = f'Stage="{stage}",{_of(model)}', 0
        for bound, count in zip((*BOUNDS_MS, "+Inf"), counts, strict=True):
            total += count
            yield f'TrifoldStageTime_bucket{{{labels},le="{bound}"}} {total}'
        yield f"TrifoldStageTime_count{{{labels}}} {total}"
        yield f"TrifoldStageTime_sum{{{labels}}} {self._sums_ms[stage, model]:.15g}"


def _head(name: str, kind: str, meaning: str) -> tuple[str, str]:
    return f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"


def _of(model: str) -> str:
    return f'ModelName="{model}",Level="Model"'

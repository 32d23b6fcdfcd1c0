"""Numbers in Prometheus' text format, and the histograms that go into it.

Names follow https://prometheus.io/docs/practices/naming/: ``trifold_`` first, base units, and
``_total`` at the end of what only grows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})  # in a label's value
Labels = tuple[str, ...]
Source = Iterable["Family"]


@dataclass(frozen=True)
class Family:
    """One metric.

    Attributes:
        name: such as ``trifold_http_requests_total``.
        kind: counter, gauge or histogram.
        meaning: one line for people.
        samples: suffix of the name, labels, value.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    samples: Sequence[tuple[str, Mapping[str, str], float]]

    def lines(self) -> Iterator[str]:
        """As Prometheus reads it."""
        yield f"# HELP {self.name} {self.meaning}"
        yield f"# TYPE {self.name} {self.kind}"
        for suffix, labels, value in self.samples:
            quoted = {name: text.translate(_ESCAPES) for name, text in labels.items()}
            said = ",".join(f'{name}="{text}"' for name, text in quoted.items())
            yield (
                f"{self.name}{suffix}{{{said}}} {value:.15g}"
                if said
                else (f"{self.name}{suffix} {value:.15g}")
            )


def rendered(families: Iterable[Family]) -> str:
    """All of them, a line each."""
    return "".join(f"{line}\n" for family in families for line in family.lines())


def single(
    name: str, kind: Literal["counter", "gauge"], meaning: str, value: float, **labels: str
) -> Family:
    """A metric of one sample."""
    return Family(name, kind, meaning, [("", labels, value)])


class Histogram:
    """How often values fell below some bounds, by labels.

    Args:
        name: of the metric.
        meaning: one line.
        labels: their names.
        bounds: in the metric's unit, ascending; one more bin holds what is above.
    """

    def __init__(
        self, name: str, meaning: str, labels: Sequence[str], bounds: Sequence[float]
    ) -> None:
        self._name, self._meaning, self._labels = name, meaning, tuple(labels)
        self._bounds = tuple(bounds)
        self._sums = defaultdict[Labels, float](float)
        self._counts: defaultdict[Labels, list[int]] = defaultdict(
            lambda: [0] * (len(self._bounds) + 1)
        )

    def add(self, value: float, *labels: str) -> None:
        """Count one value."""
        self._sums[labels] += value
        self._counts[labels][bisect_left(self._bounds, value)] += 1

    def family(self) -> Family:
        """As it is now."""
        samples: list[tuple[str, Mapping[str, str], float]] = []
        for values, counts in sorted(self._counts.items()):
            labels, total = dict(zip(self._labels, values, strict=True)), 0
            for bound, count in zip((*self._bounds, "+Inf"), counts, strict=True):
                total += count
                samples.append(("_bucket", {**labels, "le": str(bound)}, total))
            samples.append(("_count", labels, total))
            samples.append(("_sum", labels, self._sums[values]))
        return Family(self._name, "histogram", self._meaning, samples)

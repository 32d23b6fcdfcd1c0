"""One statistic with what it takes to read it: its interval, its n, its method and its cautions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from trifold.codes import Code


@dataclass(frozen=True)
class Estimate:
    """A statistic and its interval; never a bare number.

    Attributes:
        estimate: NaN where it is undefined; then a code of ``flags`` says why.
        low, high: ends of the interval; NaN where there is none.
        n: people behind it (or what ``method`` says).
        method: of the estimate and of its interval, in words that a manual prints.
        source: who published the formula, with the year.
        coverage: nominal, of the interval.
        flags: what to know before reading it.
    """

    estimate: float
    low: float
    high: float
    n: int
    method: str
    source: str = ""
    coverage: float = 0.95
    flags: tuple[Code, ...] = ()

    def flagged(self, *codes: Code) -> Estimate:
        """The same with more codes, each once, in their order of arrival."""
        return replace(self, flags=tuple(dict.fromkeys((*self.flags, *codes))))

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        numbers = {name: getattr(self, name) for name in ("estimate", "low", "high")}
        return {
            **{name: value if math.isfinite(value) else None for name, value in numbers.items()},
            "coverage": self.coverage,
            "n": self.n,
            "method": self.method,
            "source": self.source,
            "flags": [str(code) for code in self.flags],
        }


def undefined(n: int, method: str, *codes: Code, source: str = "") -> Estimate:
    """What cannot be computed, and the codes that say why."""
    return Estimate(math.nan, math.nan, math.nan, n, method, source, flags=codes)

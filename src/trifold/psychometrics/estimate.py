"""One statistic with what it takes to read it: its interval, its n, its method and its cautions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from trifold.codes import Code

NO_WIDTH = 1e-9  # of an interval, over its ends: below it is rounding


@dataclass(frozen=True)
class Estimate:
    """A statistic and its interval; never a bare number.

    An interval without width would say that other people could not have given another value, which
    no sample shows: it comes from data without spread, as where two raters give the same. There is
    then none, and ``NO_INTERVAL`` says so.

    Attributes:
        estimate: NaN where it is undefined; then a code of ``flags`` says why.
        low, high: ends of the interval; NaN where there is none.
        n: people behind it (or what ``method`` says).
        method: of the estimate and of its interval, in words that a manual prints.
        source: who published the formula, with the year.
        coverage: nominal, of the interval.
        flags: what to know before reading it.
        counted: the value is a number of things, such as answers, whose ends may be the same.
    """

    estimate: float
    low: float
    high: float
    n: int
    method: str
    source: str = ""
    coverage: float = 0.95
    flags: tuple[Code, ...] = ()
    counted: bool = False

    def __post_init__(self) -> None:
        """Leave out an interval without width."""
        size = max(abs(self.low), abs(self.high))
        finite = math.isfinite(size)  # there are none of what is undefined
        if finite and not self.counted and self.high - self.low <= NO_WIDTH * size:
            object.__setattr__(self, "low", math.nan)
            object.__setattr__(self, "high", math.nan)
            object.__setattr__(self, "flags", _once(*self.flags, Code.NO_INTERVAL))

    def flagged(self, *codes: Code) -> Estimate:
        """The same with more codes, each once, in their order of arrival."""
        return replace(self, flags=_once(*self.flags, *codes))

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


def _once(*codes: Code) -> tuple[Code, ...]:
    return tuple(dict.fromkeys(codes))


def undefined(n: int, method: str, *codes: Code, source: str = "") -> Estimate:
    """What cannot be computed, and the codes that say why."""
    return Estimate(math.nan, math.nan, math.nan, n, method, source, flags=codes)

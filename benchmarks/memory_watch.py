"""Memory of processes over time: who grows, who does not, and of whom it cannot be told yet."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import psutil
from scipy import stats

MIB = 1 << 20
WARM = 1 / 3  # of a run, in which caches and pools of memory fill
ENOUGH_S = 300.0  # after that; what grows in less may be filling still
BLOCKS = 10  # means of so many stretches are fitted, as neighbours in time are alike
MAY_GROW = 0.02  # of its memory in an hour: what is below that is flat
FLAT, GROWS, UNKNOWN = "flat", "grows", "cannot tell: run longer"


@dataclass(frozen=True)
class Slope:
    """How the memory of one process moves.

    Attributes:
        watched_s: how long, once it was warm.
        mib: in the mean of that time.
        mib_h: slope in MiB an hour.
        low, high: its 95 % interval.
    """

    watched_s: float
    mib: float
    mib_h: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Flat, grows, or too short a run to tell."""
        if self.watched_s < ENOUGH_S:
            return UNKNOWN
        if self.high < MAY_GROW * self.mib:
            return FLAT
        return GROWS if self.low > 0 else UNKNOWN


def slope_of(seconds: Iterable[float], mib: Iterable[float]) -> Slope | None:
    """Least squares over means of blocks, without the first third; None of too few looks.

    Args:
        seconds: when it was looked, in order ``(N,)``.
        mib: what it was then ``(N,)``.
    """
    at, size = np.array(list(seconds)), np.array(list(mib))
    warm = at >= at[0] + WARM * (at[-1] - at[0]) if at.size else np.zeros(0, bool)
    at, size = at[warm], size[warm]
    if at.size < 2 * BLOCKS:
        return None
    hours = [block.mean() / 3600 for block in np.array_split(at, BLOCKS)]
    if np.ptp(size) == 0:  # as it is of a process that does nothing, and no regression likes
        return Slope(at[-1] - at[0], float(size[0]), 0.0, 0.0, 0.0)
    fit = stats.linregress(hours, [block.mean() for block in np.array_split(size, BLOCKS)])
    half = stats.t.ppf(0.975, BLOCKS - 2) * fit.stderr
    mean = float(size.mean())
    return Slope(at[-1] - at[0], mean, fit.slope, fit.slope - half, fit.slope + half)


@dataclass
class MemoryWatch:
    """Looks at the memory of processes in a thread of its own, as a context.

    Attributes:
        tops: gives the processes whose children are looked at as well, by name.
        every_s: between two looks.
        seen: process to when it was looked at, in seconds, and its resident memory in MiB.
    """

    tops: Callable[[], dict[str, int]]
    every_s: float = 10.0
    seen: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def __enter__(self) -> MemoryWatch:
        """Begin to look."""
        self._began_s, self._stop = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def slopes(self) -> dict[str, Slope | None]:
        """Process to how its memory moved; None where it was not there long enough.

        Of those that were there at the first look: a decoder comes and goes with its file.
        """
        first_s = min((looks[0][0] for looks in self.seen.values()), default=0.0)
        lasting = {name: looks for name, looks in self.seen.items() if looks[0][0] == first_s}
        return {name: slope_of(*zip(*looks, strict=True)) for name, looks in lasting.items()}

    def _watch(self) -> None:
        while True:
            at_s = time.monotonic() - self._began_s
            for name, mib in sizes(self.tops()).items():
                self.seen[name].append((at_s, mib))
            if self._stop.wait(self.every_s):
                return


def sizes(tops: dict[str, int]) -> dict[str, float]:
    """Resident memory in MiB of processes and their children, which are named after them."""
    found = {}
    for name, pid in tops.items():
        with suppress(psutil.NoSuchProcess):
            top = psutil.Process(pid)
            found[name] = top.memory_info().rss / MIB
            for child in top.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    kind = "Java" if child.name() == "java" else "child"
                    found[f"{kind} {child.pid}"] = child.memory_info().rss / MIB
    return found

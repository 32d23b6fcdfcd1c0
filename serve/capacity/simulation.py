"""A day of arrivals, and how long each waits: a simulation that makes no approximation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapreplace

import numpy as np
from numpy.typing import NDArray

HOUR_S = 3600.0
Seconds = NDArray[np.float64]


@dataclass(frozen=True)
class Waits:
    """What became of arrivals.

    Attributes:
        arrival_s: when each came, machine by machine ``(N,)``.
        start_s: when work on it began ``(N,)``.
        waiting: how many waited at its machine when it came, without itself ``(N,)``.
    """

    arrival_s: Seconds
    start_s: Seconds
    waiting: NDArray[np.int64]

    @property
    def wait_s(self) -> Seconds:
        """Seconds before work began ``(N,)``."""
        return self.start_s - self.arrival_s


def day_of_arrivals(by_hour: Sequence[float], generator: np.random.Generator) -> Seconds:
    """When somebody comes: Poisson within each hour.

    Args:
        by_hour: expected arrivals of each hour.
        generator: of all draws.

    Returns:
        Seconds since midnight, in order ``(N,)``.
    """
    counts = generator.poisson(by_hour)
    hours = np.repeat(np.arange(len(by_hour)), counts)
    return np.sort((hours + generator.random(hours.size)) * HOUR_S)


def drawn_lengths(
    mean: float, variation: float, size: int, generator: np.random.Generator
) -> Seconds:
    """Log-normal lengths with this mean and standard deviation over mean ``(size,)``."""
    spread = np.log1p(variation**2)
    return generator.lognormal(np.log(mean) - spread / 2, np.sqrt(spread), size)


def served(
    arrival_s: Seconds, work_s: Seconds, *, workers: int, machines: int = 1, watched: int = 0
) -> Waits:
    """Every arrival through a queue of its machine; machines take turns (round robin).

    Args:
        arrival_s: in order ``(N,)``.
        work_s: seconds that one worker needs for each ``(N,)``.
        workers: of one machine.
        machines: with a queue each; with one, all workers share a queue.
        watched: machines that are simulated, as all are alike; all by default.
    """
    found = []
    for machine in range(min(watched or machines, machines)):
        own_s = arrival_s[machine::machines]
        start_s = np.array(_starts(own_s, work_s[machine::machines], workers))
        # starts are in order too, so those that began by then are counted at once
        begun = np.searchsorted(start_s, own_s, side="right")
        found.append((own_s, start_s, np.maximum(np.arange(len(begun)) - begun, 0)))
    return Waits(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _starts(arrival_s: Seconds, work_s: Seconds, workers: int) -> list[float]:
    """When work on each begins: as soon as one of the workers is free (Kiefer and Wolfowitz)."""
    free_s, starts = [0.0] * workers, []
    for came_s, takes_s in zip(arrival_s.tolist(), work_s.tolist(), strict=True):
        start_s = max(came_s, free_s[0])
        heapreplace(free_s, start_s + takes_s)
        starts.append(start_s)
    return starts

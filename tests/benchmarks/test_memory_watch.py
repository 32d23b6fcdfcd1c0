"""The verdict on memory: a leak is found, noise is not called one, and too short a look is said."""

from __future__ import annotations

import os
import time
from mmap import mmap
from pathlib import Path

import numpy as np
import pytest

from benchmarks.memory_watch import FLAT, GROWS, UNKNOWN, MemoryWatch, sizes, slope_of

HALF_MIB = 1 << 19
HALF_HOUR = np.arange(0.0, 1800.0, 10.0)


def memory(generator: np.random.Generator, growth_mib_h: float = 0.0) -> np.ndarray:
    """A worker of a gibibyte: it warms up, and its memory wanders by some MiB."""
    noise = np.zeros(HALF_HOUR.size)
    for i in range(1, HALF_HOUR.size):  # neighbours are alike, as in a real process
        noise[i] = 0.5 * noise[i - 1] + generator.normal(0, 1.0)
    warm = 200 * np.exp(-HALF_HOUR / 60)
    return 1024 - warm + noise + growth_mib_h * HALF_HOUR / 3600


def test_memory_that_wanders_is_flat_and_a_leak_grows() -> None:
    generator = np.random.default_rng(0)
    flat = [slope_of(HALF_HOUR, memory(generator)).verdict for _ in range(200)]
    assert flat.count(GROWS) <= 2
    assert flat.count(FLAT) >= 180
    leaks = [slope_of(HALF_HOUR, memory(generator, 60)).verdict for _ in range(200)]
    assert leaks.count(GROWS) >= 198


def test_the_interval_holds_the_true_slope() -> None:
    generator = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        slope = slope_of(HALF_HOUR, memory(generator, 30))
        held += slope.low <= 30 <= slope.high
    assert held / 400 > 0.88


def test_a_short_run_does_not_tell() -> None:
    generator = np.random.default_rng(2)
    few = HALF_HOUR[:40] / 10  # 40 s
    assert slope_of(few, generator.normal(1024, 3, 40)).verdict == UNKNOWN
    assert slope_of(few[:15], np.ones(15)) is None
    assert slope_of([], []) is None


def test_what_does_not_move_is_flat() -> None:
    slope = slope_of(HALF_HOUR, np.full(HALF_HOUR.size, 12.0))
    assert (slope.mib_h, slope.low, slope.high, slope.verdict) == (0, 0, 0, FLAT)


def test_a_process_that_takes_memory_is_seen_to_grow() -> None:
    held = []
    with MemoryWatch(lambda: {"self": os.getpid()}, every_s=0.01) as watch:
        while len(watch.seen["self"]) < 60:
            held.append(mmap(-1, HALF_MIB))  # pages of its own: no freed memory serves
            held[-1].write(bytes(HALF_MIB))
            time.sleep(0.01)
    slope = watch.slopes()["self"]
    assert slope.low > 0
    assert slope.verdict == UNKNOWN  # it is watched for a second or two


def test_a_process_that_is_gone_is_left_out() -> None:
    assert sizes({"gone": 2**22 - 1}) == {}
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    mib = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    assert sizes({"self": os.getpid()})["self"] == pytest.approx(mib, rel=0.2)

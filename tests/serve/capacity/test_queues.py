"""The simulated queue against theory, and theory against itself and published values."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trifold.serve.capacity.queues import erlang_c, mean_wait_s, workers_for
from trifold.serve.capacity.simulation import HOUR_S, day_of_arrivals, drawn_lengths, served

MANY = 200_000


def stream(load: float, variation: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Arrivals and work of 1 s in the mean that bring so many erlangs."""
    generator = np.random.default_rng(seed)
    arrival_s = np.cumsum(generator.exponential(1 / load, MANY))
    if variation == 1:
        return arrival_s, generator.exponential(1.0, MANY)
    return arrival_s, drawn_lengths(1.0, variation, MANY, generator)


def later(values: np.ndarray) -> np.ndarray:
    """Without the first, who find an empty system."""
    return values[MANY // 20 :]


@pytest.mark.parametrize(
    ("load", "workers", "share"), [(1, 2, 1 / 3), (0.5, 1, 0.5), (8, 10, 0.409)]
)
def test_erlang_c_is_that_of_the_tables(load: float, workers: int, share: float) -> None:
    assert erlang_c(load, workers) == pytest.approx(share, abs=5e-4)


def test_erlang_c_stays_a_share_in_large_systems() -> None:
    # Erlang's sum over states, from the Poisson distribution
    for load, workers in ((6000.0, 6100), (50.0, 51), (900.0, 1000)):
        tail = stats.poisson.pmf(workers, load) * workers / (workers - load)
        expected = tail / (tail + stats.poisson.cdf(workers - 1, load))
        assert erlang_c(load, workers) == pytest.approx(expected, rel=1e-6)
    assert erlang_c(10, 10) == erlang_c(11, 10) == 1


@pytest.mark.parametrize(("load", "workers"), [(0.7, 1), (3.2, 4), (14.0, 16)])
def test_exponential_work_waits_as_erlang_says(load: float, workers: int) -> None:
    waits = served(*stream(load, 1), workers=workers)
    assert (later(waits.wait_s) > 0).mean() == pytest.approx(erlang_c(load, workers), rel=0.04)
    expected_s = mean_wait_s(load, workers, work_s=1.0)
    assert later(waits.wait_s).mean() == pytest.approx(expected_s, rel=0.06)


@pytest.mark.parametrize("variation", [0.0, 0.5, 1.5])
def test_one_worker_waits_as_pollaczek_and_khinchine_say(variation: float) -> None:
    waits = served(*stream(0.6, variation), workers=1)
    expected_s = 0.6 * (1 + variation**2) / (2 * (1 - 0.6))
    assert mean_wait_s(0.6, 1, work_s=1.0, variation=variation) == pytest.approx(expected_s)
    assert later(waits.wait_s).mean() == pytest.approx(expected_s, rel=0.06)


def test_the_approximation_for_many_workers_is_near() -> None:
    waits = served(*stream(7.0, 0.5), workers=8)
    expected_s = mean_wait_s(7.0, 8, work_s=1.0, variation=0.5)
    assert later(waits.wait_s).mean() == pytest.approx(expected_s, rel=0.1)


def test_who_comes_finds_as_many_waiting_as_little_says() -> None:
    waits = served(*stream(3.2, 0.5), workers=4)  # Poisson arrivals see averages over time
    assert later(waits.waiting).mean() == pytest.approx(3.2 * later(waits.wait_s).mean(), rel=0.1)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=30),
    st.integers(1, 4),
    st.integers(1, 3),
)
def test_the_queue_is_that_of_a_clock_that_ticks(jobs, workers: int, machines: int) -> None:
    jobs = sorted(jobs, key=lambda job: job[0])
    arrival_s, work_s = np.array(jobs, dtype=float).T
    waits = served(arrival_s, work_s, workers=workers, machines=machines)
    expected = [ticked(jobs[machine::machines], workers) for machine in range(machines)]
    assert waits.start_s.tolist() == [start for one in expected for start in one]
    first = served(arrival_s, work_s, workers=workers, machines=machines, watched=1)
    assert first.start_s.tolist() == expected[0]


def ticked(jobs: list[tuple[int, int]], workers: int) -> list[int]:
    """Starts by a clock: at every tick who is done leaves, and who is first begins."""
    waiting, busy, starts, now = list(jobs), list[int](), list[int](), 0
    while waiting:
        while busy and busy[0] <= now:
            heappop(busy)
        while waiting and waiting[0][0] <= now and len(busy) < workers:
            starts.append(now)
            if takes := waiting.pop(0)[1]:
                heappush(busy, now + takes)
        now += 1
    return starts


def test_machines_with_queues_of_their_own_make_people_wait_longer() -> None:
    arrivals = stream(26.0, 0.5)
    pooled = served(*arrivals, workers=32).wait_s
    apart = served(*arrivals, workers=8, machines=4).wait_s
    assert later(apart).mean() > 2 * later(pooled).mean()


def test_a_day_has_its_hours_and_lengths_their_moments() -> None:
    generator = np.random.default_rng(0)
    by_hour = [0.0, 4000.0, *[100.0] * 22]
    counts, _ = np.histogram(day_of_arrivals(by_hour, generator), bins=24, range=(0, 24 * HOUR_S))
    assert counts[0] == 0
    np.testing.assert_allclose(counts, by_hour, atol=5 * np.sqrt(4000))
    lengths = drawn_lengths(15.0, 0.5, MANY, generator)
    assert lengths.mean() == pytest.approx(15, rel=0.01)
    assert lengths.std() / lengths.mean() == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("load", [0.3, 7.7, 140.0])
def test_workers_are_enough_and_one_less_is_not(load: float) -> None:
    workers = workers_for(load, wait_s=1.0, work_s=60.0, variation=0.5)
    waits_s = [mean_wait_s(load, n, work_s=60.0, variation=0.5) for n in (workers - 1, workers)]
    assert waits_s[0] > 1 >= waits_s[1]

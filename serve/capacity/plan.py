"""How many machines a demand needs, found by simulating its busiest day."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from trifold.errors import InputError
from trifold.serve.capacity.demand import Demand, Machine, Work
from trifold.serve.capacity.queues import mean_wait_s
from trifold.serve.capacity.simulation import (
    HOUR_S,
    Seconds,
    day_of_arrivals,
    drawn_lengths,
    served,
)

WATCHED, MOST_DAYS = 100_000, 50  # interviews whose waits are simulated; days drawn at most
TOO_MANY = 10_000_000  # interviews of a day, for the memory that they take
Day = tuple[Seconds, Seconds]  # when each came, and seconds of work on it


@dataclass(frozen=True)
class Hour:
    """How long the interviews of one hour wait.

    Attributes:
        hour: of the day.
        arrivals: expected.
        wait_s: median, 95th and 99th percentile before work begins.
        waiting: at one machine, 99th percentile of what somebody who comes finds there.
    """

    hour: int
    arrivals: float
    wait_s: tuple[float, float, float]
    waiting: int


@dataclass(frozen=True)
class Plan:
    """What a demand needs.

    Attributes:
        demand, work, machine: what was asked.
        machines: that do the work, without the spare ones.
        service_s: mean seconds of one worker for an interview.
        worst: hour of the busiest day in which interviews wait longest.
        load: erlangs of that hour: workers that would be busy in the mean.
        theory_s: mean wait of that hour where all workers shared one queue and it went on for ever.
    """

    demand: Demand
    work: Work
    machine: Machine
    machines: int
    service_s: float
    worst: Hour
    load: float
    theory_s: float

    @property
    def bought(self) -> int:
        """Machines that work, and those that stand by."""
        return self.machines + self.machine.spare

    @property
    def busy(self) -> float:
        """Share of the workers that are busy in that hour; above 1 its queue grows."""
        return self.load / (self.machines * self.machine.workers)

    @property
    def core_hours(self) -> float:
        """Of work, on a usual day."""
        return self.demand.interviews * self.service_s / HOUR_S

    @property
    def used(self) -> float:
        """Share of all core-hours that are bought which are work, on a usual day."""
        return self.core_hours / (24 * self.machine.cores * self.bought)


def planned(demand: Demand, work: Work, machine: Machine, *, seed: int = 0) -> Plan:
    """The fewest machines with which 95 % of each hour's interviews begin in time.

    Args:
        demand: what comes.
        work: what it takes.
        machine: what is bought.
        seed: of the days that are drawn.

    Raises:
        InputError: for a demand of none, or of more than can be simulated, or no work.
    """
    by_hour = demand.by_hour()
    if not 1 <= sum(by_hour) <= TOO_MANY:
        got = f"{sum(by_hour):g}"
        raise InputError(expected=f"1 to {TOO_MANY} interviews on the busiest day", got=got)
    request_s, minute_s = work.of(demand)
    if not request_s + minute_s:
        where = "request_s, minute_s"
        raise InputError(expected="seconds of work above 0", got="none", where=where)
    days = _days(demand, by_hour, request_s, minute_s, np.random.default_rng(seed))
    service_s = request_s + demand.minutes * minute_s

    def worst(machines: int) -> Hour:
        return _worst_hour(days, by_hour, machine.workers, machines)

    mean_load = sum(by_hour) * service_s / (len(by_hour) * HOUR_S)
    machines = fewest(
        lambda count: worst(count).wait_s[1] <= machine.wait_s,
        first=max(1, math.floor(mean_load / machine.workers)),
    )
    hour = worst(machines)
    load = hour.arrivals * service_s / HOUR_S
    variation = demand.spread * demand.minutes * minute_s / service_s
    return Plan(
        demand,
        work,
        machine,
        machines,
        service_s,
        hour,
        load,
        mean_wait_s(load, machines * machine.workers, work_s=service_s, variation=variation),
    )


def fewest(enough: Callable[[int], bool], *, first: int) -> int:
    """The least number that is enough, where all above it are too.

    Args:
        enough: told of a number.
        first: that is tried; the answer is not below it.
    """
    low, high, step = first - 1, first, max(1, first // 16)
    while not enough(high):
        low, high, step = high, high + step, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _days(
    demand: Demand,
    by_hour: Sequence[float],
    request_s: float,
    minute_s: float,
    generator: np.random.Generator,
) -> list[Day]:
    """Some busiest days; more of them where few interviews come."""
    days = []
    for _ in range(min(MOST_DAYS, math.ceil(WATCHED / sum(by_hour)))):
        arrival_s = day_of_arrivals(by_hour, generator)
        minutes = drawn_lengths(demand.minutes, demand.spread, arrival_s.size, generator)
        days.append((arrival_s, request_s + minute_s * minutes))
    return days


def _worst_hour(days: Sequence[Day], by_hour: Sequence[float], workers: int, machines: int) -> Hour:
    """The hour whose 95th percentile of waiting is highest, of all drawn days together."""
    watched = math.ceil(WATCHED * machines / sum(by_hour))
    waits = [served(*day, workers=workers, machines=machines, watched=watched) for day in days]
    hours = np.concatenate([one.arrival_s // HOUR_S for one in waits]).astype(int)
    wait_s = np.concatenate([one.wait_s for one in waits])
    waiting = np.concatenate([one.waiting for one in waits])
    found = []
    for hour in np.unique(hours).tolist():
        median_s, high_s, highest_s = np.percentile(wait_s[hours == hour], (50, 95, 99)).tolist()
        most = math.ceil(np.percentile(waiting[hours == hour], 99))
        found.append(Hour(hour, by_hour[hour], (median_s, high_s, highest_s), most))
    return max(found, key=lambda hour: (hour.wait_s[1], hour.arrivals))

"""What queueing theory says of a queue in front of equal workers.

Arrivals are Poisson, whoever came first is served first, and nobody leaves. A load is in erlangs:
arrivals a second times seconds of work, so that many workers are busy in the mean.
"""

from __future__ import annotations

import math


def erlang_c(load: float, workers: int) -> float:
    """Share of arrivals that wait in M/M/c (A. K. Erlang, 1917).

    By the recursion of the Erlang B formula, which stays within 0 and 1 at any size.

    Args:
        load: erlangs.
        workers: of one queue.
    """
    if load >= workers:
        return 1.0
    blocked = 1.0
    for count in range(1, workers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1 - (1 - blocked) * load / workers)


def mean_wait_s(load: float, workers: int, *, work_s: float, variation: float = 1.0) -> float:
    """Mean seconds before work begins in M/G/c; infinite where more comes than can be done.

    For one worker the formula of Pollaczek (1930) and Khinchine (1932), for exponential work that
    of Erlang, and both are exact; else the approximation of Lee and Longton (1959).

    Args:
        load: erlangs.
        workers: of one queue.
        work_s: mean seconds of work.
        variation: standard deviation of the work as a share of its mean.
    """
    if load >= workers:
        return math.inf
    exponential_s = erlang_c(load, workers) * work_s / (workers - load)
    return exponential_s * (1 + variation**2) / 2


def workers_for(load: float, *, wait_s: float, work_s: float, variation: float = 1.0) -> int:
    """The fewest workers of one queue before which the mean wait is at most that long."""
    workers = math.floor(load) + 1
    while mean_wait_s(load, workers, work_s=work_s, variation=variation) > wait_s:
        workers += 1
    return workers

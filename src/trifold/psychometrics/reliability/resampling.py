"""Bootstrap intervals by person: percentile, and bias-corrected where people are few."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from trifold.contracts import Array
from trifold.psychometrics.intervals import percentile_interval

Statistic = Callable[[Array], Array]
FEW = 100  # people, below whom the percentile interval is corrected
IN_ONE_GO = 4_000_000  # indices that are held at a time


def person_interval(
    statistic: Statistic,
    people: int,
    *,
    resamples: int = 2000,
    seed: int = 0,
    coverage: float = 0.95,
) -> tuple[float, float, str]:
    """An interval from people drawn with replacement, each with all that is theirs.

    Percentile; below 100 people BCa, Efron (1987), with the acceleration from leaving people out.

    Args:
        statistic: (R, n) rows of people to (R,) values, NaN where undefined.
        people: n.
        resamples: R.
        seed: of the draws.
        coverage: of the interval.

    Returns:
        Low, high and the method in words; NaN where the statistic is never defined.
    """

    def column(rows: Array) -> Array:
        return statistic(rows)[:, None]

    return person_intervals(column, people, resamples=resamples, seed=seed, coverage=coverage)[0]


def person_intervals(
    statistic: Statistic,
    people: int,
    *,
    resamples: int = 2000,
    seed: int = 0,
    coverage: float = 0.95,
) -> list[tuple[float, float, str]]:
    """The same of S statistics at once, of which ``statistic`` gives (R, S) values."""
    generator = np.random.default_rng(seed)
    step = max(1, IN_ONE_GO // people)
    sizes = [min(step, resamples - done) for done in range(0, resamples, step)]
    values = np.concatenate(
        [statistic(generator.integers(0, people, (size, people))) for size in sizes]
    )
    words = f"bootstrap by person, {resamples} resamples, seed {seed}"
    if people >= FEW:
        low, high = percentile_interval(values, coverage=coverage)
        return [(float(a), float(b), f"percentile {words}") for a, b in zip(low, high, strict=True)]
    everybody = np.arange(people)
    point = statistic(everybody[None])[0]
    left_out = statistic(np.stack([np.delete(everybody, one) for one in everybody]))
    ends = [
        corrected_interval(one, *others, coverage=coverage)
        for one, *others in zip(values.T, point, left_out.T, strict=True)
    ]
    return [(low, high, f"BCa {words}") for low, high in ends]


def corrected_interval(
    values: Array, point: float, left_out: Array, *, coverage: float = 0.95
) -> tuple[float, float]:
    """Bias-corrected and accelerated, Efron (1987), eqs. 2.3 and 6.6; ties count half.

    Args:
        values: (R,) of resamples; those that are NaN are left out.
        point: of the sample.
        left_out: (n,) with each person left out.
        coverage: of the interval.

    Returns:
        Low and high; NaN where the point or one of ``left_out`` is undefined, or none differs.
    """
    values, spread = values[np.isfinite(values)], np.mean(left_out) - left_out
    if not len(values) or not np.isfinite([point, *left_out]).all() or not np.any(spread):
        return float("nan"), float("nan")
    below = np.mean(values < point) + np.mean(values == point) / 2
    bias = special.ndtri(np.clip(below, 0.5 / len(values), 1 - 0.5 / len(values)))
    acceleration = np.sum(spread**3) / (6 * np.sum(spread**2) ** 1.5)
    normal = bias + special.ndtri([0.5 - coverage / 2, 0.5 + coverage / 2])
    at = special.ndtr(bias + normal / (1 - acceleration * normal))
    low, high = np.quantile(values, at)
    return float(low), float(high)

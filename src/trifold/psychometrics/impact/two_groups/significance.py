"""Is a difference of two selection rates more than chance: exact tests first."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.impact.two_groups.rates import Group

FEW_PEOPLE, FEW_EXPECTED = 30, 5.0  # below them the normal approximation is not given
TIE = 1e-7  # tables whose probabilities are this near count as equally probable, as in R


@dataclass(frozen=True)
class Significance:
    """Tests of two rates.

    Attributes:
        fisher: two-sided exact p: all tables not more probable than the observed.
        mid_p: the same with equally probable tables counted half.
        z: pooled, without continuity correction; NaN where ``exact_only``.
        z_p: its two-sided p; NaN where ``exact_only``.
        exact_only: fewer than 30 people or an expected cell below 5.
    """

    fisher: float
    mid_p: float
    z: float
    z_p: float
    exact_only: bool


def significance(g: Group, h: Group) -> Significance:
    """Both exact tests, and z where the sample allows it."""
    fisher, mid_p = exact(g, h)
    total, n = g.selected + h.selected, g.n + h.n
    smallest = min(g.n, h.n) * min(total, n - total) / n
    exact_only = n < FEW_PEOPLE or smallest < FEW_EXPECTED
    z = math.nan if exact_only else pooled_z(g, h)
    z_p = math.nan if exact_only else 2 * float(stats.norm.sf(abs(z)))
    return Significance(fisher, mid_p, z, z_p, exact_only)


def exact(g: Group, h: Group) -> tuple[float, float]:
    """Fisher's two-sided p and its mid-p (Lancaster 1961; Hirji 2006); 1 where all or none pass."""
    first, table = _probabilities(g, h)
    if len(table) == 1:
        return 1.0, 1.0
    observed = table[g.selected - first]
    equal = np.abs(table - observed) <= TIE * observed
    rarer, level = float(table[(table < observed) & ~equal].sum()), float(table[equal].sum())
    return min(1.0, rarer + level), min(1.0, rarer + level / 2)


def among_all(p: float, groups: int) -> float:
    """A two-sided p of two of several groups that were chosen for their distance.

    The reference is the group of the highest rate. Of many groups with equal rates the lowest lies
    far below the highest; the studentised range says how far (Tukey 1953; Kramer 1956), and holds
    for unequal sizes too (Hayter 1984). Of two groups it is p.

    Args:
        p: of the two alone.
        groups: all that were compared, two at least.
    """
    if groups <= 2 or p >= 1:
        return p
    distance = math.sqrt(2) * float(stats.norm.isf(p / 2))
    return max(p, float(stats.studentized_range.sf(distance, groups, np.inf)))


def exact_below(g: Group, h: Group) -> tuple[float, float]:
    """One-sided p and mid-p of so few selections of g, or fewer."""
    first, table = _probabilities(g, h)
    under, level = float(table[: g.selected - first].sum()), float(table[g.selected - first])
    return min(1.0, under + level), under + level / 2


def _probabilities(g: Group, h: Group) -> tuple[int, Array]:
    """The first table's count of g, and hypergeometric probabilities of tables with these margins.

    Tables twelve standard deviations beyond the observed one, on either side, are left out:
    together they weigh less than rounding.
    """
    selected, n = g.selected + h.selected, g.n + h.n
    mean = g.n * selected / n
    sd = math.sqrt(mean * (h.n / n) * (n - selected) / max(1, n - 1))
    reach = abs(g.selected - mean) + 12 * sd + 10
    lowest = max(0, selected - h.n, math.floor(mean - reach))
    highest = min(g.n, selected, math.ceil(mean + reach))
    x = np.arange(lowest, highest, dtype=float)
    steps = np.log((g.n - x) * (selected - x) / ((x + 1) * (h.n - selected + x + 1)))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    table = np.exp(logs - logs.max())
    return lowest, table / table.sum()


def pooled_z(g: Group, h: Group) -> float:
    """Pooled z = (p_g − p_h) / √(p̄(1 − p̄)(1/n_g + 1/n_h)); NaN where all or none pass."""
    pooled = (g.selected + h.selected) / (g.n + h.n)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / g.n + 1 / h.n))
    return (g.share - h.share) / spread if spread > 0 else math.nan


@dataclass(frozen=True)
class Availability:
    """Selections against an external rate, in binomial standard deviations.

    Attributes:
        expected: n p.
        sd: √(n p (1 − p)).
        z: observed minus expected, in these.
        p: exact two-sided binomial.
    """

    expected: float
    sd: float
    z: float
    p: float


def against_availability(observed: int, *, n: int, rate: float) -> Availability:
    """The courts' rule of standard deviations (Castaneda 1977; Hazelwood 1977).

    Args:
        observed: of the group.
        n: all that were chosen.
        rate: share of the group in the labour market or population.

    Raises:
        InputError: where the rate is not between 0 and 1 or the count not in 0 to ``n``.
    """
    if not 0 < rate < 1 or not 0 <= observed <= n or n < 1:
        raise InputError(
            expected="a rate between 0 and 1 and a count within n",
            got=f"{observed} of {n} at {rate}",
        )
    expected, sd = n * rate, math.sqrt(n * rate * (1 - rate))
    p = float(stats.binomtest(observed, n, rate).pvalue)
    return Availability(expected, sd, (observed - expected) / sd, p)

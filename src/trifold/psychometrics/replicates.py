"""Statistics of people drawn anew, many draws at once: counts of people in place of their rows.

A draw with replacement is a column of counts, how often each row was drawn. A statistic that takes
(n, r) counts gives r values by sums over rows; no row is copied.

A draw also takes one of the trainings (repeats of one protocol with other seeds), each as often as
the others. So intervals hold what other people and what another training would change: they are for
one training on other people, and wider than for the mean of several. Both factors are drawn
together as by Owen (2007, the pigeonhole bootstrap); that the seed belongs to them is said by
Bouthillier et al. (2021, Accounting for variance in machine learning benchmarks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.contracts import Array

Statistic = Callable[[int, Array], Array]  # repeat and (n, r) counts to (r, Q) values
AT_ONCE = 2**20  # counts in memory at once
LEFT_OUT = 300  # groups of people that are left out in turn, to learn how bent a statistic is


@dataclass(frozen=True)
class Draws:
    """Which people are drawn; the same for everything that is compared.

    Attributes:
        person: (n,) number of the person of each row, from 0.
        resamples: R draws.
        seed: of the draws.
    """

    person: Array
    resamples: int
    seed: int = 0

    def counts(self) -> Iterator[Array]:
        """Parts of (n, R), one after the other: how often each row was drawn."""
        generator = np.random.default_rng(self.seed)
        people = int(self.person.max()) + 1 if len(self.person) else 0
        for width in _widths(self.resamples, len(self.person)):
            drawn = generator.integers(0, people, (width, people))
            flat = (drawn + people * np.arange(width)[:, None]).ravel()
            counted = np.bincount(flat, minlength=people * width).reshape(width, people)
            yield counted.astype(np.float32).T[self.person]

    def without_some(self) -> Iterator[Array]:
        """Parts of (n, G): 0 for one group of people and 1 for all others, group by group."""
        people = int(self.person.max()) + 1 if len(self.person) else 0
        groups = min(people, LEFT_OUT)
        mixed = np.random.default_rng(self.seed).permutation(people) % max(groups, 1)
        group = mixed[self.person]
        done = 0
        for width in _widths(groups, len(self.person)):
            yield (group[:, None] != np.arange(done, done + width)).astype(np.float32)
            done += width


def draws_of(
    n: int, *, resamples: int, seed: int = 0, groups: Sequence[str] | None = None
) -> Draws:
    """Draws of people.

    Args:
        n: rows.
        resamples: draws.
        seed: of the draws.
        groups: (n,) person of each row, drawn with all their rows; None where every row is another.
    """
    own = np.arange(n) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    return Draws(own, resamples, seed)


@dataclass(frozen=True)
class Replicates:
    """Q statistics of everybody, of every draw, and of everybody but a few.

    Attributes:
        each: (S, Q) of everybody, by repeat.
        drawn: (R, Q); draw r is of repeat r mod S.
        left_out: (G, Q) without each group of people, mean over repeats.
    """

    each: Array
    drawn: Array
    left_out: Array

    @property
    def point(self) -> Array:
        """(Q,) mean over repeats."""
        point: Array = self.each.mean(axis=0)
        return point

    @property
    def between(self) -> Array:
        """(Q,) standard deviation between repeats; NaN for one."""
        if len(self.each) < 2:
            return np.full(self.each.shape[1], np.nan)
        spread: Array = self.each.std(axis=0, ddof=1)
        return spread

    def but(self, change: Callable[[Array], Array]) -> Replicates:
        """Other statistics that follow from these, by a function of (…, Q)."""
        return Replicates(change(self.each), change(self.drawn), change(self.left_out))

    def columns(self, chosen: slice | Array) -> Replicates:
        """Some of the statistics."""
        return self.but(lambda values: values[:, chosen])

    def minus(self, other: Replicates) -> Replicates:
        """Difference to the same statistics of another method in the same draws.

        Repeats are paired where there are as many; else their means are compared.
        """
        paired = len(self.each) == len(other.each)
        each = (
            self.each - other.each
            if paired
            else self.each.mean(axis=0, keepdims=True) - other.each.mean(axis=0, keepdims=True)
        )
        return Replicates(each, self.drawn - other.drawn, self.left_out - other.left_out)

    def interval(self, *, coverage: float = 0.95) -> tuple[Array, Array]:
        """(Q,) lower and (Q,) upper bias-corrected and accelerated limits (BCa).

        Efron (1987), eqs 2.3 and 6.6. Bias is the share of draws below what the same repeat gives
        for everybody. NaN where nothing was drawn or a statistic is undefined.
        """
        shape = self.each.shape[1]
        low, high = np.full(shape, np.nan), np.full(shape, np.nan)
        own = self.each[np.arange(len(self.drawn)) % len(self.each)]
        bent = acceleration(self.left_out)
        for q in range(shape):
            seen = np.isfinite(self.drawn[:, q]) & np.isfinite(own[:, q])
            if np.isfinite(self.each[:, q]).all() and seen.any():
                low[q], high[q] = _limits(self.drawn[seen, q], own[seen, q], bent[q], coverage)
        return low, high


def replicate(statistic: Statistic, draws: Draws, *, repeats: int = 1) -> Replicates:
    """Compute statistics of everybody, of every draw, and of everybody but a few.

    Args:
        statistic: from the number of a repeat and (n, r) counts to (r, Q) values, NaN where one is
            undefined.
        draws: of people.
        repeats: S, of the protocol.
    """
    n = len(draws.person)
    each = np.concatenate([statistic(s, np.ones((n, 1))) for s in range(repeats)])
    empty = np.empty((0, each.shape[1]))
    drawn, done = [empty], 0
    for counts in draws.counts():
        found = np.empty((counts.shape[1], each.shape[1]))
        for s in range(min(repeats, counts.shape[1])):
            chosen = np.arange((s - done) % repeats, counts.shape[1], repeats)
            if len(chosen):
                found[chosen] = statistic(s, np.ascontiguousarray(counts[:, chosen]))
        drawn.append(found)
        done += counts.shape[1]
    left_out = [empty]
    if draws.resamples:
        left_out += [
            np.mean([statistic(s, kept) for s in range(repeats)], axis=0)
            for kept in draws.without_some()
        ]
    return Replicates(each, np.concatenate(drawn), np.concatenate(left_out))


def acceleration(left_out: Array) -> Array:
    """(Q,) a = Σd³ / 6(Σd²)^1.5 of d, mean minus value, of (G, Q) values; 0 without spread.

    Efron (1987), eq. 6.6.
    """
    seen = np.isfinite(left_out)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, left_out, 0).sum(axis=0) / count
    gap = np.where(seen, mean - left_out, 0)
    squares = (gap**2).sum(axis=0)
    spread = squares > 1e-30
    bent: Array = np.where(
        spread, (gap**3).sum(axis=0) / (6 * np.where(spread, squares, 1) ** 1.5), 0
    )
    return bent


def _limits(drawn: Array, own: Array, bent: float, coverage: float) -> tuple[float, float]:
    """BCa limits of one statistic; ends are draws."""
    same = np.isclose(drawn, own, rtol=1e-9, atol=1e-12)
    under = np.mean((drawn < own) & ~same) + 0.5 * np.mean(same)
    # kept off 0 and 1, where the correction would be infinite
    share = np.clip(under, 1 / (len(drawn) + 1), len(drawn) / (len(drawn) + 1))
    z0 = stats.norm.ppf(share)
    z = z0 + stats.norm.ppf([0.5 - coverage / 2, 0.5 + coverage / 2])
    low, high = np.quantile(drawn, stats.norm.cdf(z0 + z / (1 - bent * z)))
    return float(low), float(high)


def _widths(total: int, rows: int) -> list[int]:
    """How many columns are worked on at once."""
    width = max(1, AT_ONCE // max(rows, 1))
    return [min(width, total - done) for done in range(0, total, width)]

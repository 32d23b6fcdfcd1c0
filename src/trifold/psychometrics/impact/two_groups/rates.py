"""Selection rates of two groups: ratio, four-fifths rule, sizes, and how firmly any of it stands.

The focal group is g with s_g of n_g selected, the reference h with s_h of n_h. Rules that compare
with four fifths or ask who is ahead do so in integers: .48/.60 is four fifths exactly, and floats
say it is less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from scipy import stats

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.statistics.proportions import ratio_limits, uses_score_interval, wilson

RATIO, KATZ = "ratio of selection rates, log interval", "Katz, Baptista, Azen & Pike 1978"
SCORE, NURMINEN = "ratio of selection rates, score interval", "Miettinen & Nurminen 1985"


@dataclass(frozen=True)
class Group:
    """How many of a group were selected.

    Attributes:
        name: of the group.
        selected: s.
        n: people.
    """

    name: str
    selected: int
    n: int

    def __post_init__(self) -> None:
        """Refuse counts that cannot be.

        Raises:
            InputError: where ``selected`` does not lie in 0 to ``n`` or nobody is there.
        """
        if not 0 <= self.selected <= self.n or self.n < 1:
            raise InputError(
                expected="a group of one person or more, of whom 0 to all are selected",
                got=f"{self.selected} of {self.n}",
                where=self.name,
            )

    @property
    def share(self) -> float:
        """Selected over all."""
        return self.selected / self.n

    @property
    def rate(self) -> Estimate:
        """The same with Wilson's interval."""
        return wilson(self.selected, self.n)


def impact_ratio(g: Group, h: Group, *, coverage: float = 0.95) -> Estimate:
    """Ratio IR = p_g / p_h, with the interval of Katz et al. (1978).

    Where nobody of the focal group or everybody of either is selected, and of groups of fewer than
    five, flagged ``SMALL_CELL``, with that of Miettinen and Nurminen (1985); see
    ``proportions.ratio_limits``. Undefined where nobody of the reference is selected.
    """
    n = g.n + h.n
    if h.selected == 0:
        return undefined(n, RATIO, Code.SMALL_CELL, source=KATZ)
    low, high = ratio_limits(g.selected, g.n, h.selected, h.n, coverage=coverage)
    found = Estimate(g.share / h.share, float(low), float(high), n, RATIO, KATZ, coverage)
    if not uses_score_interval(g.selected, g.n, h.selected, h.n):
        return found
    return replace(found, method=SCORE, source=NURMINEN).flagged(Code.SMALL_CELL)


def below_four_fifths(g: Group, h: Group) -> bool:
    """5 s_g n_h < 4 s_h n_g (UGESP 1978, § 1607.4 D)."""
    return 5 * g.selected * h.n < 4 * h.selected * g.n


def persons_to_four_fifths(g: Group, h: Group) -> int:
    """More selections of g that would reach four fifths, ⌈4 s_h n_g / 5 n_h⌉ − s_g."""
    needed = -(-4 * h.selected * g.n // (5 * h.n))
    return max(0, needed - g.selected)


def shortfall(g: Group, h: Group) -> float:
    """Selections that the focal group lacks to the pooled rate of both: n_g p̄ − s_g."""
    return g.n * (g.selected + h.selected) / (g.n + h.n) - g.selected


def flips_with_one(g: Group, h: Group) -> bool:
    """Whether moving one selection from h to g puts g's rate level or ahead (UGESP Q&A 21).

    False where g is level or ahead already.
    """
    behind = g.selected * h.n < h.selected * g.n
    moved = g.selected < g.n and h.selected > 0
    return behind and moved and (g.selected + 1) * h.n >= (h.selected - 1) * g.n


def flag_gone_after(g: Group, h: Group) -> int:
    """Least selections moved from h to g after which the flag is gone; 0 without one."""
    lacking = 4 * h.selected * g.n - 5 * g.selected * h.n
    return max(0, -(-lacking // (5 * h.n + 4 * g.n)))


def odds_ratio(g: Group, h: Group, *, coverage: float = 0.95) -> Estimate:
    """Odds of selection of g over those of h, with Woolf's (1955) interval.

    Undefined, flagged ``SMALL_CELL``, where one of the four cells is empty.
    """
    method, source, n = "odds ratio with Woolf interval", "Woolf 1955", g.n + h.n
    cells = (g.selected, g.n - g.selected, h.selected, h.n - h.selected)
    if min(cells) == 0:
        return undefined(n, method, Code.SMALL_CELL, source=source)
    ratio = cells[0] * cells[3] / (cells[1] * cells[2])
    z = float(stats.norm.ppf(0.5 + coverage / 2))
    reach = math.exp(z * math.sqrt(sum(1 / cell for cell in cells)))
    return Estimate(ratio, ratio / reach, ratio * reach, n, method, source, coverage)


def cohens_h(p: float, q: float) -> float:
    """Effect size h = 2 asin √p − 2 asin √q (Cohen 1988, eq. 6.2.1)."""
    return 2 * math.asin(math.sqrt(p)) - 2 * math.asin(math.sqrt(q))


def phi(g: Group, h: Group) -> float:
    """Correlation of group and selection; NaN where all or none are selected."""
    a, b, c, d = g.selected, g.n - g.selected, h.selected, h.n - h.selected
    size = math.sqrt(float((a + b) * (c + d) * (a + c) * (b + d)))
    return (a * d - b * c) / size if size > 0 else math.nan

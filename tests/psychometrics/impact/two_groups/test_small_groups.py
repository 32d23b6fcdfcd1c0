"""Intervals of two groups at their edges: all or none selected, a few people, no spread."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.impact.two_groups.comparison import compare, short
from trifold.psychometrics.impact.two_groups.rates import Group, impact_ratio
from trifold.psychometrics.impact.two_groups.score_difference import score_difference
from trifold.psychometrics.statistics.proportions import ratio_limits


def of(selected: int, n: int) -> Group:
    return Group("g", selected, n)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [  # statsmodels, confint_proportions_2indep(compare="ratio", method="score")
        ((0, 5, 3, 5), 0, 0.99637721),
        ((0, 500, 30, 500), 0, 0.12730369),
        ((3, 5, 5, 5), 0.21831801, 1.28292601),  # it stops at .8 for the lower end, the estimate
        ((5, 5, 3, 5), 0.77946818, 4.58047416),
        # by hand: where all of both are selected, (φ − 1)(n_h) (N − 1)/N = z² at the upper end
        ((3, 3, 5, 5), 1 / (1 + 3.8414588 * 8 / 7 / 3), 1 + 3.8414588 * 8 / 7 / 5),
        ((1, 1, 1, 1), 1 / (1 + 3.8414588 * 2), 1 + 3.8414588 * 2),
    ],
)
def test_all_or_none_selected_leave_an_interval(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    found = impact_ratio(of(*counts[:2]), of(*counts[2:]))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
    assert found.flags == (Code.SMALL_CELL,)
    assert "score interval" in found.method


def test_three_of_three_are_too_few_to_tell() -> None:
    """The log interval would be 1 to 1, and nothing could be told from chance."""
    assert compare(of(3, 3), of(5, 5)).verdict.endswith(": too few to tell.")


@pytest.mark.parametrize(
    ("sizes", "rates", "least"),
    [((15, 15), (0.8, 1.0), 0.94), ((3, 200), (0.3, 0.3), 0.94), ((20, 20), (0.95, 0.95), 0.94)],
)
def test_intervals_of_ratios_cover_at_the_edges(
    sizes: tuple[int, int], rates: tuple[float, float], least: float
) -> None:
    """The log interval covers .83 and .85 of the first two, and 12 % of the third lack width."""
    generator = np.random.default_rng(0)
    g, h = (generator.binomial(n, p, 2000) for n, p in zip(sizes, rates, strict=True))
    low, high = ratio_limits(g, sizes[0], h, sizes[1])
    told, truth = h > 0, rates[0] / rates[1]
    assert np.mean(((low <= truth) & (truth <= high))[told]) >= least
    assert (high > low)[told].all()


def test_score_differences_have_their_sign_and_interval() -> None:
    generator = np.random.default_rng(0)
    a, b = generator.normal(-0.5, 1, 400), generator.normal(0, 1, 600)
    d = score_difference(a, b)
    assert d.low < -0.5 < d.high < 0
    assert score_difference(b, a).estimate == pytest.approx(-d.estimate)
    assert score_difference(3 * a + 1, 3 * b + 1).estimate == pytest.approx(d.estimate)
    assert score_difference(a[:1], b).flags == (Code.TOO_FEW_PERSONS,)


@pytest.mark.parametrize("values", [(1.0, 1.0), (3.3, 3.3), (0.1, 0.3)])
def test_equal_scores_have_no_difference_in_sd(values: tuple[float, float]) -> None:
    """Means of 3.3 and .1 err by rounding, which as an SD made d of 1.3 and of −10¹⁶."""
    found = score_difference(np.full(11, values[0]), np.full(13, values[1]))
    assert math.isnan(found.estimate)
    assert found.flags == (Code.NO_VARIANCE,)


def test_infinite_scores_are_refused() -> None:
    with pytest.raises(InputError, match="finite scores"):
        score_difference(np.array([1.0, np.inf]), np.array([1.0, 2.0]))


def test_few_people_have_the_exact_interval_of_d() -> None:
    a, b = np.array([1.0, 2, 3]), np.array([3.0, 4, 6])
    d, root = score_difference(a, b), math.sqrt(9 / 6)
    tails = [stats.nct.cdf(d.estimate * root, 4, end * root) for end in (d.low, d.high)]
    assert tails == pytest.approx([0.975, 0.025], abs=1e-6)
    generator = np.random.default_rng(1)
    held = [
        one.low <= -0.5 <= one.high
        for one in (
            score_difference(generator.normal(-0.5, 1, 2), generator.normal(0, 1, 2))
            for _ in range(1000)
        )
    ]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)  # Hedges and Olkin's covers .88


def test_ratios_are_printed_shortly() -> None:
    values = (0.6667, 0.0812, 5.58, 1.0201, 0.0091, 23.4, 0.0001, 0.0)
    assert [short(v) for v in values] == [".67", ".08", "5.6", "1.02", ".009", "23", "< .001", "0"]

"""The reference is the highest of several groups, and chance makes a highest one too."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from trifold.psychometrics.impact.two_groups.chance import false_flags, flagged_among
from trifold.psychometrics.impact.two_groups.comparison import compare
from trifold.psychometrics.impact.two_groups.rates import Group, below_four_fifths
from trifold.psychometrics.impact.two_groups.significance import among_all, exact

SIZES = (100, 100, 100, 100, 100)


def drawn(generator: np.random.Generator, rate: float = 0.3) -> list[Group]:
    selected = generator.binomial(SIZES, rate)
    return [Group(str(i), int(s), n) for i, (s, n) in enumerate(zip(selected, SIZES, strict=True))]


def test_of_two_groups_nothing_changes() -> None:
    assert among_all(0.03, 2) == 0.03
    assert flagged_among(50, [80], rate=0.3) == false_flags(50, 80, rate=0.3).focal


def test_the_studentised_range_is_that_of_the_tables() -> None:
    """Q of .05 with infinite degrees of freedom: 3.31 of three groups, 3.86 of five."""
    for groups, q in ((3, 3.314), (5, 3.858)):
        alone = 2 * float(stats.norm.sf(q / np.sqrt(2)))
        assert among_all(alone, groups) == pytest.approx(0.05, abs=2e-4)


def test_five_equal_groups_are_rarely_said_to_differ() -> None:
    generator = np.random.default_rng(0)
    alone = corrected = flags = 0
    for _ in range(300):
        groups = drawn(generator)
        best = max(groups, key=lambda g: g.share)
        ps = [exact(g, best)[1] for g in groups if g is not best]
        alone += min(ps) < 0.05
        corrected += among_all(min(ps), 5) < 0.05
        flags += groups[0] is not best and below_four_fifths(groups[0], best)
    assert alone / 300 > 0.15
    assert corrected / 300 < 0.09
    assert flags / 300 == pytest.approx(flagged_among(100, SIZES[1:], rate=0.3), abs=0.09)


def test_what_is_said_is_no_stronger_than_the_corrected_test() -> None:
    low, high = Group("a", 20, 100), Group("b", 34, 100)
    others = [Group("c", 30, 100), Group("d", 28, 100)]
    assert "adverse impact is indicated" in compare(low, high).verdict
    found = compare(low, high, others)
    assert found.tests.mid_p < 0.05 < found.p_among_all
    assert found.groups == 4
    assert (
        "significant by itself (mid-p .03) but not for the highest of 4 groups (.1" in found.verdict
    )
    assert found.verdict.endswith("adverse impact is possible and not shown; look for its cause.")

"""Two groups' selection: published examples, exact tests, and what holds whatever the counts."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.impact.two_groups.chance import false_flags, people_at_four_fifths
from trifold.psychometrics.impact.two_groups.comparison import compare
from trifold.psychometrics.impact.two_groups.rates import (
    Group,
    below_four_fifths,
    flag_gone_after,
    flips_with_one,
    impact_ratio,
    odds_ratio,
    persons_to_four_fifths,
    shortfall,
)
from trifold.psychometrics.impact.two_groups.significance import (
    against_availability,
    exact,
    exact_below,
    pooled_z,
    significance,
)
from trifold.psychometrics.impact.two_groups.stratified import stratified

FEW = settings(max_examples=40, deadline=None)
# Berkeley admissions 1973: men admitted, rejected, women admitted, rejected
UCB = [
    (512, 313, 89, 19), (353, 207, 17, 8), (120, 205, 202, 391),
    (138, 279, 131, 244), (53, 138, 94, 299), (22, 351, 24, 317),
]  # fmt: skip


def of(selected: int, n: int, name: str = "g") -> Group:
    return Group(name, selected, n)


@st.composite
def groups(draw: st.DrawFn) -> Group:
    n = draw(st.integers(1, 40))
    return of(draw(st.integers(0, n)), n)


def test_question_11_compares_in_integers() -> None:
    best = of(60, 100)
    assert below_four_fifths(of(45, 100), best)
    assert not below_four_fifths(of(48, 100), best)  # .48/.60 is .8 exactly; floats say less
    assert not below_four_fifths(of(51, 100), best)
    ratios = [impact_ratio(of(s, 100), best).estimate for s in (45, 48, 51)]
    assert ratios == pytest.approx([0.75, 0.80, 0.85])


def test_question_21_flips_with_one() -> None:
    men, women = of(3, 20, "men"), of(1, 10, "women")
    found = compare(women, men)
    assert found.ratio.estimate == pytest.approx(0.6667, abs=5e-5)
    assert found.below_four_fifths
    assert found.tests.fisher == pytest.approx(1.0)
    assert found.tests.mid_p == pytest.approx(0.79201, abs=5e-6)
    assert pooled_z(women, men) == pytest.approx(-0.3798, abs=5e-5)
    assert found.shortfall == pytest.approx(0.333, abs=5e-4)
    assert found.persons_to_four_fifths == 1
    assert found.flips_with_one
    assert Code.FLIPS_WITH_ONE in found.flags
    assert math.isnan(found.tests.z)  # expected cells below 5: exact tests alone
    for part in (
        "ratio .67 (.08 to 5.6), below four-fifths", "not significant (mid-p .79)",
        "one selection flips it", "1 person short of four fifths", "too few to tell.",
    ):  # fmt: skip
        assert part in found.verdict


def test_two_large_groups() -> None:
    g, h = of(170, 390), of(412, 797)
    found = compare(g, h)
    ratio = found.ratio
    assert (ratio.estimate, ratio.low, ratio.high) == pytest.approx(
        (0.8432, 0.7394, 0.9616), abs=5e-5
    )
    assert found.tests.z == pytest.approx(-2.6233, abs=5e-5)
    assert found.tests.z_p == pytest.approx(0.008707, abs=5e-7)
    assert found.tests.fisher == pytest.approx(0.00943, abs=5e-6)
    assert found.tests.mid_p == pytest.approx(0.00864, abs=5e-6)
    assert found.shortfall == pytest.approx(21.222, abs=5e-4)
    assert found.h == pytest.approx(-0.1624, abs=5e-5)
    assert found.odds.estimate == pytest.approx(0.7221, abs=5e-5)
    assert "differ" in found.verdict


def test_two_small_groups_and_the_tea() -> None:
    g, h = of(3, 17), of(16, 64)
    assert impact_ratio(g, h).estimate == pytest.approx(0.7059, abs=5e-5)
    assert pooled_z(g, h) == pytest.approx(-0.6360, abs=5e-5)
    assert 2 * stats.norm.sf(abs(pooled_z(g, h))) == pytest.approx(0.52479, abs=5e-6)
    assert exact(g, h)[0] == pytest.approx(0.74929, abs=5e-6)
    tea = of(1, 4), of(3, 4)
    assert exact(*tea) == pytest.approx((0.485714, 0.257143), abs=5e-7)
    assert exact_below(*tea)[1] == pytest.approx(0.128571, abs=5e-7)


def test_courts_count_standard_deviations() -> None:
    castaneda = against_availability(339, n=870, rate=0.791)
    assert (castaneda.expected, castaneda.sd, castaneda.z) == pytest.approx(
        (688.17, 11.993, -29.11), abs=5e-3
    )
    for rate, expected, z in ((0.154, 62.37, -6.52), (0.057, 23.09, -1.73)):
        hazelwood = against_availability(15, n=405, rate=rate)
        assert (hazelwood.expected, hazelwood.z) == pytest.approx((expected, z), abs=6e-3)
    with pytest.raises(InputError, match="a rate between 0 and 1"):
        against_availability(3, n=2, rate=0.5)


def berkeley() -> list[tuple[Group, Group]]:
    """Men as g, as R's mantelhaen.test has them."""
    return [(of(a, a + b), of(c, c + d)) for a, b, c, d in UCB]


def test_berkeley_by_department() -> None:
    found = stratified(berkeley())
    ratio = found.odds_ratio
    assert (ratio.estimate, ratio.low, ratio.high) == pytest.approx(
        (0.904697, 0.771907, 1.060330), abs=5e-7
    )
    assert (found.chi2, found.chi2_corrected) == pytest.approx((1.524607, 1.426946), abs=5e-7)
    assert (found.breslow_day, found.breslow_day_df) == (pytest.approx(18.8255, abs=5e-5), 5)
    assert found.ets_delta == pytest.approx(0.23537, abs=6e-6)


def test_berkeley_may_not_be_pooled() -> None:
    found = stratified([(h, g) for g, h in berkeley()])
    women = of(sum(h.selected for _, h in berkeley()), sum(h.n for _, h in berkeley()))
    men = of(sum(g.selected for g, _ in berkeley()), sum(g.n for g, _ in berkeley()))
    assert impact_ratio(women, men).estimate == pytest.approx(0.6818, abs=5e-5)
    assert found.pooled_refused
    assert found.pooled_ratio.flags == (Code.STRATA_DIFFER,)
    assert found.as_json()["pooled_ratio"]["estimate"] is None


@FEW
@given(groups(), groups())
def test_one_stratum_is_the_plain_chi_square(g: Group, h: Group) -> None:
    table = np.array([[g.selected, g.n - g.selected], [h.selected, h.n - h.selected]])
    if (table.sum(axis=0) == 0).any():
        with pytest.raises(InputError, match="in which some are selected and some are not"):
            stratified([(g, h)])
        return
    plain = stats.chi2_contingency(table, correction=False).statistic
    n = table.sum()
    assert stratified([(g, h)]).chi2 == pytest.approx(plain * (n - 1) / n, abs=1e-9)


@FEW
@given(groups(), groups())
def test_fisher_agrees_with_scipy_and_mid_p_is_not_larger(g: Group, h: Group) -> None:
    table = [[g.selected, g.n - g.selected], [h.selected, h.n - h.selected]]
    fisher, mid_p = exact(g, h)
    assert fisher == pytest.approx(stats.fisher_exact(table).pvalue, abs=1e-9)
    assert mid_p <= fisher
    assert exact(h, g) == pytest.approx((fisher, mid_p))


@pytest.mark.parametrize("counts", [(3000, 6000, 3200, 6000), (10, 9000, 40, 9000), (0, 50, 9, 9)])
def test_fisher_agrees_with_scipy_on_large_tables(counts: tuple[int, ...]) -> None:
    g, h = of(counts[0], counts[1]), of(counts[2], counts[3])
    table = [[g.selected, g.n - g.selected], [h.selected, h.n - h.selected]]
    assert exact(g, h)[0] == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-6)


@FEW
@given(groups(), groups())
def test_swapping_groups_inverts_ratios(g: Group, h: Group) -> None:
    if g.selected and h.selected:
        one, other = impact_ratio(g, h), impact_ratio(h, g)
        assert one.estimate == pytest.approx(1 / other.estimate)
        assert one.low == pytest.approx(1 / other.high)
    assert shortfall(g, h) == pytest.approx(-shortfall(h, g), abs=1e-9)


@FEW
@given(groups(), groups())
def test_so_many_persons_and_no_fewer_reach_four_fifths(g: Group, h: Group) -> None:
    lacking, moved = persons_to_four_fifths(g, h), flag_gone_after(g, h)
    assert (lacking > 0) == below_four_fifths(g, h) == (moved > 0)
    if lacking and g.selected + lacking <= g.n:
        assert not below_four_fifths(of(g.selected + lacking, g.n), h)
        assert below_four_fifths(of(g.selected + lacking - 1, g.n), h)
    if moved and g.selected + moved <= g.n and moved <= h.selected:
        after = of(g.selected + moved, g.n), of(h.selected - moved, h.n)
        assert not below_four_fifths(*after)


@FEW
@given(groups(), groups())
def test_verdicts_never_say_that_all_is_well(g: Group, h: Group) -> None:
    found = compare(g, h)
    for word in ("no bias", "unbiased", "fair", "no adverse impact", "passes"):
        assert word not in found.verdict
    json.dumps(found.as_json(), allow_nan=False)
    assert flips_with_one(g, h) == (Code.FLIPS_WITH_ONE in found.flags)


def test_empty_cells_are_undefined_and_say_so() -> None:
    assert impact_ratio(of(0, 5), of(0, 5)).flags == (Code.SMALL_CELL,)
    assert math.isnan(odds_ratio(of(0, 5), of(3, 5)).estimate)
    assert "nobody of g was selected" in compare(of(0, 5), of(0, 5)).verdict
    assert significance(of(5, 5), of(5, 5)).fisher == 1
    with pytest.raises(InputError, match="g: expected a group of one person or more"):
        of(3, 2)


@pytest.mark.parametrize(
    ("sizes", "either", "focal"),
    [((50, 50), 46, 23), ((20, 80), 55, 29), ((100, 100), 30, 15), ((500, 500), 2, 1)],
)
def test_chances_of_a_false_flag(sizes: tuple[int, int], either: int, focal: int) -> None:
    found = false_flags(*sizes, rate=0.30)
    assert (round(100 * found.either), round(100 * found.focal)) == (either, focal)


@FEW
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 1000))
def test_false_flags_are_counted_over_all_tables(n_g: int, n_h: int, permille: int) -> None:
    rate = permille / 1000
    counted = sum(
        stats.binom.pmf(a, n_g, rate) * stats.binom.pmf(b, n_h, rate)
        for a in range(n_g + 1)
        for b in range(n_h + 1)
        if below_four_fifths(of(a, n_g), of(b, n_h))
    )
    assert false_flags(n_g, n_h, rate=rate).focal == pytest.approx(counted, abs=1e-9)


def test_people_for_a_power_of_80_at_the_line() -> None:
    found = [people_at_four_fifths(rate) for rate in (0.50, 0.30, 0.20, 0.10)]
    assert found == [388, 858, 1445, 3205]

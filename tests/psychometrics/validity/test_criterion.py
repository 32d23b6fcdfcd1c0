"""Increments, dependent correlations, corrections and what selection brings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.statistics.normal import bivariate_cdf, orthant_above
from trifold.psychometrics.validity.corrections import (
    Reliability,
    case_ii,
    for_attenuation,
    for_criterion,
    for_range_case_i,
    for_range_case_ii,
    for_range_case_iii,
    observed_correlation,
    operational_validity,
)
from trifold.psychometrics.validity.dependent_correlations import dependent_correlations
from trifold.psychometrics.validity.expectancy import expectancy_table, normal_expectancy
from trifold.psychometrics.validity.expected_impact import composite_d, expected_impact
from trifold.psychometrics.validity.incremental import incremental_validity, partial_correlation
from trifold.psychometrics.validity.lawley import correlations_of, lawley
from trifold.psychometrics.validity.utility import (
    Money,
    marginal_rate,
    mean_z_of_selected,
    taylor_russell,
    taylor_russell_several,
    utility,
)

HL = [7, 15, 19, 15, 21, 22, 57, 15, 20, 18]
DISP = [0, 0.964, 0, 0, 0.921, 0, 0, 1.006, 0, 1.011]
DEG = [9, 2, 3, 4, 1, 3, 1, 3, 6, 1]
BC = [0.0178, 1.05e-6, 1.37e-5, 0.00718, 0, 0, 0, 0.00448, 2.1e-6, 0]
FEW = settings(max_examples=30, deadline=None)


def test_partial_correlation_of_ppcor() -> None:
    held = np.column_stack([DEG, BC])
    found = partial_correlation(np.array(DISP), np.array(HL, dtype=float), held)
    assert (found.partial, found.t, found.p) == pytest.approx(
        (-0.672086, -2.223267, 0.067892), abs=5e-6
    )


def people(n: int, gain: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    base, score = generator.normal(size=(n, 2)), generator.normal(size=n)
    return score, base, base[:, 0] + gain * score + generator.normal(size=n)


def test_what_adds_something_is_told_from_what_adds_nothing() -> None:
    useful = incremental_validity(*people(300, 0.5), resamples=200)
    assert useful.adds
    assert useful.test.delta_r2 == pytest.approx(useful.r2_full - useful.r2_base)
    assert useful.test.p < 1e-6
    idle = incremental_validity(*people(300, 0.0), resamples=200)
    assert not idle.adds
    assert idle.delta_r2.low >= 0  # which is why the gain out of fold is read
    assert idle.delta_r2_out_of_fold.low < 0


def test_beta_and_f_agree_with_the_partial_correlation() -> None:
    found = incremental_validity(*people(120, 0.2), resamples=20)
    assert found.test.f == pytest.approx(found.partial.t**2)
    assert found.test.p == pytest.approx(found.partial.p)
    assert found.partial.semipartial**2 == pytest.approx(found.test.delta_r2)


def test_predictors_that_follow_from_each_other_are_refused() -> None:
    score, base, y = people(50, 0.2)
    with pytest.raises(InputError, match="do not follow from each other"):
        incremental_validity(base[:, 0], base, y)
    with pytest.raises(InputError, match="people without gaps"):
        incremental_validity(score, base, np.where(y > 0, y, np.nan))


def test_williams_t_of_psych() -> None:
    found = dependent_correlations(0.4, 0.5, 0.1, n=103)
    assert (found.t, found.p) == pytest.approx((-0.8913, 0.3749), abs=5e-5)
    assert found.difference.low < 0 < found.difference.high


@FEW
@given(st.floats(-0.7, 0.7), st.floats(-0.7, 0.7), st.floats(-0.3, 0.7))
def test_swapped_correlations_give_the_mirrored_interval(a: float, b: float, c: float) -> None:
    if 1 - a * a - b * b - c * c + 2 * a * b * c < 0.01:
        return
    one, other = (dependent_correlations(x, y, c, n=80) for x, y in ((a, b), (b, a)))
    assert one.t == pytest.approx(-other.t)
    assert one.difference.low == pytest.approx(-other.difference.high, abs=1e-9)


def test_correlations_that_cannot_occur_together_are_refused() -> None:
    with pytest.raises(InputError, match="that can occur together"):
        dependent_correlations(0.9, -0.9, 0.9, n=50)


def of(value: float, **more: bool) -> Reliability:
    return Reliability(value, "retest", "a study", **more)


def test_attenuation_of_iopsych() -> None:
    rho = (0.70, 0.64, 0.81)
    found = [
        for_attenuation(observed_correlation(r, n=100), of(rho[a]), of(rho[b])).corrected.estimate
        for r, a, b in ((0.25, 0, 1), (0.30, 0, 2), (0.50, 1, 2))
    ]
    assert found == pytest.approx((0.373509, 0.398410, 0.694444), abs=5e-7)


def test_range_restriction_case_ii() -> None:
    assert case_ii(0.33, 100.32 / 48.19) == pytest.approx(0.588423, abs=5e-7)
    line = for_range_case_ii(observed_correlation(0.30, n=100), u=1 / 0.8)
    found = (line.corrected.estimate, line.corrected.low, line.corrected.high)
    assert found == pytest.approx((0.365854, 0.137114, 0.552821), abs=2e-6)
    assert "overstated" in line.assumed[1]


@FEW
@given(st.floats(-0.95, 0.95), st.floats(0.3, 3))
def test_ranges_that_are_not_restricted_correct_nothing(r: float, other: float) -> None:
    observed = observed_correlation(r, n=50)
    assert for_range_case_ii(observed, u=1).corrected.estimate == pytest.approx(r)
    assert for_range_case_i(observed, u=1).corrected.estimate == pytest.approx(r, abs=1e-6)
    third = for_range_case_iii(observed, r_xz=0.3, r_yz=0.2, u_z=1)
    assert third.corrected.estimate == pytest.approx(r)
    assert case_ii(case_ii(r, other), 1 / other) == pytest.approx(r)


@FEW
@given(st.floats(-0.9, 0.9), st.floats(0.5, 3))
def test_lawley_with_one_selection_variable_is_case_ii(r: float, u: float) -> None:
    found = lawley(np.array([[1, r], [r, 1]]), np.array([[u * u]]))
    assert correlations_of(found)[0, 1] == pytest.approx(case_ii(r, u))


def test_lawley_with_a_third_variable_is_case_iii() -> None:
    r_xy, r_xz, r_yz, u = 0.3, 0.4, 0.2, 1.5
    matrix = np.array([[1, r_xz, r_yz], [r_xz, 1, r_xy], [r_yz, r_xy, 1]])
    line = for_range_case_iii(observed_correlation(r_xy, n=90), r_xz=r_xz, r_yz=r_yz, u_z=u)
    found = correlations_of(lawley(matrix, np.array([[u * u]])))[1, 2]
    assert found == pytest.approx(line.corrected.estimate)
    with pytest.raises(InputError, match="the first of them"):
        lawley(np.eye(2), np.eye(2))


def test_corrections_undo_the_selection_of_a_simulation() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=40_000)
    y = 0.5 * x + np.sqrt(0.75) * generator.normal(size=len(x))
    kept = x > 0.3
    r = float(np.corrcoef(x[kept], y[kept])[0, 1])
    assert case_ii(r, x.std() / x[kept].std()) == pytest.approx(0.5, abs=0.02)


def test_reliabilities_are_stated_or_refused() -> None:
    with pytest.raises(InputError, match="RELIABILITY_NOT_STATED"):
        Reliability(0.8, "retest", " ")
    with pytest.raises(InputError, match="RELIABILITY_NOT_STATED"):
        Reliability(0.8, "good", "a study")
    with pytest.raises(InputError, match="alpha, which sees no disagreement of raters"):
        Reliability(0.8, "alpha", "a study", single_rater=True)
    with pytest.raises(InputError, match="above 0, up to 1"):
        of(0.0)


def test_more_than_one_is_flagged_and_not_cut() -> None:
    line = for_criterion(observed_correlation(0.7, n=50), of(0.3))
    assert line.corrected.estimate > 1
    assert line.corrected.flags == (Code.CORRECTED_ABOVE_ONE,)
    assert line.as_json()["observed"]["estimate"] == 0.7


def test_the_criterion_is_corrected_before_the_range() -> None:
    first, second = operational_validity(observed_correlation(0.3, n=99), of(0.52), u=1.25)
    assert first.corrected == second.observed
    assert second.corrected.estimate == pytest.approx(case_ii(0.3 / np.sqrt(0.52), 1.25))


def test_expectancy_of_a_validity_of_30() -> None:
    printed = (0.332, 0.434, 0.500, 0.566, 0.668)
    assert normal_expectancy(0.3, 0.5) == pytest.approx(printed, abs=5e-4)


@FEW
@given(st.floats(-0.9, 0.9), st.floats(0.05, 0.95))
def test_expectancies_average_to_the_base_rate(r: float, base: float) -> None:
    assert normal_expectancy(r, base).mean() == pytest.approx(base, abs=1e-6)


def test_an_expectancy_table_shows_both_shares() -> None:
    generator = np.random.default_rng(0)
    score = generator.normal(size=2000)
    success = 0.5 * score + np.sqrt(0.75) * generator.normal(size=2000) > 0
    rows = expectancy_table(score, success)
    assert [row.success.n for row in rows] == [400] * 5
    assert all(row.success.low <= row.expected <= row.success.high for row in rows)
    assert len(expectancy_table(np.repeat([1.0, 2], 10), np.arange(20) % 3 == 0)) == 2
    with pytest.raises(InputError, match="some successes and some not"):
        expectancy_table(score, np.ones(2000, dtype=bool))


def test_taylor_and_russell_tables() -> None:
    rates = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
    printed = (0.88, 0.84, 0.78, 0.74, 0.70, 0.67, 0.63, 0.60, 0.57, 0.54, 0.52)
    found = [
        taylor_russell(base_rate=0.5, selection_rate=rate, r=0.5).positive_predictive_value
        for rate in rates
    ]
    assert np.round(found, 2) == pytest.approx(printed)
    third = taylor_russell(base_rate=0.30, selection_rate=0.1012, r=0.30)
    assert third.positive_predictive_value == pytest.approx(0.500, abs=5e-4)
    one = taylor_russell(base_rate=0.6, selection_rate=0.5, r=0.5)
    assert one.positive_predictive_value == pytest.approx(0.76087, abs=5e-6)


@FEW
@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_without_validity_the_base_rate_stays(base: float, rate: float) -> None:
    found = taylor_russell(base_rate=base, selection_rate=rate, r=0)
    assert found.positive_predictive_value == pytest.approx(base)
    assert found.sensitivity == pytest.approx(rate)
    assert found.specificity == pytest.approx(1 - rate)


def test_two_predictors_of_thomas_owen_and_gunst() -> None:
    matrix = np.array([[1, 0.5, 0.7], [0.5, 1, 0.7], [0.7, 0.7, 1]])
    for rate, accepted, value in ((0.354, 0.1997, 0.9722), (0.653, 0.49996, 0.8662)):
        found = taylor_russell_several(
            base_rate=0.6, selection_rates=[rate, rate], correlations=matrix
        )
        assert found.selected == pytest.approx(accepted, abs=5e-5)
        assert found.positive_predictive_value == pytest.approx(value, abs=1e-4)
    assert marginal_rate(selected=0.1997, correlations=matrix[:2, :2]) == pytest.approx(
        0.354, abs=1e-4
    )


@FEW
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-0.99, 0.99))
def test_the_bivariate_normal_agrees_with_scipy(a: float, b: float, r: float) -> None:
    law = stats.multivariate_normal(cov=[[1, r], [r, 1]], allow_singular=True)
    assert bivariate_cdf(a, b, r) == pytest.approx(float(law.cdf([a, b])), abs=1e-6)
    assert bivariate_cdf(a, b, r) == pytest.approx(bivariate_cdf(b, a, r))


def test_limits_of_the_bivariate_normal() -> None:
    assert bivariate_cdf(0.3, 1, 1) == pytest.approx(stats.norm.cdf(0.3))
    assert bivariate_cdf(0.3, -0.3, -1) == pytest.approx(0, abs=1e-12)
    with pytest.raises(InputError, match="between -1 and 1"):
        bivariate_cdf(0, 0, 1.1)
    with pytest.raises(InputError, match="a correlation matrix"):
        orthant_above(np.zeros(2), np.array([[1, 2], [2, 1]]))


def test_naylor_shine_and_brogden() -> None:
    assert mean_z_of_selected(0.60) == pytest.approx(0.643904, abs=5e-7)
    assert mean_z_of_selected(0.30) == pytest.approx(1.158975, abs=5e-7)
    unit = utility(selected=3, applied=10, r=0.5, sd_y=10_000).gain.estimate / 3
    assert unit == pytest.approx(5794.88, abs=5e-3)


def test_boudreaus_terms() -> None:
    plain = utility(selected=3, applied=10, r=0.5, sd_y=10_000)
    terms = Money(years=2, variable_cost=-0.1, tax=0.4, discount=0.1)
    found = utility(selected=3, applied=10, r=0.5, sd_y=10_000, cost=50, money=terms)
    years = 1 / 1.1 + 1 / 1.1**2
    assert found.gain.estimate == pytest.approx(plain.gain.estimate * years * 0.9 * 0.6 - 500 * 0.6)
    assert found.gain.low < found.gain.estimate < found.gain.high
    assert "saves" not in found.sentence
    with pytest.raises(InputError, match="between 0 and 10 selected"):
        utility(selected=10, applied=10, r=0.5, sd_y=1)


@pytest.mark.parametrize(
    ("d", "rate", "share", "ratio", "majority", "minority"),
    [
        (0.15, 0.25, 0.30, 0.8234, 0.2640, 0.2174),
        (0.40, 0.10, 0.15, 0.4708, 0.1086, 0.0511),
        (1.00, 0.25, 0.20, 0.2108, None, None),
    ],
)
def test_expected_impact_of_iopsych(
    d: float, rate: float, share: float, ratio: float, majority: float, minority: float
) -> None:
    found = expected_impact(d=d, selection_rate=rate, minority_share=share)
    assert found.ratio == pytest.approx(ratio, abs=5e-5)
    if majority is not None:
        assert (found.majority_rate, found.minority_rate) == pytest.approx(
            (majority, minority), abs=5e-5
        )


def test_de_cortes_composite() -> None:
    matrix = np.array(
        [[1, 0.17, 0, 0.1], [0.17, 1, 0.12, 0.16], [0, 0.12, 1, 0.47], [0.1, 0.16, 0.47, 1]]
    )
    weights, differences = np.array([0.244, 0.270, 0.039, 0.206]), np.array([1, 0.09, 0.09, 0.20])
    d = composite_d(weights, differences, matrix)
    assert d == pytest.approx(0.6433, abs=5e-5)
    found = expected_impact(d=d, selection_rate=0.25, minority_share=0.20)
    assert found.ratio == pytest.approx(0.3957, abs=5e-5)


@FEW
@given(st.floats(-2, 2), st.floats(0.02, 0.98), st.floats(0.05, 0.95))
def test_expected_rates_average_to_the_selection_rate(d: float, rate: float, share: float) -> None:
    found = expected_impact(d=d, selection_rate=rate, minority_share=share)
    whole = (1 - share) * found.majority_rate + share * found.minority_rate
    assert whole == pytest.approx(rate, abs=1e-9)
    assert (found.ratio < 1) == (d > 0) or abs(d) < 1e-9

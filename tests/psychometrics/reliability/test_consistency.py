"""Alpha, omega and composites: published values and laws."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.published_scores import ATTITUDE, ITEMS
from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.reliability.consistency import (
    alpha,
    composite_reliability,
    consistency,
    standardised_alpha,
)
from trifold.psychometrics.reliability.omega import fitted_uniquenesses, loadings_of, one_factor


@pytest.fixture(scope="module")
def attitude():
    return consistency(ATTITUDE, [f"q{i}" for i in range(7)], resamples=100)


def test_attitude_is_that_of_psych_and_lavaan(attitude) -> None:
    found = attitude.alpha
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (0.843143, 0.739376, 0.915773), abs=5e-7
    )
    assert attitude.standardised.estimate == pytest.approx(0.839084, abs=5e-7)
    assert attitude.factor.omega.estimate == pytest.approx(0.856327, abs=5e-7)
    assert attitude.factor.standardised.estimate == pytest.approx(0.840544, abs=6e-7)
    assert attitude.factor.chi_square == pytest.approx(29.434, abs=5e-4)
    assert attitude.factor.df == 14


def test_intervals_hold_their_estimates(attitude) -> None:
    each = [attitude.standardised, attitude.factor.omega, *attitude.item_rest.values()]
    assert all(one.low < one.estimate < one.high for one in each)
    assert json.loads(json.dumps(attitude.as_json(), allow_nan=False))["alpha"]["n"] == 30


def test_kr_20_of_brennan() -> None:
    found = alpha(ITEMS)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (0.844495, 0.650854, 0.954318), abs=5e-7
    )
    assert found.method.startswith("KR-20")


def test_alpha_is_cronbachs_formula_and_drops_one(attitude) -> None:
    variances, total = ATTITUDE.var(axis=0, ddof=1), ATTITUDE.sum(axis=1).var(ddof=1)
    assert attitude.alpha.estimate == pytest.approx(7 / 6 * (1 - variances.sum() / total))
    assert attitude.without["q5"].estimate == pytest.approx(
        alpha(np.delete(ATTITUDE, 5, axis=1)).estimate
    )
    rest = np.corrcoef(ATTITUDE[:, 5], np.delete(ATTITUDE, 5, axis=1).sum(axis=1))[0, 1]
    assert attitude.item_rest["q5"].estimate == pytest.approx(rest)


def test_standardised_alpha_is_alpha_of_standard_scores() -> None:
    z = (ATTITUDE - ATTITUDE.mean(axis=0)) / ATTITUDE.std(axis=0)
    found = standardised_alpha(ATTITUDE, resamples=10).estimate
    assert found == pytest.approx(alpha(z).estimate)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.2, 0.95), min_size=4, max_size=8))
def test_one_factor_is_found_where_there_is_one(loadings: list[float]) -> None:
    true = np.array(loadings)
    made = np.outer(true, true)
    np.fill_diagonal(made, 1.0)
    unique, discrepancy = fitted_uniquenesses(made[None])
    assert discrepancy[0] == pytest.approx(0, abs=1e-9)
    assert unique[0] == pytest.approx(1 - true**2, abs=1e-3)
    assert loadings_of(made, unique[0]) == pytest.approx(true, abs=1e-3)


def test_the_fit_is_a_minimum() -> None:
    correlation = np.corrcoef(ATTITUDE.T)
    unique, best = fitted_uniquenesses(correlation[None])
    for moved in np.random.default_rng(0).normal(scale=0.01, size=(20, 7)):
        near = np.clip(unique[0] + moved, 0.005, 1)
        loading = loadings_of(correlation, near)
        model = np.outer(loading, loading) + np.diag(near)
        gap = np.linalg.slogdet(model)[1] - np.linalg.slogdet(correlation)[1]
        assert gap + np.trace(np.linalg.solve(model, correlation)) - 7 >= best[0] - 1e-9


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        (ATTITUDE[:9], Code.TOO_FEW_PERSONS),
        (ATTITUDE[:, :2], Code.TOO_FEW_LEVELS),
        (np.where(np.eye(30, 7) > 0, np.nan, ATTITUDE), Code.NOT_CROSSED),
        (ATTITUDE * (np.arange(7) > 0), Code.NO_VARIANCE),
    ],
    ids=["nine people", "two answers", "missing", "an answer without variance"],
)
def test_omega_is_refused_with_a_reason(scores: np.ndarray, code: Code) -> None:
    assert one_factor(scores, resamples=10).omega.flags == (code,)


def test_an_answer_that_the_factor_explains_wholly_is_flagged() -> None:
    generator = np.random.default_rng(1)
    first = generator.normal(size=60)
    rest = first[:, None] + generator.normal(size=(60, 3))
    scores = np.column_stack([first, rest])
    assert Code.BOUNDARY in one_factor(scores, resamples=10).omega.flags


def test_a_composite_of_weights_one_is_stratified_alpha() -> None:
    parts = [ATTITUDE[:, :3], ATTITUDE[:, 3:5], ATTITUDE[:, 5:]]
    sums = np.column_stack([part.sum(axis=1) for part in parts])
    rho = [alpha(part).estimate for part in parts]
    lost = sum(s.var(ddof=1) * (1 - r) for s, r in zip(sums.T, rho, strict=True))
    found = composite_reliability(np.cov(sums.T), rho, n=30).estimate
    assert found == pytest.approx(1 - lost / sums.sum(axis=1).var(ddof=1))


def test_a_composite_needs_a_reliability_for_each_target() -> None:
    with pytest.raises(InputError, match=r"K reliabilities and K weights, got shapes \(3, 3\)"):
        composite_reliability(np.eye(3), [0.5, 0.6], n=30)

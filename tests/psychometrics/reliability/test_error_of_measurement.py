"""Errors of measurement, published values; ranks and what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.factories.published_scores import ITEMS, crossed
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.reliability.error_of_measurement import (
    conditional_errors,
    difference_error,
    error_curve,
    kelley,
    minimal_detectable_change,
    profile_difference_error,
    score_interval,
    standard_error,
)
from trifold.psychometrics.reliability.generalizability.coefficients import coefficients
from trifold.psychometrics.reliability.generalizability.study import g_study
from trifold.psychometrics.reliability.ranking import probability_above, rank_intervals

RELIABLE = Estimate(0.9, 0.84, 0.96, 100, "alpha")
SEM = 4.743416
finite = st.floats(-100, 100, width=32)


def test_the_family_of_the_handbook() -> None:
    found = standard_error(15, RELIABLE)
    assert found.estimate == pytest.approx(SEM, abs=6e-7)
    assert np.isnan([found.low, found.high]).all()  # ends of ρ alone cover 57 to 100 %
    true = kelley(130, mean=100, sd=15, reliability=0.9)
    assert (true.estimate, true.error) == pytest.approx((127, 4.5))
    assert difference_error(found.estimate, found.estimate) == pytest.approx(6.708204, abs=5e-7)
    assert minimal_detectable_change(found.estimate) == pytest.approx(13.148080, abs=5e-7)
    assert profile_difference_error(15, 0.9, 0.9) == pytest.approx(6.708204, abs=5e-7)
    assert score_interval(130, 4, coverage=0.95) == pytest.approx((122.16, 137.84))
    assert score_interval(130, 4, coverage=0.6827) == pytest.approx((126, 134))


def test_nobody_is_shrunk_towards_a_group() -> None:
    with pytest.raises(InputError, match="expected the mean of the norm group, got that of 'wom"):
        kelley(130, mean=100, sd=15, reliability=0.9, mean_of="women")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: standard_error(0, RELIABLE), "standard deviation above 0, got 0"),
        (lambda: kelley(1, mean=0, sd=1, reliability=1.2), "reliability from 0 to 1, got 1.2"),
        (lambda: rank_intervals(np.zeros(2), np.array([1, np.nan])), "for each score, got none"),
    ],
)
def test_impossible_arguments_are_named(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_conditional_errors_are_brennans_and_lords() -> None:
    found = conditional_errors(ITEMS)
    printed = [0.1124, 0.1421, 0.1486, 0.1486, 0.1508, 0.1508, 0.1486, 0.1306, 0.0833, 0]
    assert found == pytest.approx(printed, abs=5.1e-5)
    mean = ITEMS.mean(axis=1)
    assert found == pytest.approx(np.sqrt(mean * (1 - mean) / 11))


def test_their_mean_square_is_the_absolute_error() -> None:
    absolute = coefficients(g_study(crossed("p x i", ITEMS), draws=10)).absolute_sem.estimate
    root = np.sqrt(np.mean(conditional_errors(ITEMS) ** 2))
    assert root == pytest.approx(absolute)
    assert root == pytest.approx(0.129831, abs=5e-7)


def test_few_answers_are_smoothed_and_one_is_not_enough() -> None:
    scores = np.random.default_rng(0).normal(size=(50, 3)) + np.arange(50)[:, None] / 10
    scores[0, 1:] = np.nan
    found = conditional_errors(scores)
    assert np.isnan(found[0])
    assert np.std(found[1:]) < np.std(conditional_errors(scores, smooth=False)[1:])


def test_the_curve_covers_everybody_once() -> None:
    scores = np.random.default_rng(0).normal(size=(200, 6))
    curve = error_curve(scores, bins=4, resamples=50)
    assert sum(error.n for error in curve.errors) == 200
    assert list(curve.low[1:]) == list(curve.high[:-1])
    assert all(row["from"] < row["to"] for row in curve.as_json())


def test_equal_scores_share_one_bin() -> None:
    scores = np.tile([1.0, 2.0, 3.0, 4.0], (12, 1))
    assert [error.n for error in error_curve(scores, resamples=20).errors] == [12]


def test_probabilities_are_those_computed_by_hand() -> None:
    found = probability_above(np.array([5.0, 10.0]), 5 * np.sqrt(2))
    assert found == pytest.approx([0.760, 0.921], abs=5e-4)
    assert probability_above(0.0, 0.0) == 0.5
    assert probability_above(1.0, 0.0) == 1


@given(arrays(float, st.integers(1, 30), elements=finite), st.floats(0, 50))
def test_ranks_hold_the_plain_rank_and_widen_with_error(scores: np.ndarray, error: float) -> None:
    sharp, blurred = (rank_intervals(scores, np.full(len(scores), e)) for e in (0.0, error))
    place = 1 + (scores[None] > scores[:, None]).sum(axis=1)
    assert np.array_equal(sharp.low, place)
    assert (blurred.low <= sharp.low).all()
    assert (blurred.high >= sharp.high).all()
    assert (blurred.low >= 1).all()
    assert (blurred.high <= len(scores)).all()


@given(arrays(float, st.integers(2, 25), elements=finite), st.floats(0.1, 20))
def test_holm_only_widens(scores: np.ndarray, error: float) -> None:
    errors = np.full(len(scores), error)
    plain, held = (rank_intervals(scores, errors, holm=h) for h in (False, True))
    assert (held.low <= plain.low).all()
    assert (held.high >= plain.high).all()


@pytest.mark.parametrize("most", [1, 3, 200])
def test_ranks_are_those_of_every_pair_however_many_errors_there_are(most: int) -> None:
    draw = np.random.default_rng(most)
    scores, kinds = draw.normal(4, 1, 300), np.linspace(0.1, 0.9, most)
    errors = kinds[draw.integers(0, most, 300)]
    gap, size = scores[:, None] - scores, np.hypot(errors[:, None], errors)
    found = rank_intervals(scores, errors)
    assert np.array_equal(found.low, 1 + (gap < -1.959964 * size).sum(axis=1))
    assert np.array_equal(found.high, 300 - (gap > 1.959964 * size).sum(axis=1))


def test_people_without_a_score_have_no_rank() -> None:
    found = rank_intervals(np.array([1.0, np.nan, 9.0]), np.array([1.0, np.nan, 1.0]))
    assert found.low.tolist() == [2, 0, 1]
    assert found.high.tolist() == [2, 0, 1]
    assert found.order.tolist() == [2, 0, 1]

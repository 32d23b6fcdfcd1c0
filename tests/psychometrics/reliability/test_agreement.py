"""Intraclass correlations: published values, what moves them and what does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from tests.factories.published_scores import ANXIETY, JUDGES, crossed
from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.reliability.agreement import (
    CHOICE,
    icc,
    iccs,
    mean_squares,
    spearman_brown,
)
from trifold.psychometrics.reliability.consistency import alpha
from trifold.psychometrics.reliability.generalizability.coefficients import coefficients
from trifold.psychometrics.reliability.generalizability.study import g_study

SHROUT_FLEISS = {  # also psych 2.x and pingouin 0.7
    "ICC(1)": (0.165742, -0.132932, 0.722560),
    "ICC(A,1)": (0.289764, 0.018787, 0.761084),
    "ICC(C,1)": (0.714841, 0.342465, 0.945858),
    "ICC(k)": (0.442797, -0.884442, 0.912415),
    "ICC(A,k)": (0.620051, 0.071137, 0.927232),
    "ICC(C,k)": (0.909316, 0.675675, 0.985892),
}
tables = st.tuples(st.integers(10, 30), st.integers(2, 6)).flatmap(
    lambda shape: arrays(float, shape, elements=st.floats(-50, 50, width=32))
)


def varied(table: np.ndarray) -> bool:
    squares = mean_squares(table)
    return min(squares.rows, squares.residual) > 1e-3


@pytest.mark.parametrize("kind", CHOICE)
def test_values_and_intervals_are_those_of_shrout_and_fleiss(kind: str) -> None:
    found = icc(JUDGES, kind, fewest=2)
    assert (found.estimate, found.low, found.high) == pytest.approx(SHROUT_FLEISS[kind], abs=5e-7)
    assert CHOICE[kind] in found.method


def test_mean_squares_are_those_printed() -> None:
    squares = mean_squares(JUDGES)
    parts = (squares.rows, squares.within, squares.columns, squares.residual)
    assert parts == pytest.approx((11.2417, 6.2639, 32.4861, 1.0194), abs=5e-5)


def test_anxiety_is_that_of_irr() -> None:
    found = iccs(ANXIETY)
    absolute = found["ICC(A,1)"]
    assert (absolute.estimate, absolute.low, absolute.high) == pytest.approx(
        (0.197998, -0.038911, 0.493574), abs=5e-7
    )
    assert found["ICC(C,1)"].estimate == pytest.approx(0.216049, abs=5e-7)
    assert found["ICC(1)"].estimate == pytest.approx(0.175022, abs=5e-7)
    squares = mean_squares(ANXIETY)
    f = squares.rows / squares.residual
    # irr prints p .0543 with 39.7 degrees of freedom, estimated as for the interval; exact are 38
    assert (f, stats.f.sf(f, 19, 39.7)) == pytest.approx((1.8268, 0.0543), abs=5e-5)


@settings(max_examples=20, deadline=None)
@given(tables.filter(varied), st.floats(-9, 9), st.floats(0.1, 9))
def test_rescaling_moves_nothing(table: np.ndarray, shift: float, scale: float) -> None:
    before, after = iccs(table), iccs(shift + scale * table)
    for kind in CHOICE:
        pair = [[one[kind].estimate, one[kind].low, one[kind].high] for one in (before, after)]
        assert pair[1] == pytest.approx(pair[0], rel=1e-5, abs=1e-7)


@settings(max_examples=20, deadline=None)
@given(tables.filter(varied), st.floats(1, 20))
def test_severity_of_a_rater_moves_agreement_and_not_consistency(
    table: np.ndarray, severity: float
) -> None:
    even = table - table.mean(axis=0)
    uneven = even + severity * np.arange(table.shape[1])
    for kind in ("ICC(C,1)", "ICC(C,k)"):
        assert icc(uneven, kind).estimate == pytest.approx(icc(even, kind).estimate, abs=1e-6)
    if icc(even, "ICC(A,1)").estimate > 1e-3:
        assert icc(uneven, "ICC(A,1)").estimate < icc(even, "ICC(A,1)").estimate


@settings(max_examples=20, deadline=None)
@given(tables.filter(varied))
def test_three_names_of_consistency_and_two_of_agreement(table: np.ndarray) -> None:
    found = iccs(table)
    assert alpha(table).estimate == found["ICC(C,k)"].estimate
    study = g_study(crossed("p x i", table), draws=20)
    if (study.variances >= 0).all():
        both = coefficients(study)
        for mine, kind in ((both.relative, "ICC(C,k)"), (both.absolute, "ICC(A,k)")):
            one = found[kind]
            assert [mine.estimate, mine.low, mine.high] == pytest.approx(
                [one.estimate, one.low, one.high], rel=1e-6, abs=1e-8
            )


def test_perfect_agreement_is_one_at_the_edge_without_an_interval() -> None:
    """Twelve people of whom two raters say the same do not show that nobody could differ."""
    same = np.tile(np.arange(12.0)[:, None], 3)
    for found in iccs(same).values():
        assert found.estimate == 1
        assert np.isnan([found.low, found.high]).all()
        assert {Code.BOUNDARY, Code.NO_INTERVAL} <= set(found.flags)


def test_less_agreement_than_can_be_never_turns_into_much() -> None:
    """Stepped up beyond its pole, −1/(k − 1), the formula gives 34 for raters who contradict."""
    generator = np.random.default_rng(5)
    for _ in range(200):
        n, k = generator.integers(10, 14), generator.integers(2, 6)
        table = generator.normal(size=(n, k))
        table -= table.mean(axis=1, keepdims=True) * generator.uniform(0.5, 1)
        table -= table.mean(axis=0)
        mean = icc(table, "ICC(A,k)")
        if np.isnan(mean.estimate):
            assert mean.flags == (Code.BOUNDARY,)
            continue
        assert mean.estimate < 1
        assert np.isnan(mean.low) or mean.low <= mean.estimate <= mean.high <= 1


def test_a_negative_one_is_given_and_flagged() -> None:
    table = np.column_stack([np.arange(12.0), -np.arange(12.0) + 0.1 * (np.arange(12) % 2)])
    found = icc(table, "ICC(1)")
    assert found.estimate < 0
    assert Code.BOUNDARY in found.flags


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (JUDGES, Code.TOO_FEW_PERSONS),
        (np.where(np.eye(12, 3) > 0, np.nan, 1.0), Code.NOT_CROSSED),
        (np.ones((12, 1)), Code.NOT_CROSSED),
        (np.tile([1.0, 2.0, 3.0], (12, 1)), Code.NO_VARIANCE),
    ],
    ids=["six people", "missing ratings", "one rater", "all people alike"],
)
def test_what_is_refused_says_why(table: np.ndarray, code: Code) -> None:
    found = icc(table, "ICC(A,1)")
    assert np.isnan(found.estimate)
    assert found.flags == (code,)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(InputError, match=r"expected intraclass correlations among .*'ICC\(2,1\)'"):
        icc(JUDGES, "ICC(2,1)")


@given(st.floats(0.01, 0.99), st.floats(1, 50))
def test_lengthening_and_shortening_are_inverse(reliability: float, times: float) -> None:
    longer = spearman_brown(reliability, times)
    assert longer >= reliability - 1e-12
    assert spearman_brown(longer, 1 / times) == pytest.approx(reliability)

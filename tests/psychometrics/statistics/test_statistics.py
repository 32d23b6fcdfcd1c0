"""What studies are built on, against independent implementations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.proportions import jeffreys, wilson
from trifold.psychometrics.statistics.regression import f_test, least_squares, with_intercept
from trifold.psychometrics.statistics.resampling import bootstrap_estimate, bootstrap_estimates
from trifold.psychometrics.statistics.tidy import person_scores

FEW = settings(max_examples=30, deadline=None)


@FEW
@given(st.integers(1, 300), st.floats(0, 1))
def test_wilson_agrees_with_scipy(n: int, share: float) -> None:
    found = wilson(round(share * n), n)
    other = stats.binomtest(round(share * n), n).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((other.low, other.high), abs=1e-12)


def test_shares_of_nobody_are_undefined_and_impossible_ones_refused() -> None:
    assert wilson(0, 0).flags == (Code.TOO_FEW_PERSONS,)
    with pytest.raises(InputError, match="between 0 and 3 selected, got 4"):
        wilson(4, 3)
    with pytest.raises(InputError, match="between 0 and 3 below, got 4"):
        jeffreys(4, 3)


def drawn(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(n, 2))
    return x, x[:, 0] + generator.normal(size=n)


def test_one_predictor_is_scipys_line() -> None:
    x, y = drawn()
    fit = least_squares(with_intercept(x[:, 0]), y)
    line = stats.linregress(x[:, 0], y)
    assert fit.coefficients == pytest.approx([line.intercept, line.slope])
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx([line.intercept_stderr, line.stderr])
    assert fit.r2 == pytest.approx(line.rvalue**2)


def test_hc3_is_the_jackknife_with_another_factor() -> None:
    """HC3 is the sum of squared moves of coefficients when each person is left out."""
    x, y = drawn(40)
    fit = least_squares(with_intercept(x), y)
    moves = [
        least_squares(with_intercept(np.delete(x, i, 0)), np.delete(y, i)).coefficients
        - fit.coefficients
        for i in range(40)
    ]
    assert fit.covariance_hc3 == pytest.approx(np.transpose(moves) @ np.array(moves))


def test_the_f_of_one_predictor_is_its_squared_t() -> None:
    x, y = drawn()
    small, large = least_squares(with_intercept(x[:, 0]), y), least_squares(with_intercept(x), y)
    test = f_test(small, large, np.array([2]))
    t = large.coefficients[2] / np.sqrt(large.covariance[2, 2])
    assert test.f == pytest.approx(t**2)
    assert (test.df1, test.df2) == (1, 57)
    assert test.delta_r2 == pytest.approx(large.r2 - small.r2)
    with pytest.raises(InputError, match="a design of lower rank"):
        least_squares(with_intercept(x, x[:, :1]), y)


def test_bca_agrees_with_scipy() -> None:
    values = np.random.default_rng(0).exponential(size=40)
    ours = bootstrap_estimate(lambda rows: values[rows].mean(), 40, method="mean", resamples=4000)
    theirs = stats.bootstrap(
        (values,), np.mean, method="BCa", n_resamples=4000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.03)
    assert "BCa bootstrap over people, 4000 draws, seed 0" in ours.method


def test_many_people_have_percentiles_and_the_undefined_is_said() -> None:
    values = np.random.default_rng(0).normal(size=150)
    mean, nothing = bootstrap_estimates(
        lambda rows: np.array([values[rows].mean(), np.nan]), 150, method="two", resamples=300
    )
    assert "percentile bootstrap" in mean.method
    assert mean.high - mean.low == pytest.approx(2 * 1.96 * values.std() / 150**0.5, rel=0.2)
    assert nothing.flags == (Code.NO_VARIANCE,)


@dataclass(frozen=True)
class Nested:
    value: Any


def test_results_are_plain_and_strict_json() -> None:
    odd = {
        "number": np.float64("nan"), "whole": np.int64(3), "day": date(2026, 1, 2),
        "code": Code.BOUNDARY, ("a", "b"): [np.array([1.0, np.inf])],
        "table": pd.DataFrame({"x": [1.5, np.nan]}), "one": Nested(Estimate(1, 0, 2, 9, "m")),
    }  # fmt: skip
    written = json.loads(json.dumps(plain(Nested(odd)), allow_nan=False))["value"]
    assert written["number"] is None
    assert (written["whole"], written["day"], written["code"]) == (3, "2026-01-02", "BOUNDARY")
    assert written["a / b"] == [[1.0, None]]
    assert written["table"] == [{"x": 1.5}, {"x": None}]
    assert written["one"]["value"]["n"] == 9


def test_scores_become_people_by_targets() -> None:
    long = pd.DataFrame(
        {
            "candidate_id": [1, 1, 2], "target": "a", "score": [1.0, 3.0, 5.0],
            "source": ["model", "model", "self"],
        }
    )  # fmt: skip
    assert person_scores(long)["a"].to_dict() == {"1": 2.0}
    assert person_scores(long, source=None)["a"].to_dict() == {"1": 2.0, "2": 5.0}
    with pytest.raises(InputError, match="scores: expected rows of source human, got none"):
        person_scores(long, source="human")
    with pytest.raises(InputError, match="got no score among candidate_id, target, source"):
        person_scores(long.drop(columns="score"))

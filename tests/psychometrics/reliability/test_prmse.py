"""How well true ratings are predicted: RSMTool's values and laws."""

from __future__ import annotations

import numpy as np
import pytest

from tests.factories.published_scores import JUDGES, PREDICTED, RATED_TWICE
from trifold.codes import Code
from trifold.psychometrics.reliability.prmse import prmse


def test_values_are_those_of_rsmtool() -> None:
    found = prmse(RATED_TWICE, PREDICTED, fewest=2, resamples=50)
    parts = (found.error_variance, found.true_variance, found.mse, found.prmse.estimate)
    assert parts == pytest.approx((0.214286, 1.525510, 0.052381, 0.965663), abs=5e-7)
    assert found.r2_of_means.estimate == pytest.approx(0.875313, abs=6e-7)


def test_more_than_is_possible_is_flagged() -> None:
    found = prmse(JUDGES, np.array([7, 3, 6, 4, 8, 5.0]), fewest=2, resamples=50).prmse
    assert found.estimate == pytest.approx(2.05, abs=5e-3)
    assert Code.BOUNDARY in found.flags


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
def test_noisy_ratings_do_not_lower_it_as_they_lower_r2(noise: float) -> None:
    generator = np.random.default_rng(3)
    true = generator.normal(size=4000)
    model = true + 0.5 * generator.normal(size=4000)
    ratings = true[:, None] + noise * generator.normal(size=(4000, 2))
    found = prmse(ratings, model, resamples=200)
    assert found.prmse.low < 0.75 < found.prmse.high
    assert found.r2_of_means.estimate < found.prmse.estimate


@pytest.mark.parametrize(
    ("ratings", "code"),
    [
        (RATED_TWICE, Code.TOO_FEW_PERSONS),
        (np.column_stack([np.arange(12.0), np.full(12, np.nan)]), Code.NOT_CROSSED),
        (np.tile([1.0, 2.0], (12, 1)), Code.NO_VARIANCE),
    ],
    ids=["eight people", "one rating each", "true ratings alike"],
)
def test_what_is_refused_says_why(ratings: np.ndarray, code: Code) -> None:
    assert prmse(ratings, np.arange(float(len(ratings)))).prmse.flags == (code,)

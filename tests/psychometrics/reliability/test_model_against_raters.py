"""The model among raters: other formulas for the same, and what ought to be noticed."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from tests.factories.published_scores import PREDICTED, RATED_TWICE
from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.reliability.agreement import icc
from trifold.psychometrics.reliability.model_against_raters import model_against_raters
from trifold.psychometrics.reliability.resampling import person_interval


def ratings(n: int = 80, k: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    true = generator.normal(size=(n, 1))
    model = true[:, 0] + 0.5 * generator.normal(size=n)
    return true + 0.7 * generator.normal(size=(n, k)), model


def test_the_mean_difference_is_rsmtools() -> None:
    found = model_against_raters(RATED_TWICE, PREDICTED, fewest=2, resamples=50)
    assert found.smd.estimate == pytest.approx(0.009766, abs=5e-7)


def test_agreement_is_the_mean_of_icc_over_pairs() -> None:
    given, model = ratings()
    found = model_against_raters(given, model, resamples=100)
    human = [icc(given[:, list(pair)], "ICC(A,1)").estimate for pair in combinations(range(3), 2)]
    mixed = [icc(np.column_stack([model, r]), "ICC(A,1)").estimate for r in given.T]
    assert found.human_human.estimate == pytest.approx(np.mean(human))
    assert found.human_model.estimate == pytest.approx(np.mean(mixed))
    assert found.difference.estimate == pytest.approx(np.mean(mixed) - np.mean(human))
    r = [stats.pearsonr(model, one).statistic for one in given.T]
    assert found.r_human_model.estimate == pytest.approx(np.mean(r))
    assert found.difference.low < found.difference.estimate < found.difference.high


def test_missing_ratings_are_compared_where_both_are() -> None:
    given, model = ratings()
    holed = np.where(np.random.default_rng(1).random(given.shape) < 0.3, np.nan, given)
    found = model_against_raters(holed, model, resamples=20)
    mixed = []
    for one in holed.T:
        seen = np.isfinite(one)
        mixed.append(icc(np.column_stack([model, one])[seen], "ICC(A,1)").estimate)
    assert found.human_model.estimate == pytest.approx(np.mean(mixed))


def test_a_model_that_is_a_rater_gives_no_concern_and_a_shifted_one_does() -> None:
    given, _ = ratings(n=400)
    good = model_against_raters(given[:, :2], given[:, 2], resamples=50)
    assert good.difference.low < 0 < good.difference.high
    assert good.concerns == ("correlation with raters below 0.70",)
    shifted = model_against_raters(given[:, :2], given[:, 2] + 3, resamples=50)
    assert "mean differs by more than 0.15 SD" in shifted.concerns
    assert shifted.human_model.estimate < good.human_model.estimate
    assert json.dumps(shifted.as_json(), allow_nan=False)


def test_one_rater_cannot_agree_with_others() -> None:
    given, model = ratings()
    found = model_against_raters(given[:, :1], model, resamples=20)
    assert found.human_human.flags == (Code.NOT_CROSSED,)
    assert np.isfinite(found.human_model.estimate)


def test_too_few_people_and_other_sizes_are_refused() -> None:
    given, model = ratings(n=9)
    assert model_against_raters(given, model).smd.flags == (Code.TOO_FEW_PERSONS,)
    with pytest.raises(InputError, match=r"\(n, k\) ratings and \(n,\) scores, got \(9, 3\) and"):
        model_against_raters(given, model[:5])


@pytest.mark.parametrize("n", [40, 200])
def test_bootstrap_intervals_are_scipys(n: int) -> None:
    values = np.random.default_rng(5).exponential(size=n)
    low, high, method = person_interval(lambda rows: values[rows].mean(axis=1), n, resamples=9000)
    kind = "BCa" if n < 100 else "percentile"
    other = stats.bootstrap((values,), np.mean, method=kind, n_resamples=9000).confidence_interval
    assert method.startswith(kind)
    assert (low, high) == pytest.approx((other.low, other.high), rel=0.03)

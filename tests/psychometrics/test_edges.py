"""What is alike to the last digit, infinite, or rated by different raters."""

from __future__ import annotations

import numpy as np
import pytest

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.impact.prediction.cleary import differential_prediction
from trifold.psychometrics.impact.prediction.leak import auc, leak_probe
from trifold.psychometrics.metrics import r2
from trifold.psychometrics.norms.distribution import distribution
from trifold.psychometrics.norms.percentile import percentile_rank
from trifold.psychometrics.reliability.generalizability.coefficients import coefficients
from trifold.psychometrics.reliability.generalizability.formula import design
from trifold.psychometrics.reliability.generalizability.observations import observe
from trifold.psychometrics.reliability.generalizability.study import g_study
from trifold.psychometrics.reliability.raters import rater_effects
from trifold.psychometrics.reliability.retest import retest
from trifold.psychometrics.validity.incremental import incremental_validity, partial_correlation

PEOPLE, RATERS = np.repeat(np.arange(20), 3), np.tile(["a", "b", "c"], 20)


def test_raters_who_say_the_same_leave_no_error_and_no_interval() -> None:
    """Rounding alone gave a variance of raters of −10⁻¹⁷ and an SEM of 10⁻⁸, each with its ends."""
    same = np.repeat(np.random.default_rng(0).normal(size=20), 3)
    study = g_study(observe(design("p x r"), {"p": PEOPLE, "r": RATERS}, same), draws=100)
    found = coefficients(study)
    for one in (study.components["r"], study.components["pr"], found.relative_sem):
        assert one.estimate == 0
        assert np.isnan(one.low)
        assert Code.NO_INTERVAL in one.flags
    assert found.relative.estimate == 1
    assert np.isnan(found.relative.low)


def test_an_interval_holds_its_estimate_where_some_of_the_same_ratings_are_missing() -> None:
    same, kept = np.repeat(np.random.default_rng(0).normal(size=20), 3), np.arange(60) % 7 != 0
    labels = {"p": PEOPLE[kept], "r": RATERS[kept]}
    study = g_study(observe(design("p x r"), labels, same[kept]), draws=100)
    for one in (*study.components.values(), coefficients(study).relative):
        assert np.isnan(one.low) or one.low <= one.estimate <= one.high


def test_a_second_session_like_the_first_has_no_interval() -> None:
    first = np.random.default_rng(0).normal(size=20)
    found = retest(first, first.copy())
    for one in (found.absolute, found.pearson, found.bias, found.within_sd):
        assert np.isnan([one.low, one.high]).all()


def test_infinite_scores_are_no_gaps() -> None:
    scores = np.where(np.arange(60) == 5, np.inf, 1.0)
    with pytest.raises(InputError, match="finite scores"):
        observe(design("p x r"), {"p": PEOPLE, "r": RATERS}, scores)


def test_the_ceiling_knows_that_people_had_different_raters() -> None:
    """80 people with two of ten raters each: true scores correlate .83 with mean ratings."""
    generator, told, true = np.random.default_rng(1), [], []
    people = np.repeat(np.arange(80), 2)
    for _ in range(6):
        worth, severity = generator.normal(size=80), generator.normal(size=10) * 0.5**0.5
        raters = np.concatenate([generator.choice(10, 2, replace=False) for _ in range(80)])
        scores = worth[people] + severity[raters] + generator.normal(size=160) * 0.5**0.5
        told.append(rater_effects(people, raters, scores, draws=200).ceiling.estimate)
        true.append(np.corrcoef(worth, scores.reshape(80, 2).mean(axis=1))[0, 1])
    assert np.mean(told) == pytest.approx(np.mean(true), abs=0.03)  # √Eρ² would be .07 above


def test_one_far_score_does_not_hide_where_all_others_lie() -> None:
    scores = np.append(np.random.default_rng(0).normal(size=300), 1e6)
    for score in (-1.0, 0.0, 1.0):
        rank = percentile_rank(distribution(scores), score).estimate
        assert rank == pytest.approx(100 * np.mean(scores < score), abs=0.6)


def test_what_is_one_value_but_for_rounding_is_refused() -> None:
    x, same = np.random.default_rng(0).normal(size=80), np.full(80, 0.1)
    with pytest.raises(InputError, match="a criterion that differs"):
        incremental_validity(x, x[::-1, None], same, resamples=10)
    with pytest.raises(InputError, match="a criterion that differs"):
        differential_prediction(same, x, ["a"] * 40 + ["b"] * 40)
    with pytest.raises(InputError, match="two groups or more, got 0: ONE_GROUP"):
        differential_prediction(same[:0], x[:0], [])
    with pytest.raises(InputError, match="do not follow"):
        partial_correlation(2 * x + 1, x[::-1], x[:, None])
    assert np.isnan(r2(x[:3], np.full(3, 0.1)))


def test_a_perfect_partial_correlation_is_one() -> None:
    generator = np.random.default_rng(0)
    x, held = generator.normal(size=20), generator.normal(size=(20, 1))
    found = partial_correlation(x, -2 * x + held[:, 0], held)
    assert (found.partial, found.p) == (pytest.approx(-1), pytest.approx(0))


def test_scores_that_are_the_same_for_all_tell_no_group() -> None:
    """Pooled over folds they gave an area of .33: the training share stood against the fold's."""
    found = leak_probe(np.full((80, 2), 0.1), np.arange(80) < 40, permutations=20)
    assert (found.auc.estimate, found.p) == (0.5, 1)


def test_areas_near_one_keep_their_interval_within_bounds() -> None:
    generator, held = np.random.default_rng(0), []
    truth = 0.9213503964748574  # Φ(2/√2)
    for _ in range(300):
        score = np.append(generator.normal(2, 1, 30), generator.normal(0, 1, 30))
        one = auc(score, np.arange(60) < 30)
        assert 0 < one.low < one.high < 1
        held.append(one.low <= truth <= one.high)
    assert np.mean(held) > 0.92  # DeLong's without logits covers .90
    assert np.isnan(auc(np.arange(10.0), np.arange(10) > 4).low)

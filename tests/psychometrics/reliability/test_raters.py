"""Raters who were made severe, narrow, careless or drifting are found."""

from __future__ import annotations

import json

import numpy as np
import pytest

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.reliability.raters import RaterStudy, rater_effects

PEOPLE, RATERS = 150, 6


@pytest.fixture(scope="module")
def study() -> RaterStudy:
    """Rater 0 is severe by 1, 1 keeps to the middle, 2 is careless, 3 becomes milder."""
    generator = np.random.default_rng(0)
    person, rater = np.indices((PEOPLE, RATERS)).reshape(2, -1)
    true, week = generator.normal(size=PEOPLE), generator.integers(0, 10, PEOPLE * RATERS)
    score = true[person] + 0.4 * generator.normal(size=len(person))
    score = np.where(rater == 1, 0.3 * score, score)
    score += np.where(rater == 2, 1.5, 0.0) * generator.normal(size=len(person))
    score += np.where(rater == 3, 0.2, 0.0) * (week - 4.5) - (rater == 0)
    kept = generator.random(len(person)) < 0.5
    names = np.array([f"rater {r}" for r in rater])
    return rater_effects(person[kept], names[kept], score[kept], weeks=week[kept], draws=200)


def test_severity_is_found_whoever_was_rated(study: RaterStudy) -> None:
    found = {name: one.severity for name, one in study.raters.items()}
    assert sum(one.estimate for one in found.values()) == pytest.approx(0, abs=1e-9)
    assert found["rater 0"].low < 1 - 1 / RATERS < found["rater 0"].high
    assert found["rater 0"].low > 0.5
    assert max(abs(found[f"rater {r}"].estimate) for r in (4, 5)) < 0.5


def test_narrow_careless_and_drifting_raters_stand_out(study: RaterStudy) -> None:
    narrow = {name: one.sd_ratio.high < 1 for name, one in study.raters.items()}
    assert [name for name, is_ in narrow.items() if is_] == ["rater 1"]
    misfit = {name: one.misfit.estimate for name, one in study.raters.items()}
    assert max(misfit, key=lambda name: misfit[name]) == "rater 2"
    drift = [name for name, one in study.raters.items() if one.drift and one.drift.low > 0.05]
    assert drift == ["rater 3"]


def test_label_error_bounds_validity(study: RaterStudy) -> None:
    assert 0 < study.ceiling.low < study.ceiling.estimate < study.ceiling.high < 1
    assert json.dumps(study.as_json(), allow_nan=False)


def test_well_behaved_raters_fit() -> None:
    generator = np.random.default_rng(1)
    person, rater = np.indices((300, 5)).reshape(2, -1)
    score = generator.normal(size=300)[person] + generator.normal(size=len(person))
    found = rater_effects(person, rater, score, draws=100)
    assert np.mean([one.misfit.estimate for one in found.raters.values()]) == pytest.approx(
        1, abs=0.1
    )
    inside = [one.severity.low < 0 < one.severity.high for one in found.raters.values()]
    assert sum(inside) >= 4


def test_complete_ratings_give_plain_mean_severities() -> None:
    generator = np.random.default_rng(2)
    table = generator.normal(size=(40, 1)) + generator.normal(size=(40, 4)) + np.arange(4)
    person, rater = np.indices(table.shape).reshape(2, -1)
    found = rater_effects(person, rater, table.ravel(), draws=50).raters
    means = table.mean(axis=0)
    for one, mean in zip(found.values(), means, strict=True):
        assert one.severity.estimate == pytest.approx(means.mean() - mean)


def test_a_rater_of_four_people_is_not_judged() -> None:
    generator = np.random.default_rng(2)
    person, rater = np.indices((40, 3)).reshape(2, -1)
    kept = (rater < 2) | (person < 4)
    found = rater_effects(person[kept], rater[kept], generator.normal(size=kept.sum()), draws=50)
    assert found.raters["2"].severity.flags == (Code.TOO_FEW_PERSONS,)


def test_rating_somebody_twice_is_refused() -> None:
    with pytest.raises(InputError, match="expected one score for each combination of p, r, got 2"):
        rater_effects([1, 1, 2], ["a", "a", "b"], np.arange(3.0))

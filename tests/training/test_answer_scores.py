"""Variances over answers are those that scores were made with, and are checked by the jackknife."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.degenerate_factory import dataset_of, make_people
from trifold.contracts import Array
from trifold.training.dataset import Dataset, subset
from trifold.training.learners.base import build_learner
from trifold.training.protocol.answer_scores import (
    AnswerScores,
    answer_variances,
    score_without_each,
)
from trifold.training.protocol.fold import fit_linked, predict

DIMS = {"sentences": 6, "prosody": 4}
KERNELS = {
    "_target_": "trifold.training.learners.kernels.KernelLearner",
    "views": [
        {"streams": ["sentences"], "kernel": "linear", "scaling": "standard"},
        {"streams": ["prosody"], "kernel": "rbf", "scaling": "standard"},
    ],
}


def means(answers: Array, *, shrunk: float = 1.0) -> AnswerScores:
    """Scores that are means of (n, T) answers; single ones are shrunk, as linking does it."""
    count = np.isfinite(answers).sum(axis=1, keepdims=True)
    left_out = (np.nansum(answers, axis=1, keepdims=True) - answers) / np.maximum(count - 1, 1)
    whole = np.nanmean(answers, axis=1, keepdims=True)
    return AnswerScores(whole, shrunk * answers[..., None], left_out[..., None])


def drawn(n: int, most: int, seed: int = 0) -> Array:
    """(n, most) answers, persons' variance .4 and answers' .6; everybody gave 3 or more."""
    draw = np.random.default_rng(seed)
    answers = draw.normal(0, 0.4**0.5, (n, 1)) + draw.normal(0, 0.6**0.5, (n, most))
    given = draw.integers(3, most + 1, (n, 1))
    return np.where(np.arange(most) < given, answers, np.nan)


@pytest.mark.parametrize("shrunk", [1.0, 0.5])
def test_variances_are_found_again_however_single_answers_are_linked(shrunk: float) -> None:
    found = answer_variances(means(drawn(4000, 6), shrunk=shrunk), ("warmth",))["warmth"]
    assert found.persons == pytest.approx(0.4, rel=0.08)
    assert found.answers == pytest.approx(0.6, rel=0.08)
    assert (found.people, found.withheld) == (4000, "")


def test_scores_that_are_no_means_of_answers_have_no_error() -> None:
    fair = means(drawn(200, 5))
    steady = AnswerScores(fair.whole, fair.alone, 0.2 * fair.left_out)
    found = answer_variances(steady, ("warmth",))["warmth"]
    assert "this model's scores are no means of answers" in found.withheld
    two = means(drawn(200, 5)[:, :2])
    assert answer_variances(two, ("warmth",))["warmth"].withheld == (
        "nobody gave 3 answers to check it by leaving one out"
    )


def test_few_people_single_answers_and_scores_alike_tell_nothing() -> None:
    assert answer_variances(means(drawn(9, 4)), ("warmth",)) == {}
    assert answer_variances(means(drawn(50, 4)[:, :1]), ("warmth",)) == {}
    assert answer_variances(means(np.ones((50, 4))), ("warmth",)) == {}


@pytest.fixture(scope="module")
def data() -> Dataset:
    people = make_people(60, answers=4, dims=DIMS)
    del people.answers[40][1:]
    return dataset_of(people, DIMS)


def test_left_out_answers_are_as_if_they_had_never_been_given(data: Dataset, tmp_path) -> None:
    model = fit_linked(build_learner(KERNELS), subset(data, np.arange(40)), seed=0, out=Path("x"))
    rows = np.arange(40, 60)
    found = score_without_each(model, data, rows)
    assert found.shape == (20, 4, 2)
    assert np.isnan(found[0]).all(), "one answer leaves nothing"
    assert np.isfinite(found[1:]).all()
    whole, alone = predict(model.fitted, subset(data, rows))
    spread = np.abs(found[1:] - whole[1:, None])[..., 0].mean()
    assert 0 < spread < np.abs(alone[1:] - whole[1:, None])[..., 0].mean()

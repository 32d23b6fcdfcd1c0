"""Skill on half, three quarters and all people, by a simple model."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from trifold.studio.training import learning_curve as module
from trifold.studio.training.learning_curve import METHOD, correlation
from trifold.training.baselines.trivial import make_baselines

learning_curve = partial(module.learning_curve, repeats=2)


def baselines(n: int, *, signal: float, seed: int = 0):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, 12))
    labels = signal * x[:, :2] + generator.normal(size=(n, 2))
    return make_baselines([METHOD], views={"text": x}, length=np.zeros((n, 2)), labels=labels)


def test_a_curve_has_half_three_quarters_and_all_with_their_intervals() -> None:
    found = learning_curve(baselines(80, signal=1.0), [f"p{n}" for n in range(80)], ["a", "b"])
    assert [one.people for one in found] == [40, 60, 80]
    assert all(one.low < one.skill < one.high for one in found)
    assert found[0].skill < found[-1].skill
    assert found[-1].high - found[-1].low < found[0].high - found[0].low
    for one in found:
        assert one.skill == pytest.approx(np.mean(list(one.targets.values())))


def test_noise_has_no_skill_and_the_same_seed_the_same_curve() -> None:
    people = [f"p{n}" for n in range(60)]
    first, again = (learning_curve(baselines(60, signal=0.0), people, ["a", "b"]) for _ in "xx")
    assert first == again
    assert first[-1].skill < 0.15


def test_answers_of_one_person_are_drawn_together() -> None:
    people = [f"p{n // 2}" for n in range(60)]
    assert [one.people for one in learning_curve(baselines(60, signal=1), people, "ab")] == [
        15,
        22,
        30,
    ]


def test_few_people_have_no_curve() -> None:
    assert learning_curve(baselines(9, signal=1.0), [str(n) for n in range(9)], ["a", "b"]) == []


@pytest.mark.parametrize("preds", [[1.0, 1, 1, 1], [np.nan, np.nan, 1, 2]])
def test_equal_or_few_scores_have_no_correlation(preds) -> None:
    assert np.isnan(correlation(np.array(preds), np.arange(4.0)))

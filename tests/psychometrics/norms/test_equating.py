"""Old and new scores on one scale, and whether norms carry over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifold.errors import InputError
from trifold.psychometrics.norms.carry_over import equating_study
from trifold.psychometrics.norms.distribution import Distribution, from_counts
from trifold.psychometrics.norms.equating import (
    EquipercentileEquating,
    linear_equating,
    moments,
    presmoothed,
)

# ACT mathematics, Kolen and Brennan (2014): people with the scores 0 to 40
OLD = """0 1 1 3 9 18 59 67 91 144 149 192 192 192 201 204 217 181 184 170 201 147 163 147 140 147
126 113 100 106 107 91 83 73 72 75 50 37 38 23 15"""
NEW = """0 1 3 13 42 59 95 131 158 161 194 164 166 197 177 158 169 132 158 151 134 137 122 110 116
132 104 104 114 97 107 88 80 79 70 61 48 47 29 32 12"""
FEW = settings(max_examples=30, deadline=None)


def counts(text: str) -> Distribution:
    return from_counts(np.array(text.split(), dtype=float))


def test_act_mathematics_linear() -> None:
    (mean_old, sd_old), (mean_new, sd_new) = moments(counts(OLD)), moments(counts(NEW))
    line = linear_equating(mean_old=mean_old, sd_old=sd_old, mean_new=mean_new, sd_new=sd_new)
    assert line.slope == pytest.approx(1.0886, abs=5e-5)
    assert line.intercept == pytest.approx(-2.6319, abs=5e-5)


def test_act_mathematics_equipercentile() -> None:
    equated = EquipercentileEquating(counts(OLD), counts(NEW)).forward(
        np.array([1.0, 2, 10, 20, 30, 40])
    )
    printed = (0.9796, 1.6462, 8.1607, 19.1647, 30.1305, 39.9006)
    assert equated == pytest.approx(printed, abs=5e-5)


@FEW
@given(st.lists(st.integers(1, 30), min_size=3, max_size=20), st.floats(0, 1))
def test_equating_back_gives_the_score_again(people: list[int], share: float) -> None:
    old = from_counts(np.array(people))
    equating = EquipercentileEquating(old, from_counts(np.array(people[::-1])))
    x = old.edges[0] + share * (old.edges[-1] - old.edges[0])
    assert equating.backward(equating.forward(np.array(x))) == pytest.approx(x, abs=1e-8)
    line = linear_equating(mean_old=3, sd_old=2, mean_new=-1, sd_new=0.5)
    assert line.backward(line.forward(np.array(x))) == pytest.approx(x)


@FEW
@given(st.lists(st.integers(0, 30), min_size=8, max_size=20), st.integers(1, 4))
def test_smoothing_keeps_moments(people: list[int], degree: int) -> None:
    if sum(p > 0 for p in people) < degree + 2:
        return
    raw = from_counts(np.array(people))
    smooth = presmoothed(raw, degree=degree)
    place = np.linspace(-1, 1, len(people))
    for power in range(degree + 1):
        kept = np.sum(smooth.counts * place**power)
        assert kept == pytest.approx(np.sum(raw.counts * place**power), abs=1e-5 * sum(people))


def same_people(r: float, n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    old = generator.normal(size=n)
    return old, 5 + 2 * (r * old + np.sqrt(1 - r * r) * generator.normal(size=n))


def test_norms_carry_over_to_a_model_that_agrees() -> None:
    old, new = same_people(0.99)
    groups = np.where(np.arange(300) % 2, "a", "b")
    study = equating_study(old, new, groups=list(groups), resamples=100)
    assert study.norms_carry_over
    assert study.linear.slope == pytest.approx(2, abs=0.15)
    assert study.remsd is not None
    assert study.remsd.estimate < 0.1
    assert all(p.linear_se > 0 and p.linear.low <= p.linear.high for p in study.points)


def test_norms_do_not_carry_over_where_scores_or_groups_part() -> None:
    old, new = same_people(0.7)
    study = equating_study(old, new, resamples=100)
    assert not study.norms_carry_over
    assert "below 0.95" in study.reasons[0]
    old, new = same_people(0.995)
    shifted = new + np.where(np.arange(300) < 150, 0.5, 0)
    groups = ["a" if i < 150 else "b" if i < 290 else "c" for i in range(300)]
    study = equating_study(old, shifted, groups=groups, resamples=100)
    assert "group a: its own equating differs by 0.1" in study.reasons[0]
    assert study.rmsd["c"].as_json()["flags"] == ["TOO_FEW_PERSONS"]


def test_the_same_model_changes_nothing() -> None:
    old, _ = same_people(0.5)
    study = equating_study(old, old, resamples=50, smooth=4)
    assert study.stanine_changes.estimate == 0
    assert study.linear.slope == pytest.approx(1)
    assert study.as_json()["correlation"]["estimate"] == pytest.approx(1)


def test_too_few_people_are_refused() -> None:
    with pytest.raises(InputError, match="the same 30 people or more"):
        equating_study(np.arange(20.0), np.arange(20.0))
    with pytest.raises(InputError, match="finite scores with spread"):
        equating_study(np.ones(40), np.arange(40.0))
    with pytest.raises(InputError, match="standard deviations above 0"):
        linear_equating(mean_old=0, sd_old=0, mean_new=0, sd_new=1)

"""Own ratings beside others' and beside length, against regressions by other means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from trifold.contracts import Target, TargetSchema
from trifold.psychometrics.composite import composite, composite_schema
from trifold.psychometrics.validity.own_rating import given_length, own_and_others
from trifold.training.results.construct import of_construct, one_score

N, NAMES = 300, ("warmth", "drive", "candour")
DRAW = np.random.default_rng(3)
HALO = DRAW.normal(size=(N, 1))
RATED = HALO + DRAW.normal(size=(N, 3))
OWN = RATED + DRAW.normal(size=(N, 3))  # each its own rating
ONE = HALO + 0.5 * DRAW.normal(size=(N, 3))  # one thing by three names
WORDS = np.exp(DRAW.normal(size=N) + HALO[:, 0])


def options(n: int = N, k: int = 3, **more: Any) -> dict[str, Any]:
    told = {"resamples": 300, "seed": 0, "groups": [f"p{i}" for i in range(n)]}
    return {**told, "constant": np.zeros(k, dtype=bool), **more}


def partial(x: np.ndarray, y: np.ndarray, held: np.ndarray) -> float:
    """By residuals of ranks, as pingouin's partial_corr(method="spearman")."""
    design = np.column_stack([np.ones(len(x)), *(stats.rankdata(c) for c in held.T)])
    left = [
        v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in map(stats.rankdata, (x, y))
    ]
    return float(np.corrcoef(*left)[0, 1])


def test_values_are_those_of_scipy_and_of_residuals() -> None:
    found = own_and_others(OWN[None], RATED, NAMES, **options())
    assert found is not None
    for k, name in enumerate(NAMES):
        one, rest = found["per_target"][name], np.delete(np.arange(3), k)
        others = [stats.spearmanr(OWN[:, k], RATED[:, j]).statistic for j in rest]
        assert one["own"]["rho"] == pytest.approx(stats.spearmanr(OWN[:, k], RATED[:, k]).statistic)
        assert one["other"]["rho"] == pytest.approx(max(others))
        assert one["other"]["target"] == NAMES[rest[int(np.argmax(others))]]
        assert one["difference"]["rho"] == pytest.approx(one["own"]["rho"] - one["other"]["rho"])
        expected = partial(OWN[:, k], RATED[:, k], RATED[:, rest])
        assert one["partial"]["rho"] == pytest.approx(expected, abs=1e-6)
        assert one["partial"]["low"] < expected < one["partial"]["high"]


def test_own_scores_are_told_apart_and_one_thing_by_three_names_is_not() -> None:
    own = own_and_others(OWN[None], RATED, NAMES, **options())
    one = own_and_others(ONE[None], RATED, NAMES, **options())
    assert own is not None
    assert one is not None
    assert not one_score(own)
    assert of_construct({"discriminant": own}) == []
    assert one_score(one)
    overall = {"targets": NAMES, "test": {"spearman": {"mean": 0.55, "low": -0.04, "high": 0.6}}}
    said = of_construct({"discriminant": one, "overall": overall})
    assert said[0].startswith("Scores that are not told from another target, ")
    assert said[1] == (
        "No target's scores say more of their own rating than of the others': read them as "
        "one overall score, the mean of all 3 (Spearman .55, \N{MINUS SIGN}.04 to .60 with the "
        "mean of their ratings)."
    )
    overall["test"] = {"spearman": {"mean": -0.5, "low": -0.8, "high": -0.1}}
    assert of_construct({"discriminant": one, "overall": overall})[1] == (
        "No target's scores say more of their own rating than of the others', and their mean "
        "orders nobody rightly either (Spearman \N{MINUS SIGN}.50, \N{MINUS SIGN}.80 to "
        "\N{MINUS SIGN}.10 with the mean of their ratings)."
    )


def test_length_alone_leaves_nothing_given_length() -> None:
    talk = np.log(WORDS)[:, None] + 0.0 * RATED
    noisy = talk + 0.3 * DRAW.normal(size=RATED.shape)
    found = given_length(noisy[None], RATED, WORDS, NAMES, **options())
    assert found is not None
    assert abs(found["mean"]) < 0.1 < stats.spearmanr(noisy[:, 0], RATED[:, 0]).statistic
    expected = [partial(noisy[:, k], RATED[:, k], WORDS[:, None]) for k in range(3)]
    assert list(found["per_target"].values()) == pytest.approx(expected, abs=1e-6)
    logs = given_length(noisy[None], RATED, np.log1p(WORDS), NAMES, **options())
    assert logs == found
    exact = given_length(talk[None], RATED, WORDS, NAMES, **options())
    assert exact is not None
    assert exact["mean"] is None


def test_gaps_constants_and_few_people_are_null_and_not_numbers() -> None:
    assert own_and_others(OWN[None, :5], RATED[:5], NAMES, **options(5)) is None
    assert own_and_others(OWN[None, :, :1], RATED[:, :1], NAMES[:1], **options(k=1)) is None
    none = np.full(N, np.nan)
    assert given_length(OWN[None], RATED, none, NAMES, **options()) is None
    flat = options(constant=np.array([True, False, False]))
    found = own_and_others(OWN[None], RATED, NAMES, **flat)
    assert found is not None
    assert found["per_target"]["warmth"]["own"] == {"rho": None, "low": None, "high": None}
    assert not one_score(found)
    twins = RATED[:, [0, 0, 2]]  # one rating follows from another
    found = own_and_others(OWN[None], twins, NAMES, **options())
    assert found is not None
    assert found["per_target"]["warmth"]["partial"]["rho"] is None
    two = given_length(OWN[None, :2], RATED[:2], WORDS[:2], NAMES, **options(2))
    assert two is not None
    assert two["mean"] is None


def test_people_without_all_ratings_do_not_count() -> None:
    holed = RATED.copy()
    holed[:40, 0] = np.nan
    found = own_and_others(OWN[None], holed, NAMES, **options())
    rest = own_and_others(OWN[None, 40:], RATED[40:], NAMES, **options(N - 40))
    assert found is not None
    assert rest is not None
    assert found["n"] == N - 40
    assert found["per_target"]["drive"]["own"]["rho"] == rest["per_target"]["drive"]["own"]["rho"]


def test_the_overall_score_is_the_mean_with_turned_and_unlike_scales() -> None:
    alike = TargetSchema("s", (Target("calm", 1, 7), Target("tense", 1, 7, polarity=-1)))
    values = np.array([[6.0, 2.0], [np.nan, 3.0]])
    np.testing.assert_allclose(composite(values, alike)[:, 0], [6.0, np.nan])
    assert composite_schema(alike).targets[0].high == 7
    unlike = TargetSchema("s", (Target("calm", 1, 5), Target("warm", 0, 100)))
    assert composite(np.array([3.0, 100.0]), unlike).tolist() == [0.75]
    assert composite_schema(unlike).targets == (Target("overall", 0, 1),)

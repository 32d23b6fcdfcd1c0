"""Norm tables: who may be in them, what they refuse, and where scores lie in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.norms.distribution import distribution, from_counts
from trifold.psychometrics.norms.percentile import (
    against_small_sample,
    people_for_precision,
    percentile_rank,
    shown,
)
from trifold.psychometrics.norms.placing import place
from trifold.psychometrics.norms.reading import norms_from_json, read_norms, write_norms
from trifold.psychometrics.norms.standard_scores import STANINE_CUTS, standard, stanine, sten
from trifold.psychometrics.norms.table import NormSample, NormTable, norm_table

DAY = date(2026, 11, 1)
SAMPLE = NormSample(
    "uk-2026", "UK applicants", "applicants for customer service", "en", "GB",
    date(2026, 1, 1), date(2026, 10, 1), "model-1", "schema-1", "questions-1", DAY,
)  # fmt: skip
USE = {"model": "model-1", "schema": "schema-1", "on": DAY}
FEW = settings(max_examples=30, deadline=None)


def long(n: int = 400, *, seed: int = 0, skew: bool = False) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    scores = generator.exponential(size=n) if skew else generator.normal(4, 1, n)
    return pd.DataFrame(
        {"candidate_id": [f"c{i}" for i in range(n)], "target": "warmth", "score": scores}
    )


def made(**kind: bool) -> NormTable:
    return norm_table(long(**kind), SAMPLE, trained_on=[])


def test_standard_scores_follow_their_formulas() -> None:
    one = standard(1.3)
    assert (one.t, one.stanine, one.sten) == (63.0, 8, 8)
    assert [int(stanine(cut - 1e-9)) for cut in STANINE_CUTS] == list(range(1, 9))
    assert [int(stanine(cut)) for cut in STANINE_CUTS] == list(range(2, 10))
    assert [int(sten(z)) for z in (-9, -2.01, 0, 1.99, 9)] == [1, 1, 6, 9, 10]


def test_stanines_cut_at_the_published_percentiles() -> None:
    published = (4.0, 10.6, 22.7, 40.1, 59.9, 77.3, 89.4, 96.0)
    assert np.round(100 * stats.norm.cdf(STANINE_CUTS), 1) == pytest.approx(published)


def test_jeffreys_interval_of_69_in_100() -> None:
    scores = from_counts(np.array([69, 0, 31]))
    rank = percentile_rank(scores, 1)
    assert rank.estimate == 69
    assert (rank.low / 100, rank.high / 100) == pytest.approx((0.595, 0.774), abs=5e-4)


def test_385_people_know_the_90th_percentile_to_three_points() -> None:
    assert people_for_precision(90, points=3) == 385


@FEW
@given(st.lists(st.integers(0, 40), min_size=2, max_size=60), st.integers(-3, 43))
def test_percentile_ranks_count_those_below_and_half_the_equal(
    scores: list[int], score: int
) -> None:
    rank = percentile_rank(distribution(np.array(scores, dtype=float)), score)
    values = np.array(scores)
    expected = 100 * (np.sum(values < score) + 0.5 * np.sum(values == score)) / len(values)
    if score in scores or score < min(scores) or score > max(scores):
        assert rank.estimate == pytest.approx(expected)
    outside = score < min(scores) or score > max(scores)
    assert (Code.EXTRAPOLATED in rank.flags) == outside


@FEW
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=500), st.floats(-6, 6), st.floats(0, 3))
def test_percentile_ranks_never_fall(scores: list[float], score: float, more: float) -> None:
    norm = distribution(np.array(scores))
    assert norm.below(score) <= norm.below(score + more)


def test_nobody_is_at_0_or_100() -> None:
    norm = from_counts(np.ones(400))
    assert [shown(percentile_rank(norm, s)) for s in (-9, 0, 200, 399, 999)] == [
        "< 1", "< 1", "50", "> 99", "> 99",
    ]  # fmt: skip
    assert shown(percentile_rank(from_counts(np.ones(20)), -1)) == "< 5"


def test_a_small_sample_pulls_percentiles_to_the_middle() -> None:
    few = against_small_sample(70, mean=50, sd=10, n=10)
    t = 2 / np.sqrt(1.1)
    assert few.estimate == pytest.approx(100 * stats.t.cdf(t, 9))
    assert few.estimate < 100 * stats.norm.cdf(2)
    assert against_small_sample(70, mean=50, sd=10, n=2).flags == (Code.TOO_FEW_PERSONS,)
    assert against_small_sample(70, mean=50, sd=0, n=9).flags == (Code.NO_VARIANCE,)


def test_a_place_names_its_norm_and_shows_how_unsure_the_score_is() -> None:
    one = place(made(), "warmth", 5.0, **USE, sem=0.5)
    assert (one.norm_id, one.norm_n, one.read) == ("uk-2026", 400, "linear")
    assert one.percentile_low < one.percentile.low < one.percentile.estimate
    assert one.linear.z == pytest.approx(one.normalised.z, abs=0.15)
    assert one.small_sample is None
    assert one.as_json()["percentile"]["n"] == 400


def test_skewed_norms_are_read_by_rank() -> None:
    norm = made(skew=True)
    one = place(norm, "warmth", float(np.log(2)), **USE)  # the median of an exponential
    assert one.read == "normalised"
    assert one.normalised.z == pytest.approx(0, abs=0.15)
    assert one.linear.z < -0.2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "model-2"}, "norms of model model-2, got model-1: NORM_OTHER_MODEL"),
        ({"schema": "other"}, "norms of schema other, got schema-1: NORM_OTHER_MODEL"),
        ({"on": date(2031, 10, 8)}, "within five years, got 2026-10-01: NORM_OTHER_MODEL"),
    ],
)
def test_norms_of_another_model_or_time_are_refused(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        place(made(), "warmth", 5.0, **{**USE, **change})


def test_people_of_training_are_refused() -> None:
    with pytest.raises(InputError, match=r"2 people of training \(c1, c3\): IN_SAMPLE"):
        norm_table(long(), SAMPLE, trained_on=["c3", "c1", "other"])


def test_norms_by_group_are_refused() -> None:
    with pytest.raises(InputError, match="norms by group are refused"):
        norm_table(long().assign(Sex="f"), SAMPLE, trained_on=[])


def test_fewer_than_100_people_take_force_and_are_flagged() -> None:
    with pytest.raises(InputError, match="99: NORM_TOO_SMALL"):
        norm_table(long(99), SAMPLE, trained_on=[])
    norm = norm_table(long(99), SAMPLE, trained_on=[], force=True)
    one = place(norm, "warmth", 4.0, **USE)
    assert Code.NORM_TOO_SMALL in one.flags
    assert one.small_sample is not None
    grades = [replace(norm, targets={"w": replace(norm.targets["warmth"], n=n)}).grade
              for n in (99, 100, 300, 1000)]  # fmt: skip
    assert grades == ["too small", "small", "good", "very good"]


def test_weights_count_as_effective_people() -> None:
    table, half = long(200), {f"c{i}": 3.0 if i < 100 else 1.0 for i in range(200)}
    norm = norm_table(table, SAMPLE, trained_on=[], weights=half).targets["warmth"]
    assert norm.scores.n == pytest.approx(400**2 / (100 * 9 + 100))
    assert norm.mean == pytest.approx(np.average(table["score"], weights=list(half.values())))
    equal = norm_table(table, SAMPLE, trained_on=[], weights=dict.fromkeys(half, 2.0))
    assert equal.targets["warmth"].sd == pytest.approx(table["score"].std())


def test_answers_of_a_person_are_one_score() -> None:
    twice = pd.concat([long(120), long(120)])
    assert norm_table(twice, SAMPLE, trained_on=[]).n == 120


def test_a_file_gives_the_table_back(tmp_path: Path) -> None:
    norm = made()
    write_norms(norm, tmp_path / "norms.json")
    again = read_norms(tmp_path / "norms.json")
    assert again.sample == norm.sample
    assert again.as_json() == norm.as_json()
    assert "c17" not in (tmp_path / "norms.json").read_text()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "other", "format trifold-norms/1"),
        (("sample", "built_on"), "yesterday", "sample.built_on as YYYY-MM-DD"),
        (("sample", "model"), 3, "sample.model as text"),
        (("targets",), {}, "one target at least"),
        (("flags",), ["NO_SUCH"], "known flags"),
        (("targets", "warmth", "sd"), 0, "a spread"),
        (("targets", "warmth", "sd"), 10**400, "sd of warmth as a finite number"),
        (("targets", "warmth", "n"), 3, "cumulative counts up to n"),
        (("targets", "warmth", "scores", "cumulative"), [3, 2], "ascending edges"),
        (("targets", "warmth", "scores", "edges"), "abc", "edges of warmth as a list"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_right_are_refused(path: tuple, value: object, message: str) -> None:
    content = {"format": "trifold-norms/1", **made().as_json()}
    place_at = content
    for key in path[:-1]:
        place_at = place_at[key]
    place_at[path[-1]] = value
    with pytest.raises(InputError, match=message):
        norms_from_json(content, where="norms.json")


@FEW
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("norms") / "norms.json"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_norms(path)

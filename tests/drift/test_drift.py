"""Drift is told where it is, at the rate of chance where it is not, and from bins alone."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from trifold.commands.studies.drift import drift
from trifold.drift.bins import LEAST_IN_BIN, Bins, category_bins, number_bins
from trifold.drift.comparison import ALPHA, compare, counted
from trifold.drift.distances import ks, ks_noise, merged, psi, psi_noise, share_gap
from trifold.drift.profile import FILE, Profile, observation_of, profile_of, read_profile
from trifold.drift.reading import read_observations
from trifold.errors import BundleError, InputError

COUNTS = st.lists(st.integers(0, 500) | st.integers(0, 9), min_size=2, max_size=12)
NUMBERS = ("snr_db", "brightness", "speech_s", "n_words")


def people(draws: np.random.Generator, n: int, **shifts: float) -> list[dict]:
    """Observations of people of one population; a shift is in standard deviations."""
    found = []
    for values in draws.standard_normal((n, len(NUMBERS) + 1)):
        one = {name: value + shifts.get(name, 0.0) for name, value in zip(NUMBERS, values)}  # noqa: B905
        words = draws.random() < 0.9 - shifts.get("words", 0.0)
        one |= {"modalities": "text+audio+video" if words else "audio+video",
                "outcome": "scored" if draws.random() < 0.95 else "NO_FACE",
                "score.warmth": round(4 + values[-1] + shifts.get("warmth", 0.0), 4)}  # fmt: skip
        found.append(one)
    return found


def alarms(profile: Profile, later: list[dict]) -> set[str]:
    return {one.name for one in compare(profile, counted(profile, later)) if one.alarm}


@settings(max_examples=60, deadline=None)
@given(counts=COUNTS)
def test_distances_are_none_of_the_same_and_do_not_ask_which_came_first(counts) -> None:
    one, other = np.array(counts, float), np.array(counts[::-1], float)
    assert psi(one, one) == 0
    assert psi(one, other) == pytest.approx(psi(other, one))
    assert psi(one, other) >= 0
    assert ks(one, one) == 0
    assert 0 <= ks(one, other) <= 1


def test_distances_are_those_of_a_page_of_paper() -> None:
    one, other = np.array([99.5, 299.5]), np.array([199.5, 199.5])  # a half joins each
    assert psi(one, other) == pytest.approx(0.25 * np.log(2) + 0.25 * np.log(1.5), abs=1e-9)
    assert ks(np.array([100.0, 300.0]), np.array([200.0, 200.0])) == pytest.approx(0.25)


@pytest.mark.parametrize("alpha", [0.2, 0.05])
def test_the_noise_is_exceeded_as_often_as_it_says(alpha: float) -> None:
    draws, shares = np.random.default_rng(3), np.full(8, 1 / 8)
    pairs = [(draws.multinomial(250, shares), draws.multinomial(150, shares)) for _ in range(2000)]
    limit = psi_noise(250, 150, 8, alpha=alpha)
    exceeded = np.mean([psi(one, other) > limit for one, other in pairs])
    assert exceeded == pytest.approx(alpha, abs=0.025)
    limit = ks_noise(250, 150, alpha=alpha)
    assert np.mean([ks(one, other) > limit for one, other in pairs]) <= alpha


def test_people_of_the_same_population_seldom_raise_an_alarm() -> None:
    draws, found = np.random.default_rng(0), 0
    for _ in range(40):
        profile = profile_of(people(draws, 150))
        found += sum(bool(alarms(profile, people(draws, 120))) for _ in range(5))
    assert found <= 200 * ALPHA * 3


@pytest.mark.parametrize(
    ("shift", "name"),
    [({"snr_db": 1.0}, "snr_db"), ({"warmth": -1.0}, "score.warmth"),
     ({"words": 0.5}, "modalities")],
)  # fmt: skip
def test_a_planted_shift_is_found_where_it_is_and_nowhere_else(shift, name) -> None:
    draws, found = np.random.default_rng(1), []
    for _ in range(10):
        profile = profile_of(people(draws, 300))
        found.append(alarms(profile, people(draws, 200, **shift)))
    assert sum(name in one for one in found) == 10
    assert sum(one != {name} for one in found) <= 1


def test_a_small_shift_of_few_people_is_no_alarm_and_of_many_neither() -> None:
    """What does not matter is none, however surely it is there."""
    draws = np.random.default_rng(2)
    profile = profile_of(people(draws, 20_000))
    assert alarms(profile, people(draws, 40, snr_db=0.3)) == set()
    assert alarms(profile, people(draws, 20_000, snr_db=0.05)) == set()


@pytest.mark.parametrize("n", [30, 60, 400])
@pytest.mark.parametrize("usual", [1000, 994])
def test_all_withheld_is_an_alarm_where_hardly_anybody_was(n: int, usual: int) -> None:
    outcome = category_bins(["scored"] * usual + ["NO_FACE"] * (1000 - usual))
    (found,) = compare(Profile(1000, {"outcome": outcome}),
                       {"outcome": [n * (name != "scored") // (len(outcome.names) - 1)
                                    for name in outcome.names]})  # fmt: skip
    assert found.alarm
    assert found.ks > found.ks_limit
    (same,) = compare(Profile(1000, {"outcome": outcome}),
                      {"outcome": [n * (name == "scored") for name in outcome.names]})  # fmt: skip
    assert not same.alarm


def test_the_largest_difference_of_a_category_is_exceeded_seldom_enough() -> None:
    draws, shares = np.random.default_rng(3), np.array([0.6, 0.3, 0.08, 0.02])
    limit = ks_noise(250, 60, alpha=0.2 / 4)
    pairs = [(draws.multinomial(250, shares), draws.multinomial(60, shares)) for _ in range(2000)]
    assert np.mean([share_gap(one, other) > limit for one, other in pairs]) <= 0.2
    assert share_gap(np.array([50.0, 50.0]), np.array([10.0, 30.0])) == pytest.approx(0.25)


def test_an_alarm_can_be_written_as_json_whatever_has_no_limit() -> None:
    """Of bins that are joined to one, PSI has none."""
    bins = Bins((1.0,), (), (990, 10, 0))
    (found,) = compare(Profile(1000, {"snr_db": bins}), {"snr_db": [15, 15, 0]})
    assert found.alarm
    assert set(json.loads(json.dumps(found.numbers, allow_nan=False))) == {"psi", "ks", "ks_limit"}


def test_nothing_is_said_of_fewer_than_thirty() -> None:
    draws = np.random.default_rng(4)
    assert profile_of(people(draws, 29)) is None
    profile = profile_of(people(draws, 30))
    assert compare(profile, counted(profile, people(draws, 29, snr_db=9))) == []


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.one_of(st.none(), st.floats(-50, 50), st.just(0.0)), min_size=30,
                       max_size=200))  # fmt: skip
def test_a_bin_holds_no_single_person_and_all_are_counted(values) -> None:
    found = number_bins(values)
    if found is None:
        assert sum(value is not None for value in values) < 2 * LEAST_IN_BIN
        return
    assert min(found.counts[:-1]) >= LEAST_IN_BIN
    assert found.counts[-1] == 0 or found.counts[-1] >= LEAST_IN_BIN
    assert found.n == len(values)
    again = np.bincount([found.place(v) for v in values], minlength=len(found.counts))
    few = 0 if again[-1] >= LEAST_IN_BIN else again[-1]  # who are counted where most are
    moved = np.array(found.counts) - again
    assert (moved[-1], moved.max(), np.abs(moved).sum()) == (-few, few, 2 * few)


@given(values=st.lists(st.sampled_from(["a", "b", "else", None]), min_size=30, max_size=90))
def test_rare_categories_are_told_as_others(values) -> None:
    found = category_bins(values)
    named = dict(zip(found.names, found.counts, strict=True))
    assert all(n >= LEAST_IN_BIN or (name, n) == ("else", 0) for name, n in named.items())
    assert found.n == len(values)
    assert found.place("never seen") == found.names.index("else")


@settings(max_examples=60, deadline=None)
@given(counts=COUNTS, ordered=st.booleans(), data=st.data())
def test_joined_bins_hold_the_same_people_and_enough_of_them(counts, ordered, data) -> None:
    one = np.array(counts, float)
    other = np.array(data.draw(st.permutations(counts)), float)
    joined = merged(one, other, ordered=ordered)
    assert (joined[0].sum(), joined[1].sum()) == (one.sum(), other.sum())
    if len(joined[0]) > 1:
        both = joined[0] + joined[1]
        assert (both / both.sum() * min(one.sum(), other.sum())).min() >= 5 - 1e-9


ROW = {"status": "scored", "error_code": None, "modalities": "text", "warmth": 4.0,
       "warmth_low": 3.0, "warmth_rank_low": None, "warmth_percentile_low": None}  # fmt: skip
ANSWER = {"status": "scored", "duration_s": 10.0, "words_source": "given", "snr_db": 20.0}


def test_a_person_counts_once_however_many_answers() -> None:
    one = observation_of(ROW, [ANSWER, ANSWER | {"snr_db": 30.0, "words_source": "recognised"},
                               ANSWER | {"status": "error", "snr_db": None}])  # fmt: skip
    assert (one["snr_db"], one["duration_s"], one["n_answers"]) == (25.0, 20.0, 2.0)
    assert (one["words_source"], one["outcome"]) == ("given+recognised", "scored")
    assert [name for name in one if name.startswith("score.")] == ["score.warmth"]
    without = observation_of(ROW | {"status": "withheld", "error_code": "NO_FACE"}, None)
    assert without == {"modalities": "text", "outcome": "NO_FACE"}


def test_a_profile_is_read_as_it_was_written_and_a_damaged_one_refused(tmp_path: Path) -> None:
    profile = profile_of(people(np.random.default_rng(5), 80))
    text = profile.write(tmp_path / FILE).read_text()
    assert read_profile(tmp_path) == profile
    facts = json.loads(text)
    damaged = [facts | {"format": 9}, facts | {"bins": {"a": {"edges": [2, 1], "counts": [1] * 4}}},
               facts | {"bins": {"a": {"names": ["x"], "counts": [1]}}}, {}]  # fmt: skip
    for wrong in damaged:
        (tmp_path / FILE).write_text(json.dumps(wrong))
        with pytest.raises(BundleError, match=r"profile\.json: expected a profile of format 1"):
            read_profile(tmp_path)


def test_scored_folders_are_held_against_a_bundle(tmp_path: Path, capsys) -> None:
    draws = np.random.default_rng(6)
    bundle, scores = tmp_path / "bundle", tmp_path / "scores"
    bundle.mkdir(), scores.mkdir()
    (bundle / "bundle.json").write_text("{}")
    write_scores(scores, draws.normal(4, 1, 120))
    with pytest.raises(InputError, match=r"expected a bundle with profile\.json"):
        run(bundle, scores, tmp_path / "none")
    profile_of(read_observations(scores, BUNDLE)).write(bundle / FILE)
    run(bundle, scores, tmp_path / "same")
    assert "drifted by more than chance: none" in capsys.readouterr().out
    write_scores(scores, draws.normal(5.5, 1, 120))
    table, page = run(bundle, scores, tmp_path / "other")
    assert "score.warmth" in capsys.readouterr().out
    with table.open(newline="") as file:
        first = next(csv.DictReader(file))
    assert (first["quantity"], first["alarm"], first["n"]) == ("score.warmth", "yes", "120")
    assert "score.warmth" in page.read_text()
    assert "p17" not in page.read_text() + table.read_text()  # nobody of them


def run(bundle: Path, scores: Path, out: Path) -> list[Path]:
    return drift(OmegaConf.create({"bundle": str(bundle), "scores": str(scores), "out": str(out)}))


BUNDLE = hashlib.sha256(b"{}").hexdigest()[:12]


def test_scores_by_another_model_and_answers_of_others_are_refused(tmp_path: Path) -> None:
    write_scores(tmp_path, np.arange(40.0))
    with pytest.raises(InputError, match=rf"candidates\.csv: expected .* model b2, got {BUNDLE}"):
        read_observations(tmp_path, "b2")
    answers = tmp_path / "answers.csv"
    answers.write_text(answers.read_text().replace("p7,", "q7,"))
    with pytest.raises(InputError, match=r"answers\.csv: expected answers of all 40 .* none of 1"):
        read_observations(tmp_path, BUNDLE)


def test_a_measure_without_a_column_is_told_as_unknown_and_no_drift(tmp_path, capsys) -> None:
    bundle, scores = tmp_path / "bundle", tmp_path / "scores"
    bundle.mkdir(), scores.mkdir()
    (bundle / "bundle.json").write_text("{}")
    write_scores(scores, np.arange(60.0), snr_db="20")
    answers = scores / "answers.csv"
    text = answers.read_text()
    profile_of(read_observations(scores, BUNDLE)).write(bundle / FILE)
    answers.write_text(text.replace("snr_db", "snr"))
    run(bundle, scores, tmp_path / "out")
    said = capsys.readouterr().out
    assert "by more than chance: none" in said
    assert "not told, as nobody of them has it: snr_db" in said
    write_scores(scores, np.arange(60.0))  # the column is there, and empty
    run(bundle, scores, tmp_path / "empty")
    assert "by more than chance: snr_db" in capsys.readouterr().out


def write_scores(folder: Path, values: np.ndarray, snr_db: str = "") -> None:
    head = "candidate_id,n_files,status,error_code,modalities,warmth,warmth_low,bundle_id"
    rows = [f"p{i},1,scored,,text,{value:.4f},1,{BUNDLE}" for i, value in enumerate(values)]
    (folder / "candidates.csv").write_text("\n".join([head, *rows]) + "\n")
    head = "candidate_id,clip_id,status,error_code,modalities,duration_s,words_source,snr_db"
    rows = [f"p{i},a,scored,,text,{20 + i % 7},given,{snr_db}" for i in range(len(values))]
    (folder / "answers.csv").write_text("\n".join([head, *rows]) + "\n")

"""What stands beside candidates' scores: their own error, ranks in the run, and percentiles."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.scoring.norms_factory import norms_of
from tests.scoring.scoring_factory import NAMES, talkers, tiny_bundle
from trifold.bundle.bundle import Bundle, load_bundle, write_bundle
from trifold.errors import BundleError, InputError
from trifold.features.store import FeatureStore
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.scoring.columns import candidate_columns
from trifold.scoring.folder.norm_group import norm_group
from trifold.scoring.folder.run import Settings, score_clips
from trifold.scoring.folder.standing import with_standing
from trifold.scoring.in_memory import CandidateScorer
from trifold.studies.reading import read_scores

KNOWN = {"warmth": AnswerVariance(0.02, 0.01, 40), "drive": AnswerVariance(0.1, 0.2, 40, "why not")}
INLINE = Settings(engine="inline", progress=False, spreadsheets=())


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> Bundle:
    return tiny_bundle(tmp_path_factory.mktemp("old"))


@pytest.fixture(scope="module")
def bundle(old: Bundle, tmp_path_factory) -> Bundle:
    folder = tmp_path_factory.mktemp("new")
    description = replace(old.description, answer_variance=KNOWN)
    write_bundle(folder, description, old.network, old.scaler)
    return load_bundle(folder)


@pytest.fixture(scope="module")
def rows(bundle: Bundle, tmp_path_factory) -> list[dict]:
    """Six people of two answers each, one of one, scored with norms."""
    folder = tmp_path_factory.mktemp("out")
    group = norm_group(norms_of(bundle, folder / "norms.json"), bundle)
    clips = [*talkers(6), *talkers(7, answers=1)[-1:]]
    store = FeatureStore(folder / "features")
    scored = score_clips(clips, bundle, store, folder, settings=INLINE, norms=group)
    lines = (folder / "candidates.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == scored.candidates
    return scored.candidates


def test_the_error_is_of_the_answers_that_were_given(rows) -> None:
    assert [row["n_answers"] for row in rows] == [2] * 6 + [1]
    assert rows[0]["warmth_sem"] == pytest.approx(np.sqrt(0.01 / 2), abs=1e-4)
    assert rows[6]["warmth_sem"] == pytest.approx(0.1)


def test_every_rank_lies_in_its_interval(rows) -> None:
    scores = np.array([row["warmth"] for row in rows])
    for row, rank in zip(rows, 1 + (scores[:, None] < scores).sum(axis=1), strict=True):
        assert 1 <= row["warmth_rank_low"] <= rank <= row["warmth_rank_high"] <= len(rows)


def test_percentiles_rise_with_scores_and_lie_in_their_intervals(rows) -> None:
    ordered = sorted(rows, key=lambda row: row["warmth"])
    ranks = [row["warmth_percentile"] for row in ordered]
    assert ranks == sorted(ranks)
    for row in rows:
        low, high = row["warmth_percentile_low"], row["warmth_percentile_high"]
        assert 0 <= low < row["warmth_percentile"] < high <= 100
        assert (row["norm_id"], row["norm_n"]) == ("pilot", 120)


def test_what_is_withheld_has_a_percentile_without_an_interval_and_no_rank(rows) -> None:
    for row in rows:
        empty = ("sem", "rank_low", "rank_high", "percentile_low", "percentile_high")
        assert [row[f"drive_{end}"] for end in empty] == [None] * 5
        assert row["drive_percentile"] is not None


def test_norms_are_made_of_people_as_percentiles_are_read_of_them(bundle, tmp_path) -> None:
    store = FeatureStore(tmp_path / "features")
    scored = score_clips(talkers(5), bundle, store, tmp_path / "out", settings=INLINE)
    found = read_scores(tmp_path / "out", people=True)
    assert found.targets == list(NAMES), "no rank or percentile is taken for a target"
    means = found.per_person()["warmth"]
    assert means.to_dict() == {row["candidate_id"]: row["warmth"] for row in scored.candidates}


def test_one_person_alone_has_an_error_and_no_rank(bundle: Bundle, rows) -> None:
    alone = CandidateScorer(bundle).score(talkers(1)).candidate
    assert alone["warmth_sem"] == rows[0]["warmth_sem"]
    for end in ("rank_low", "rank_high", "percentile"):
        assert alone[f"warmth_{end}"] is None
    assert list(alone) == [column.name for column in candidate_columns(NAMES)]


def test_older_bundles_keep_their_scores_and_have_no_error(old: Bundle, bundle, rows) -> None:
    row = CandidateScorer(old).score(talkers(1)).candidate
    same = ("warmth", "warmth_low", "warmth_high", "drive")
    assert [row[name] for name in same] == [rows[0][name] for name in same]
    assert row["warmth_sem"] is None
    assert row["norm_id"] is None
    assert with_standing([row], NAMES) == [row]


def test_bundles_say_what_they_know_of_answers(old: Bundle, bundle: Bundle, tmp_path) -> None:
    assert dict(bundle.description.answer_variance) == KNOWN
    for number, known in enumerate(({}, KNOWN)):
        description = replace(old.description, answer_variance=known)
        write_bundle(tmp_path / str(number), description, old.network, old.scaler)
        again = load_bundle(tmp_path / str(number))
        assert again.bundle_id == (old.bundle_id, bundle.bundle_id)[number]
        text = (tmp_path / str(number) / "bundle.json").read_text()
        assert ("answer_variance" in text) == bool(known)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"warmth": {"persons": -1, "answers": 1, "people": 9}}, "persons of a variance"),
        ({"warmth": {"persons": 1, "answers": 1, "people": 0}}, "people above 0"),
        ({"strength": {"persons": 1, "answers": 1, "people": 9}}, "answer_variance of the targets"),
        ({"warmth": {"persons": 1}}, "missing"),
    ],
)
def test_a_bundle_whose_variances_cannot_be_is_refused(old, tmp_path, wrong, said: str) -> None:
    write_bundle(tmp_path, old.description, old.network, old.scaler)
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"answer_variance": wrong}))
    with pytest.raises(BundleError, match=said):
        load_bundle(tmp_path)


def test_norms_of_another_model_or_without_a_target_are_refused(bundle: Bundle, tmp_path) -> None:
    with pytest.raises(InputError, match=r"expected norms of model .*NORM_OTHER_MODEL"):
        norm_group(norms_of(bundle, tmp_path / "a.json", model="other"), bundle)
    with pytest.raises(InputError, match=r"expected norms of schema s, got other"):
        norm_group(norms_of(bundle, tmp_path / "b.json", schema="other"), bundle)
    old_norms = norms_of(bundle, tmp_path / "c.json", collected_to=date(2010, 1, 1))
    with pytest.raises(InputError, match="within five years"):
        norm_group(old_norms, bundle)

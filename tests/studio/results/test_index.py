"""Rows in the database are those of the files, however often and whenever they were read."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sqlalchemy import func, select

from tests.scoring.scoring_factory import tiny_bundle
from tests.studio.results.results_factory import add_run, model
from trifold.errors import InputError
from trifold.reports.forgetting import forget_outputs
from trifold.reports.model import ReportedModel
from trifold.studio.database.work import CandidateResult, Run, TargetResult
from trifold.studio.results.index import codes_of, ensure_indexed, index_run, key_of
from trifold.studio.results.lines import read_rows, stretches
from trifold.studio.results.model import keep_model, read_model


def held(studio, run) -> list[tuple]:
    with studio.database.reading() as session:
        wanted = select(CandidateResult).where(CandidateResult.run_id == run.id)
        found = session.scalars(wanted.order_by(CandidateResult.candidate))
        return [(one.candidate, one.key, one.status, one.codes, one.row) for one in found]


def rows_in(studio, run, table: str = "candidates") -> list[dict]:
    path = studio.folder_of(run.project_id) / run.folder / f"{table}.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def again(studio, run) -> Run:
    with studio.database.reading() as session:
        return session.get_one(Run, run.id)


def test_an_index_made_twice_is_made_once(studio, run) -> None:
    first = held(studio.studio, run)
    assert index_run(studio.studio, studio.project, run.id) == 70
    assert held(studio.studio, run) == first
    with studio.studio.database.reading() as session:
        n = select(func.count()).select_from(TargetResult).where(TargetResult.run_id == run.id)
        assert session.scalar(n) == 70 * 5


def test_the_index_says_what_the_files_say(studio, run) -> None:
    rows = {row["candidate_id"]: row for row in rows_in(studio.studio, run)}
    for name, _, status, codes, row in held(studio.studio, run):
        assert row == rows[name]
        assert status == row["status"]
        assert codes.split() == codes_of(row)
    facts = again(studio.studio, run).facts
    assert (facts["people"], facts["scored"]) == (70, 64)
    assert facts["codes"] == ["NOISY_SOUND", "NO_FACE", "OUT_OF_DISTRIBUTION"]


def test_a_candidate_of_the_project_keeps_the_id_by_which_the_log_knows_them(sqlite_studio) -> None:
    studio, name = sqlite_studio.studio, "c001"
    made = add_run(studio, sqlite_studio.project, 3)
    path = studio.folder_of(made.project_id) / made.folder / "candidates.jsonl"
    path.write_text(path.read_text("utf-8").replace("person_00001", name), "utf-8")
    index_run(studio, made.project_id, made.id)
    keys = {one[0]: one[1] for one in held(studio, made)}
    assert keys[name] == sqlite_studio.candidate
    assert keys["person_00000"] == key_of(made.id, "person_00000")
    assert "person" not in keys["person_00000"]


def test_files_that_changed_are_read_anew_and_others_are_not(sqlite_studio) -> None:
    studio = sqlite_studio.studio
    made = add_run(studio, sqlite_studio.project, 9, answers=2, moved=3)
    ensure_indexed(studio, made.project_id, again(studio, made))
    stamp = again(studio, made).facts["indexed"]
    ensure_indexed(studio, made.project_id, again(studio, made))
    assert again(studio, made).facts["indexed"] == stamp
    folder = studio.folder_of(made.project_id) / made.folder
    forget_outputs("person_00002", folder)
    ensure_indexed(studio, made.project_id, again(studio, made))
    assert [one[0] for one in held(studio, made)] == [
        f"person_{number:05}" for number in range(9) if number != 2
    ]


def test_the_run_of_another_project_is_not_indexed(sqlite_studio, sqlite_run) -> None:
    with pytest.raises(InputError, match="expected a run of this project that scored, got"):
        index_run(sqlite_studio.studio, sqlite_studio.elsewhere, sqlite_run.id)


def test_without_the_bundle_that_made_the_scores_there_is_no_index(sqlite_studio) -> None:
    made = add_run(sqlite_studio.studio, sqlite_studio.project, 2)
    folder = sqlite_studio.studio.folder_of(made.project_id) / made.folder
    (folder / "model.json").unlink()
    with pytest.raises(InputError, match="expected the bundle 0123456789ab, which made the"):
        index_run(sqlite_studio.studio, made.project_id, made.id)


def test_a_damaged_line_is_named(sqlite_studio) -> None:
    made = add_run(sqlite_studio.studio, sqlite_studio.project, 2)
    path = sqlite_studio.studio.folder_of(made.project_id) / made.folder / "answers.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(
        InputError, match=r"answers\.jsonl:3: expected a row of JSON, got something else"
    ):
        index_run(sqlite_studio.studio, made.project_id, made.id)


def test_what_is_kept_of_a_model_is_what_reports_say_of_its_bundle(tmp_path) -> None:
    bundle = tiny_bundle(tmp_path / "bundle")
    row = {"bundle_id": bundle.bundle_id, "coverage": None}
    kept = keep_model(tmp_path, [row], [tmp_path / "none", tmp_path / "bundle"])
    assert kept == ReportedModel.of(bundle) == read_model(tmp_path)
    other = keep_model(tmp_path, [row | {"coverage": 0.8}], [tmp_path / "bundle"])
    assert other.coverage == 0.8 == read_model(tmp_path).coverage


def test_a_model_comes_back_as_it_was_kept(sqlite_studio, sqlite_run) -> None:
    folder = sqlite_studio.studio.folder_of(sqlite_run.project_id) / sqlite_run.folder
    assert read_model(folder) == model()


@pytest.mark.parametrize("seed", range(5))
def test_stretches_hold_a_persons_rows_and_no_others(tmp_path, seed: int) -> None:
    """In any order of people, and for any letters."""
    drawn = np.random.default_rng(seed).integers(0, 5, 40)
    rows = [{"candidate_id": f"ü{who}", "n": n} for n, who in enumerate(drawn.tolist())]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    for name, where in stretches(path).items():
        own = [row for row in rows if row["candidate_id"] == name]
        assert read_rows(path, where, name) == own
        with pytest.raises(InputError, match="expected rows of one person, got another's"):
            read_rows(path, where, "somebody else")
    assert stretches(tmp_path / "none.jsonl") == {}

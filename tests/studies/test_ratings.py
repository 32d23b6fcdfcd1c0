"""A psychologist's table means the same however it is laid out."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests.tables.table_factory import FORMATS, write_rows
from trifold.errors import InputError
from trifold.studies.columns import Roles
from trifold.studies.ratings import read_ratings
from trifold.studies.reading import read_scores
from trifold.studies.scores import Scores

PEOPLE, RATERS, TARGETS = ("007", "Zoë B", "c"), ("R1", "R2", "R3"), ("clarity", "drive")
VALUES = {cell: 1 + (7 * n) % 5 for n, cell in enumerate(product(PEOPLE, RATERS, TARGETS))}
Rows = list[list[str]]


def long() -> tuple[list[str], Rows]:
    header = ["Candidate", "Rater", "Competency", "Score"]
    return header, [[p, r, t, str(v)] for (p, r, t), v in VALUES.items()]


def row_per_rater() -> tuple[list[str], Rows]:
    rows = [[p, r, *(str(VALUES[p, r, t]) for t in TARGETS)] for p, r in product(PEOPLE, RATERS)]
    return ["candidate_id", "judge", *TARGETS], rows


def wide(pattern: str, *, rater_first: bool = False) -> tuple[list[str], Rows]:
    cells = list(product(RATERS, TARGETS) if rater_first else product(TARGETS, RATERS))
    named = [(b, a) if rater_first else (a, b) for a, b in cells]
    header = ["Person ID", *(pattern.format(target=t, rater=r) for t, r in named)]
    return header, [[p, *(str(VALUES[p, r, t]) for t, r in named)] for p in PEOPLE]


def meaning(scores: Scores) -> dict[tuple[str, str, str], float]:
    frame = scores.frame
    sources = frame["source"].str.removeprefix("rater:").str.upper()
    keys = zip(frame["candidate_id"], sources, frame["target"], strict=True)
    return dict(zip(keys, frame["score"], strict=True))


@pytest.mark.parametrize("layout", [
    long(), row_per_rater(), wide("{target}_{rater}"), wide("{rater} - {target}"),
    wide("{rater}.{target}", rater_first=True), wide("{target}: {rater}", rater_first=True),
    wide("{rater} {target}"),
])  # fmt: skip
@pytest.mark.parametrize("kind", FORMATS)
def test_layouts_and_formats_mean_the_same(tmp_path: Path, layout, kind: str) -> None:
    scores = read_ratings(write_rows(tmp_path, kind, *layout))
    assert meaning(scores) == VALUES
    assert not scores.anonymous
    assert scores.people == list(PEOPLE)


def test_order_of_rows_and_decimal_commas_change_nothing(tmp_path: Path) -> None:
    header, rows = long()
    rows = [[*row[:3], f"{row[3]},0"] for row in reversed(rows)]
    assert meaning(read_ratings(write_rows(tmp_path, "semicolon", header, rows))) == VALUES


def test_raters_that_nobody_names_are_numbered_within_the_person(tmp_path: Path) -> None:
    rows = [["a", "3"], ["a", "4"], ["b", "5"], ["b", "1"]]
    scores = read_ratings(write_rows(tmp_path, "csv", ["id", "clarity"], rows))
    assert scores.anonymous
    assert scores.raters == ["rater:1", "rater:2"]


def test_one_row_a_person_is_a_rating_of_nobody_in_particular(tmp_path: Path) -> None:
    rows = [["a", "3", "2"], ["b", "", "5"]]
    scores = read_ratings(write_rows(tmp_path, "csv", ["id", "clarity", "drive"], rows))
    assert set(scores.frame["source"]) == {"rating"}
    assert len(scores.frame) == 3, "an empty cell is no score"
    np.testing.assert_array_equal(scores.per_person()["drive"], [2, 5])


@pytest.mark.parametrize(("header", "kind"), [
    (["id", "q1", "q2", "q3"], "question_id"), (["id", "pre", "post"], "session"),
    (["id", "clarity_q1", "clarity_q2"], "question_id"),
    (["id", "clarity t1", "clarity t2"], "session"),
])  # fmt: skip
def test_questions_and_sessions_are_told(tmp_path: Path, header: list[str], kind: str) -> None:
    rows = [[str(row), *("1" for _ in header[1:])] for row in range(2)]
    frame = read_ratings(write_rows(tmp_path, "csv", header, rows)).frame
    assert frame[kind].nunique() == len(header) - 1
    assert frame["target"].nunique() == 1


def test_names_on_both_sides_are_asked_about(tmp_path: Path) -> None:
    header = ["id", "clarity_anna", "clarity_ben", "drive_anna", "drive_ben"]
    path = write_rows(tmp_path, "csv", header, [["a", "1", "2", "3", "4"]])
    with pytest.raises(InputError, match=r"clarity_rater1.*suffix=.*anna, ben|anna, ben") as error:
        read_ratings(path)
    assert "clarity, drive" in str(error.value)
    assert read_ratings(path, suffix="rater").raters == ["rater:anna", "rater:ben"]
    assert read_ratings(path, suffix="target").targets == header[1:]


def test_numbers_behind_names_are_asked_about(tmp_path: Path) -> None:
    path = write_rows(tmp_path, "csv", ["id", "score1", "score2"], [["a", "1", "2"]])
    with pytest.raises(InputError, match="suffix="):
        read_ratings(path)
    assert len(read_ratings(path, suffix="rater").raters) == 2


def test_groups_are_never_read_with_scores(tmp_path: Path) -> None:
    rows = [["a", "34", "1", "3"], ["b", "41", "2", "4"]]
    path = write_rows(tmp_path, "csv", ["id", "Age", "sex", "clarity"], rows)
    assert read_ratings(path).targets == ["clarity"]


def test_an_outcome_comes_beside(tmp_path: Path) -> None:
    rows = [["a", "R1", "3", "yes"], ["a", "R2", "4", "yes"], ["b", "R1", "4", "no"]]
    path = write_rows(tmp_path, "csv", ["id", "rater", "clarity", "hired"], rows)
    scores = read_ratings(path, beside=["hired"])
    assert scores.beside["hired"].to_dict() == {"a": "yes", "b": "no"}
    rows[1][3] = "no"
    path = write_rows(tmp_path, "csv", ["id", "rater", "clarity", "hired"], rows)
    with pytest.raises(InputError, match=r"one value of 'hired' for each person.*row 3"):
        read_ratings(path, beside=["hired"])


def test_outcomes_and_targets_are_named_in_any_case(tmp_path: Path) -> None:
    rows = [["a", "R1", "3", "yes"], ["b", "R1", "4", "no"]]
    path = write_rows(tmp_path, "csv", ["id", "rater", "Problem solving", "Hired"], rows)
    scores = read_ratings(path, beside=["hired"])
    assert scores.beside["hired"].to_dict() == {"a": "yes", "b": "no"}
    assert scores.only(["problem_solving"]).targets == ["Problem solving"]
    with pytest.raises(InputError, match=r"a column 'fired', got columns candidate_id, rater"):
        read_ratings(path, beside=["fired"])


@pytest.mark.parametrize(("people", "left"), [(9, ["clarity", "words"]), (10, ["clarity"])])
def test_what_never_varies_within_people_is_no_rating(tmp_path: Path, people: int, left) -> None:
    rows = [[f"p{n}", r, str((3 * n + k) % 5), str(100 + n), "1"]
            for n in range(people) for k, r in enumerate(RATERS)]  # fmt: skip
    header = ["id", "rater", "clarity", "words", "same"]
    path = write_rows(tmp_path, "csv", header, rows)
    assert read_scores(path).targets == [*left, "same"], "what is the same for all is told as such"
    assert read_scores(path, targets=["words"]).targets == ["words"]
    assert any("words: the same in all rows" in n for n in read_scores(path).notes) == (people > 9)


def test_a_sheet_is_named_where_several_hold_people(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet, value in ((book.active, 1), (book.create_sheet("Second round"), 2)):
        sheet.append(["Candidate", "clarity"])
        sheet.append(["ann", value])
    path = tmp_path / "t.xlsx"
    book.save(path)
    with pytest.raises(InputError, match=r"or sheet=NAME, got sheets 'Sheet', 'Second round'"):
        read_ratings(path)
    found = read_ratings(path, sheet="second round")
    assert found.per_person().loc["ann", "clarity"] == 2
    assert "sheet 'Second round' is read" in found.notes
    with pytest.raises(InputError, match=r"a sheet among 'Sheet', 'Second round', got 'third'"):
        read_ratings(path, sheet="third")
    with pytest.raises(InputError, match="no workbook, so no sheet 'x'"):
        read_ratings(write_rows(tmp_path, "csv", ["id", "clarity"], [["a", "1"]]), sheet="x")


def test_columns_of_the_users_own_names(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path, "csv", ["Bewerbung", "wer", "Punkte"], [["a", "x", "1"], ["a", "y", "2"]]
    )
    roles = Roles(candidate_id="bewerbung", rater="wer", score="Punkte")
    assert read_ratings(path, roles=roles).raters == ["rater:x", "rater:y"]


@pytest.mark.parametrize(("header", "rows", "said"), [
    (["who", "clarity"], [["a", "1"]], "a column 'candidate_id'"),
    (["id", "clarity"], [["a", "x"]], "no numbers"),
    (["id", "clarity"], [["", "1"]], "who the person is in row 2"),
    (["id", "rater", "clarity"], [["a", "R1", "1"], ["a", "R1", "2"]], "R1 again in row 3"),
    (["id", "clarity"], [["a", str(n)] for n in range(30)] + [["b", "high"]], "'high' in row 32"),
])  # fmt: skip
def test_what_cannot_be_read_is_named(tmp_path: Path, header, rows: Rows, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_ratings(write_rows(tmp_path, "csv", header, rows))


def test_targets_are_chosen_by_name(tmp_path: Path) -> None:
    path = write_rows(tmp_path, "csv", ["id", "clarity", "words"], [["a", "1", "900"]])
    assert read_scores(path, targets=["clarity"]).targets == ["clarity"]
    with pytest.raises(InputError, match="targets among clarity, words, got wordz"):
        read_scores(path, targets=["wordz"])
    with pytest.raises(InputError, match="targets among clarity, words"):
        read_ratings(path).only(["drive"])
    assert isinstance(read_ratings(path).beside, pd.DataFrame)


def test_a_person_is_taken_before_an_id(tmp_path: Path) -> None:
    rows = [["r1", "ann", "1", "3"], ["r2", "ann", "2", "4"]]
    path = write_rows(tmp_path, "csv", ["id", "person", "session", "clarity"], rows)
    assert read_ratings(path).people == ["ann"]


def test_an_outcome_is_no_rating(tmp_path: Path) -> None:
    header, rows = wide("{target} {rater}")
    rows = [[*row, "3.5"] for row in rows]
    scores = read_ratings(write_rows(tmp_path, "csv", [*header, "Performance"], rows))
    assert meaning(scores) == VALUES
    assert "columns Performance belong to no rater and are left out" in scores.notes


NAMED = ["id", "clarity Ann", "clarity Ben", "drive Ann", "drive Ben", "words"]


def test_named_raters_beside_an_outcome_are_asked_about_and_read(tmp_path: Path) -> None:
    path = write_rows(tmp_path, "csv", NAMED, [["a", "1", "2", "3", "4", "300"]])
    with pytest.raises(InputError, match=r"suffix=.*clarity, drive with Ann, Ben"):
        read_ratings(path)
    found = read_ratings(path, suffix="rater")
    assert found.raters == ["rater:Ann", "rater:Ben"]
    assert found.targets == ["clarity", "drive"]
    assert "columns words belong to no rater and are left out" in found.notes
    assert read_ratings(path, suffix="target").targets == NAMED[1:]


@pytest.mark.parametrize(("header", "rows", "said"), [
    (["id", "clarity", "clarity"], [["a", "1", "2"], ["b", "3", "3"]],
     r"one column 'clarity'.*clarity_rater1.*got 'clarity' and 'clarity'"),
    (["id", "clarity", "clarity.1"], [["a", "1", "2"]], "got 'clarity' and 'clarity.1'"),
    (["id", "clarity"], [["a", "3"], ["b", "99"]], r"got '99' in row 3 \(is 99 a code for missing"),
    (["id", "clarity"], [["a", "3"], ["b", "-9"]], "is -9 a code for missing"),
    (["id", "words"], [["a", "1,234"], ["b", "987"]], "'1,234' in row 2, which may mean thousands"),
    (["id", "clarity"], [["a", "3"], ["b", "4?"], ["c", "5"], ["d", "1"]], r"got '4\?' in row 3"),
    (["id", "clarity"], [["a", "3"], ["b", "4"], ["Mean", "3.5"]], "got 'Mean' in row 4"),
])  # fmt: skip
def test_what_would_be_read_wrongly_is_refused(tmp_path: Path, header, rows: Rows, said) -> None:
    with pytest.raises(InputError, match=said):
        read_ratings(write_rows(tmp_path, "csv", header, rows))


@pytest.mark.parametrize("values", [("44", "99"), ("16", "77"), ("-2", "99"), ("4.125", "4")])
def test_numbers_that_only_look_like_codes_or_thousands_stay(tmp_path: Path, values) -> None:
    path = write_rows(tmp_path, "csv", ["id", "x"], [["a", values[0]], ["b", values[1]]])
    assert list(read_ratings(path).frame["score"]) == [float(value) for value in values]


def test_raters_and_targets_have_one_spelling(tmp_path: Path) -> None:
    header, rows = long()
    mixed = [[p, r.swapcase() if p == "c" else r, t.upper() if r == "R3" else t, v]
             for p, r, t, v in rows]  # fmt: skip
    assert meaning(read_ratings(write_rows(tmp_path, "csv", header, mixed))) == VALUES


def test_columns_of_a_survey_tool_are_no_scores(tmp_path: Path) -> None:
    header = ["ResponseId", "Progress", "LocationLatitude", "Comment", "candidate", "rater", "Q1"]
    rows = [["R_1", "100", "52.1", "fine", "ann", "r1", "4 - Agree"],
            ["R_2", "100", "52.2", "", "ann", "r2", "5 - Agree fully"]]  # fmt: skip
    scores = read_ratings(write_rows(tmp_path, "csv", header, rows))
    assert scores.targets == ["Q1"]
    assert list(scores.frame["score"]) == [4, 5]
    assert set(scores.frame["answer_id"]) == {""}, "both raters rated one answer"
    assert [note for note in scores.notes if "left out" in note or "passed over" in note] == [
        "'ResponseId' numbers the survey's rows and is passed over",
        "labels in 'Q1' are passed over: '4 - Agree' and others",
        "columns Progress, LocationLatitude are a survey tool's own and are left out",
        "columns Comment hold no numbers and are left out",
    ]
    assert read_scores(tmp_path / "t.csv", targets=["progress"]).targets == ["Progress"]


def test_progress_may_be_a_competency(tmp_path: Path) -> None:
    path = write_rows(tmp_path, "csv", ["id", "Progress"], [["a", "4"], ["b", "2"]])
    assert read_ratings(path).targets == ["Progress"]


def test_rows_that_are_read_as_several_raters_are_said(tmp_path: Path) -> None:
    rows = [["a", "3"], ["a", "4"], ["b", "5"]]
    scores = read_ratings(write_rows(tmp_path, "csv", ["id", "clarity"], rows))
    said = "no rater is named, so several rows of a person are read as of several raters: a"
    assert scores.notes[-1] == said

"""Tables as tools and people really make them: each means what its maker meant, or is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from tests.tables.table_factory import write_rows
from trifold.errors import InputError
from trifold.groups.reading import read_groups
from trifold.paired_comparisons.io.reading import read_comparisons
from trifold.studies.outcomes import criterion_of, decisions_of
from trifold.studies.reading import read_scores
from trifold.studies.scores import Scores

PEOPLE = [f"p{i}" for i in range(12)]
POINTS = [str(1 + 3 * i % 5) for i in range(12)]


def read(tmp_path: Path, header: list[str], *columns: list[str], **options) -> Scores:
    rows = [list(row) for row in zip(PEOPLE, *columns, strict=True)]
    return read_scores(write_rows(tmp_path, "csv", ["candidate", *header], rows), **options)


def outcomes(tmp_path: Path, cells: list[str], made=criterion_of) -> list[float]:
    scores = read(tmp_path, ["clarity", "later"], POINTS, cells, beside=["later"])
    return list(made(scores.beside["later"], where=scores.where).iloc[:, 1])


@pytest.mark.parametrize(("cells", "said"), [
    (["-9", *["3"] * 11], "up to 3, got '-9' in row 2 .is -9 a code for missing"),
    ([*POINTS[:11], "99"], "numbers as the others of column 'later', up to 5, got '99' in row 13"),
    ([*["410"] * 11, "9999"], "got '9999' in row 13"),
    ([*["yes", "no"] * 5, "99", "yes"], "got '99' in row 12 .is 99 a code"),
    ([*["987"] * 11, "1,234"], "'1,234' in row 13, which may mean thousands"),
    (["85%"] * 12, "a number, yes or no in column 'later', got '85%' in row 2"),
])  # fmt: skip
def test_a_criterion_is_read_with_the_care_that_ratings_are(tmp_path: Path, cells, said) -> None:
    with pytest.raises(InputError, match=said):
        outcomes(tmp_path, cells)


def test_criteria_are_numbers_or_yes_and_no(tmp_path: Path) -> None:
    assert outcomes(tmp_path, [*["3,5", "4.5"] * 5, "", "2"]) == [*[3.5, 4.5] * 5, 2]
    assert outcomes(tmp_path, ["TRUE", "No"] * 6) == [1, 0] * 6
    with pytest.raises(
        InputError, match=r"yes or no in column 'later', got '-9' in row 13 .is -9 a"
    ):
        outcomes(tmp_path, [*["1"] * 11, "-9"], made=decisions_of)


@pytest.mark.parametrize(("header", "cells", "left"), [
    ("Timestamp", [f"{45660 + i / 7:.5f}" for i in range(12)], "hold dates or times"),
    ("Interview date", [str(45660 + i) for i in range(12)], "hold dates or times"),
    ("created_at", [str(1736500000 + i) for i in range(12)], "hold dates or times"),
    ("Started", [f"2025/01/10 10:{i}:22 AM GMT+1" for i in range(10, 22)], "hold dates or times"),
    ("Age", [str(20 + i) for i in range(12)], "tell people's groups"),
    ("id", [str(40 + i) for i in range(12)], "number people or describe other columns"),
    ("Telefon", [str(4915100000 + i) for i in range(12)], "number people or describe"),
    ("clarity_sd", [f"0.{i + 10}" for i in range(12)], "number people or describe other columns"),
    ("total", [str(int(a) + i % 3) for i, a in enumerate(POINTS)], "total is the sum of"),
    ("time", [str(200 + i) for i in range(12)], "column 'time' has another value for nearly"),
    ("assessor", [f"{i + 1}.1.2025" for i in range(12)], "which tells no rater, and is left out"),
])  # fmt: skip
def test_what_is_no_score_is_left_out_and_said(tmp_path: Path, header, cells, left) -> None:
    drive = [str(i % 3) for i in range(12)]
    scores = read(tmp_path, ["clarity", "drive", header], POINTS, drive, cells)
    assert scores.targets == ["clarity", "drive"]
    assert set(scores.frame["source"]) == {"rating"}
    assert set(scores.frame["session"]) == {""}
    assert [note for note in scores.notes if left in note]
    assert not [note for note in scores.notes if cells[0] in note], "no value of anybody"


def test_columns_wanted_as_something_else_take_no_role(tmp_path: Path) -> None:
    for name in ("grade", "criterion", "time"):
        cells = [str(200 + i) for i in range(12)]
        scores = read(tmp_path, ["clarity", name], POINTS, cells, beside=[name])
        assert scores.targets == ["clarity"]
        assert list(scores.beside[name]) == cells


def test_a_grade_beside_other_scores_is_asked_about(tmp_path: Path) -> None:
    header, columns = ["clarity", "grade"], (POINTS, POINTS[::-1])
    with pytest.raises(InputError, match=r"score=grade .* or only=.*got 'grade' beside clarity"):
        read(tmp_path, header, *columns)
    assert read(tmp_path, header, *columns, targets=header).targets == header
    assert read(tmp_path, header, *columns, suffix="target").targets == header
    scores = read(tmp_path, ["score", "words"], POINTS, ["40"] * 12)
    assert scores.targets == ["score"]
    assert [note for note in scores.notes if note.startswith("columns words are left out")]


def twice(*own: list[str]) -> list[list[str]]:
    """Two rows of each person with cells of their own behind a score."""
    return [[who, str(1 + (i + k) % 5), *(cells[2 * i + k] for cells in own)]
            for i, who in enumerate(PEOPLE) for k in (0, 1)]  # fmt: skip


def test_sessions_of_a_tool_and_raters_of_a_form(tmp_path: Path) -> None:
    events = twice(["baseline_arm_1", "month6_arm_1"] * 12)
    path = write_rows(tmp_path, "csv", ["record_id", "clarity", "redcap_event_name"], events)
    assert set(read_scores(path).frame["session"]) == {"baseline_arm_1", "month6_arm_1"}
    forms = twice([f"1/10/2025 14:{i:02d}:22" for i in range(24)], ["Anna", "Ben"] * 12)
    header = ["Candidate", "Clarity", "Timestamp", "Your name"]
    scores = read_scores(write_rows(tmp_path, "csv", header, forms))
    assert scores.raters == ["rater:Anna", "rater:Ben"]


@pytest.mark.parametrize("column", ["time", "session"])
def test_days_of_ones_own_are_no_sessions(tmp_path: Path, column: str) -> None:
    own = twice([f"2025-0{1 + 2 * (i % 2)}-{10 + i // 2}" for i in range(24)])
    with pytest.raises(InputError, match=rf"a session that people share in column '{column}', "
                       "got what few share, '2025-01-10' in row 2 and others"):  # fmt: skip
        read_scores(write_rows(tmp_path, "csv", ["candidate", "clarity", column], own))
    shared = twice(["2025-01-10", "2025-03-12"] * 12)
    path = write_rows(tmp_path, "csv", ["candidate", "clarity", column], shared)
    assert set(read_scores(path).frame["session"]) == {"2025-01-10", "2025-03-12"}


@pytest.mark.parametrize("pattern", ["clarity [{}]", "clarity[{}]", "clarity ({})"])
def test_raters_stand_in_brackets(tmp_path: Path, pattern: str) -> None:
    header = [pattern.format(name) for name in ("Rater 1", "Rater 2")]
    scores = read(tmp_path, header, POINTS, POINTS[::-1])
    assert (scores.targets, scores.raters) == (["clarity"], ["rater:Rater 1", "rater:Rater 2"])
    scales = ["clarity (1-5)", "drive (1-5)"]
    assert read(tmp_path, scales, POINTS, POINTS[::-1]).targets == scales


def test_labels_of_statistics_programs_say_what_is_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame({"candidate": PEOPLE, "clarity": [*map(float, POINTS[:10]), 9.0, 8.0]})
    labels = {"clarity": {1: "none", 5: "good", 8: "don't know", 9: "no answer"}}
    pyreadstat.write_sav(frame, str(tmp_path / "t.sav"), variable_value_labels=labels)
    scores = read_scores(tmp_path / "t.sav")
    assert len(scores.people) == 10
    assert "codes of 'clarity' are read as missing: 8 (don't know), 9 (no answer)" in scores.notes


def test_codes_of_groups_are_no_group_and_categories_stay(tmp_path: Path) -> None:
    told = [["1", "2", "9", "99", "-9", "Don\u2019t know"][i % 6] for i in range(12)]
    rows = [list(row) for row in zip(PEOPLE, told, strict=True)]
    path = write_rows(tmp_path, "csv", ["candidate", "sex"], rows)
    found = read_groups(path, person=["candidate"]).column("sex")
    assert list(found.values())[:6] == ["1", "2", "9", "", "", ""]


@pytest.mark.parametrize(("column", "cells", "said"), [
    ("weight", ["1", "2", "99"], "up to 2, got '99' in row 4 .is 99 a code for missing"),
    ("weight", ["500", "1,234", "700"], "'1,234' in row 3, which may mean thousands"),
    ("rater", [f"2025-01-10 10:0{i}" for i in range(9)], "a rater that people share"),
])  # fmt: skip
def test_comparisons_are_read_with_the_same_care(tmp_path: Path, column, cells, said) -> None:
    rows = [[f"c{i}", f"c{i + 1}", "left", cell] for i, cell in enumerate(cells)]
    path = write_rows(tmp_path, "csv", ["left", "right", "winner", column], rows)
    with pytest.raises(InputError, match=said):
        read_comparisons(path)


def test_rows_that_are_about_columns_or_below_a_name_are_refused(tmp_path: Path) -> None:
    for word in ("Gewicht", "Max. points", "Scale"):
        path = write_rows(tmp_path, "csv", ["id", "x"], [[word, "0.3"], ["a", "4"], ["b", "2"]])
        with pytest.raises(InputError, match=f"got '{word}' in row 2, which is about the columns"):
            read_scores(path)
    path = write_rows(tmp_path, "csv", ["id", "x"], [["Max", "3"], ["a", "4"]])
    assert read_scores(path).people == ["Max", "a"]
    blank = [["Ann", "a", "1"], ["", "b", "2"], ["Ben", "a", "3"], ["", "b", "1"]]
    with pytest.raises(InputError, match="a rater in each row, or in none, got none in row 3"):
        read_scores(write_rows(tmp_path, "csv", ["rater", "id", "x"], blank))


def test_answers_that_try_a_survey_are_left_out(tmp_path: Path) -> None:
    rows = [["Survey Preview", "test", "5"], ["IP Address", "a", "4"], ["IP Address", "b", "2"]]
    header = ["Status", "candidate", "clarity", "DistributionChannel"]
    path = write_rows(tmp_path, "csv", header, [[*row, "anonymous"] for row in rows])
    scores = read_scores(path)
    assert scores.people == ["a", "b"]
    assert "1 rows of previews and tests of the survey are left out" in scores.notes


def test_a_title_may_stand_over_one_known_column(tmp_path: Path) -> None:
    rows = [["", ""], ["candidate", "clarity"], ["a", "4"], ["b", "2"]]
    path = write_rows(tmp_path, "csv", ["Interview ratings 2025", ""], rows)
    assert read_scores(path).per_person()["clarity"].tolist() == [4, 2]

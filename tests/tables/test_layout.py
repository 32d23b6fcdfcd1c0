"""Headers of survey tools and spreadsheets, and rows that are no data."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from trifold.errors import InputError
from trifold.tables.reading import read_table
from trifold.tables.table import Table

KNOWN = ("candidate", "rater", "path")
PEOPLE = (("ann", "4", "5"), ("bob", "1", "2"))
IMPORT = '"{""ImportId"":""%s""}"'
QUALTRICS = (
    "StartDate,candidate,Q1\nStart Date,Who was it?,How clear?\n"
    f"{IMPORT % 'startDate'},{IMPORT % 'QID1'},{IMPORT % 'QID2'}\n"
    "2026-01-01,ann,4\n2026-01-02,bob,1\n"
)


def read(folder: Path, text: str) -> Table:
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return read_table(folder / "t.csv", known=KNOWN)


def test_rows_of_a_survey_below_its_header_are_no_answers(tmp_path: Path) -> None:
    table = read(tmp_path, QUALTRICS)
    assert table.columns == ("StartDate", "candidate", "Q1")
    assert [row[1:] for row in table.rows] == [("ann", "4"), ("bob", "1")]
    assert table.place(0) == "row 4"
    assert table.notes == ("rows 2, 3 of the survey's questions and keys passed over",)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("candidate,clarity,\n,R1,R2", ("candidate", "clarity - R1", "clarity - R2")),
        (",clarity,,\ncandidate,R1,R1,", ("candidate", "clarity - R1", "clarity - R1")),
        ("candidate,Rate!,\nOpen-Ended Response,Clear,Driven",
         ("candidate", "Rate! - Clear", "Rate! - Driven")),
        ("candidate,clarity,drive\nResponse,Response,Response", ("candidate", "clarity", "drive")),
    ],
)  # fmt: skip
def test_a_header_of_two_rows(tmp_path: Path, header: str, columns: tuple[str, ...]) -> None:
    table = read(tmp_path, f"{header}\n" + "".join(f"{','.join(row)}\n" for row in PEOPLE))
    assert table.columns == columns
    assert table.rows == PEOPLE
    assert table.place(0) == "row 3"
    assert table.notes == ("the header has two rows",)


def test_a_header_of_merged_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["candidate", "clarity", None], [None, "R1", "R2"], *PEOPLE):
        book.active.append(row)
    book.active.merge_cells("A1:A2")
    book.active.merge_cells("B1:C1")
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx", known=KNOWN)
    assert table.columns == ("candidate", "clarity - R1", "clarity - R2")
    assert table.rows == PEOPLE


@pytest.mark.parametrize(
    "text",
    [
        "candidate,,clarity\nann,x,4\n",  # a column without a name
        "candidate,clarity\n,4\nann,5\n",  # a row without a person
        "candidate,clarity,note\nann,4,\nbob,5,\n",
        "Ratings of 2026,,\n,,\ncandidate,clarity,rater\nann,4,R1\n",
    ],
)
def test_other_headers_have_one_row(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).notes == ()


def test_a_header_that_comes_again_is_no_row(tmp_path: Path) -> None:
    table = read(tmp_path, "path,Candidate\n1.mp4,ann\nPATH,candidate\n2.mp4,bob\n")
    assert table.rows == (("1.mp4", "ann"), ("2.mp4", "bob"))
    assert table.place(1) == "row 4"
    assert table.notes == ("row 3 with the header again passed over",)


@pytest.mark.parametrize("name", ["X", "Unnamed: 0", "...1", "index", "Row"])
@pytest.mark.parametrize("start", [0, 1])
def test_a_column_that_counts_the_rows_has_no_name(tmp_path: Path, name: str, start: int) -> None:
    table = read(tmp_path, f"{name},candidate\n{start},ann\n{start + 1},bob\n{start + 2},cy\n")
    assert table.columns == ("", "candidate")


@pytest.mark.parametrize("text", ["X,candidate\n3,ann\n5,bob\n", "score,candidate\n1,ann\n2,bob\n"])
def test_a_column_that_counts_nothing_keeps_its_name(tmp_path: Path, text: str) -> None:
    assert "" not in read(tmp_path, text).columns


def test_columns_of_one_name_must_agree(tmp_path: Path) -> None:
    assert read(tmp_path, "candidate,a,a\nann,1,1\n").cells("a") == ["1"]
    with pytest.raises(InputError, match="expected one column 'a', got 2 that differ: rename them"):
        read(tmp_path, "candidate,a,a\nann,1,2\n").cells("a")


@pytest.mark.parametrize(
    "text",
    [
        '{"path": {"0": "1.mp4", "1": "2.mp4"}, "candidate": {"0": "ann", "1": "bob"}}',
        '{"path": ["1.mp4", "2.mp4"], "candidate": ["ann", "bob"]}',
        '{"columns": ["path", "candidate"], "index": [0, 1], "data": [["1.mp4", "ann"],'
        ' ["2.mp4", "bob"]]}',
        '[["path", "candidate"], ["1.mp4", "ann"], ["2.mp4", "bob"]]',
        '["path", "candidate"]\n["1.mp4", "ann"]\n["2.mp4", "bob"]\n',
    ],
)
def test_json_of_data_frames(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.json").write_text(text)
    table = read_table(tmp_path / "t.json", known=KNOWN)
    assert table.columns == ("path", "candidate")
    assert table.rows == (("1.mp4", "ann"), ("2.mp4", "bob"))


def test_json_of_names_to_facts_is_no_data_frame(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"ann": {"path": "1.mp4"}, "bob": {"path": "2.mp4"}}')
    assert read_table(tmp_path / "t.json").columns == ("ann", "bob")

"""One reader for all tables: the same cells from every format, or the true cause."""

from __future__ import annotations

import datetime
import json
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests.tables.table_factory import FORMATS, write_rows
from trifold.errors import InputError
from trifold.runtime.limits import time_limit
from trifold.tables.reading import read_table

HEADER = ["path", "candidate_id", "note"]
ROWS = [["a/q1.mp4", "007", "He said: well, é"], ["b/q1.mp4", "12345678901234567890", "4,5"]]
KNOWN = ("path", "candidate_id", "extraversion")


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_cells(tmp_path: Path, kind: str) -> None:
    table = read_table(write_rows(tmp_path, kind, HEADER, ROWS), known=KNOWN)
    assert table.columns == tuple(HEADER)
    assert table.rows == tuple(map(tuple, ROWS))


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\npath;candidate_id\na.mp4;ann\n",
        '"sep=|"\r\npath|candidate_id\r\na.mp4|ann\r\n',
        "\ufeffpath, candidate_id\na.mp4, ann\n",
        "path,candidate_id,\na.mp4,ann,\n",
        "path,candidate_id,,,\na.mp4,ann,,,\n",
        "path,candidate_id\na.mp4,ann,\n",
        "path,candidate_id\n\n\na.mp4,ann\n\n",
        "'path','candidate_id'\n'a.mp4','ann'\n",
        '"path,candidate_id"\n"a.mp4,ann"\n',
        "Interviews of autumn,\n,\npath,candidate_id\na.mp4,ann\n",
        "List of people\n\npath;candidate_id\na.mp4;ann\n",
        "path\tcandidate_id\na.mp4\tann",
        'path;candidate_id\n"a.mp4";ann\n',
    ],
)
def test_what_is_harmless_is_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    table = read_table(path, known=KNOWN)
    assert [name for name in table.columns if name] == ["path", "candidate_id"]
    assert [table.cells("path"), table.cells("candidate_id")] == [["a.mp4"], ["ann"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,id\na.mp4,1\nb,mp4,2\n", "3 cells in row 3 and 2 in the header"),
        ("path,id\n\na,b,3\n", "3 cells in row 3 and 2 in the header"),
        ('path,id\n"a.mp4,1\nb.mp4,2\n', "a quote that is never closed in row 2"),
        ('path,id\n"a" b,1\n', "text after a closing quote in row 2"),
        ("path,id\na\0b,1\n", "binary data"),
        ("", "an empty file"),
        (" \n\n", "an empty file"),
    ],
)
def test_what_is_not_is_refused_with_its_cause(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, newline="")
    with pytest.raises(InputError, match=f"expected a readable table, got {message}"):
        read_table(path, known=KNOWN)


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('Title,\n\npath,note\na.mp4,"two\nlines"\n\nb.mp4,x\n')
    table = read_table(path, known=("path", "note"))
    assert [table.place(i) for i in range(2)] == ["row 4", "row 6"]


def test_a_guess_at_the_encoding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("id,note\n1,Grüße\n".encode("cp1252"))
    table = read_table(path)
    assert table.cells("note") == ["Grüße"]
    assert table.notes == ("t.csv is not UTF-8: read as cp1252",)
    path.write_bytes("id,note\n1,Grüße née".encode() + b"\xe9\n")
    assert read_table(path).cells("note") == ["Grüße née\ufffd"]


def test_numbers_and_dates_of_a_spreadsheet_are_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "a", "b", "c"], ["007", 7, 4.5, datetime.date(2026, 3, 4)],
                [1042, None, True, datetime.time(9, 30)]):  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx")
    assert table.rows == (("007", "7", "4.5", "2026-03-04"), ("1042", "", "TRUE", "09:30:00"))


def test_merged_cells_are_filled_down(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["candidate_id", "path"], ["ann", "1.mp4"], [None, "2.mp4"], ["bob", "3.mp4"]):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx")
    assert table.cells("candidate_id") == ["ann", "ann", "bob"]
    assert table.notes == ("1 cells are filled from the merged cell above",)


def test_of_several_sheets_the_one_with_the_columns_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Notes about the study"])
    book.create_sheet("people").append(["Path", "Candidate ID"])
    book["people"].append(["a.mp4", "ann"])
    book.create_sheet("empty")
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx", known=KNOWN)
    assert table.rows == (("a.mp4", "ann"),)
    assert table.notes == ("sheet 'people' is read",)
    book["empty"].append(["path", "candidate_id"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(InputError, match=r"expected one sheet .* got sheets 'people', 'empty'"):
        read_table(tmp_path / "t.xlsx", known=KNOWN)


def test_formulas_count_by_their_value(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "mean"], ["ann", "=(3+4)/2"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(InputError, match="a formula without its value in B2: open the file in a s"):
        read_table(tmp_path / "t.xlsx")
    with (
        zipfile.ZipFile(tmp_path / "t.xlsx") as old,
        zipfile.ZipFile(tmp_path / "u.xlsx", "w") as new,
    ):
        for name in old.namelist():
            text = old.read(name)
            new.writestr(
                name, text.replace(b"<v></v>", b"<v>3.5</v>").replace(b"<v />", b"<v>3.5</v>")
            )
    assert read_table(tmp_path / "u.xlsx").rows == (("ann", "3.5"),)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.jsonl", '{"id": 1, "x": 4.5}\n\n{"id": null, "x": NaN}\n'),
        ("t.json", '[{"id": 1, "x": 4.5}, {"id": null, "x": null}]'),
        ("t.json", '{"rows": [{"id": 1, "x": 4.5}, {"x": null, "id": null}]}'),
        ("t.json", '{"id": 1.0,\n "x": 4.5}\n{"id": null,\n "x": NaN}'),
    ],
)
def test_whole_numbers_beside_a_null_stay_whole(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert read_table(tmp_path / name).rows == (("1", "4.5"), ("", ""))


def test_parquet_keeps_whole_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"id": pd.array([12345678901234567, None], dtype="Int64"), "x": [1.0, None]}
    )
    frame.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").rows == (("12345678901234567", "1"), ("", ""))


def test_nested_json_stays_json(tmp_path: Path) -> None:
    words = [{"text": "Hello", "start": 0.5}]
    (tmp_path / "t.jsonl").write_text(json.dumps({"id": 1, "transcript": words}))
    assert json.loads(read_table(tmp_path / "t.jsonl").cells("transcript")[0]) == words


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.jsonl", '{"a": 1}\n{"a": }\n', "Expecting value in line 2"),
        ("t.jsonl", '{"a": 1}\n3\n', "int in line 2"),
        ("t.json", '{"a": 1, "a": 2}', "'a' twice in an object"),
        ("t.json", "[" * 100_000, "deeply nested|Expecting value"),
        ("t.jsonl", "path,id\n1,2\n", "what is no jsonl"),
        ("t.parquet", "PAR1 and no more", "expected a readable table"),
        ("t.yaml", "a: 1", r"expected a table \(.csv, .tsv, .xlsx"),
        ("t.csv", "a,b\n", "expected at least one row, got none"),
    ],
)
def test_what_is_wrong_with_other_files_is_named(tmp_path, name, content, message) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / name)


def bomb(path: Path, sheet: bytes) -> Path:
    """A workbook whose sheet is given; everything else is as it should be."""
    book = openpyxl.Workbook()
    book.active["A1"] = "id"
    book.save(path.with_suffix(".tmp.xlsx"))
    with (
        zipfile.ZipFile(path.with_suffix(".tmp.xlsx")) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, sheet if "sheet1.xml" in name else old.read(name))
    return path


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        (
            SHEET + b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576">'
            b"<v>1</v></c></row></sheetData></worksheet>",
            "1048576 rows of 16384 cells|too large",
        ),
        (SHEET + b"<row><c", "expected a readable table"),
    ],
)
def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, sheet, message) -> None:
    with pytest.raises(InputError, match=message):
        read_table(bomb(tmp_path / "t.xlsx", sheet))


def test_an_archive_that_says_itself_that_it_is_too_large_is_refused(tmp_path: Path) -> None:
    path = write_rows(tmp_path, "xlsx", HEADER, ROWS)
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"\d+ bytes once unpacked, more than 536870912"):
        read_table(path)


def test_rows_beyond_all_sense_in_open_documents_are_refused(tmp_path: Path) -> None:
    path = write_rows(tmp_path, "ods", ["id"], [["1"]])
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "u.ods", "w") as new:
        for name in old.namelist():
            text = old.read(name)
            repeated = b'<table:table-row table:number-rows-repeated="4000000000">'
            new.writestr(name, text.replace(b"<table:table-row>", repeated))
    with pytest.raises(InputError, match="expected a readable table"):
        read_table(tmp_path / "u.ods")


@pytest.mark.parametrize(
    ("kind", "member", "unit"),
    [
        ("ods", "content.xml", b"<table:table-row>"),
        ("ods", "content.xml", b"<table:table-row "),
        ("xlsx", "xl/worksheets/sheet1.xml", b"<c <f"),
        ("xlsx", "xl/worksheets/sheet1.xml", b"<c><f>"),
    ],
)
def test_spreadsheets_that_never_close_what_they_open_are_refused_at_once(
    tmp_path: Path, kind: str, member: str, unit: bytes
) -> None:
    path, hostile = write_rows(tmp_path, kind, ["id"], [["1"]]), tmp_path / f"u.{kind}"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(hostile, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, unit * 200_000 if name == member else old.read(name))
    with time_limit(30.0), pytest.raises(InputError, match="expected a readable table"):
        read_table(hostile)

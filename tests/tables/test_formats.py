"""Files of statistics programs, and files that are no tables, by what is in them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from tests.tables.table_factory import write_rows
from trifold.errors import InputError
from trifold.groups.reading import UNKNOWN, read_groups
from trifold.studies.ratings import read_ratings
from trifold.tables.reading import read_table

FRAME = pd.DataFrame(
    {"candidate": ["ann  ", "Zo\u00eb", "cy"], "clarity": [4.0, -99.0, 4.5], "sex": [1.0, 2.0, 9.0]}
)
LABELS = {"sex": {1: "male", 2: "female", 9: "no answer"}, "clarity": {1: "poor", 5: "good"}}


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".csv"])
def test_a_file_of_spss_has_codes_and_labels(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    pyreadstat.write_sav(
        FRAME, str(path), variable_value_labels=LABELS, missing_ranges={"clarity": [-99]},
        compress=suffix == ".zsav",
    )  # fmt: skip
    table = read_table(path)
    assert table.columns == ("candidate", "clarity", "sex")
    assert table.cells("clarity") == ["4", "", "4.5"], "what the file says is missing is"
    assert table.cells("sex") == ["1", "2", "9"]
    assert table.named_cells("sex") == ["male", "female", "no answer"]
    scores = read_ratings(path).frame.set_index("candidate_id")["score"]
    assert scores.to_dict() == {"ann": 4, "cy": 4.5}
    assert read_groups(path, person=["candidate"]).column("sex") == {
        "ann": "male", "Zo\u00eb": "female", "cy": UNKNOWN,
    }  # fmt: skip


def test_a_file_of_stata_too(tmp_path: Path) -> None:
    frame = FRAME.assign(clarity=[4.0, np.nan, 4.5]).astype({"sex": int})
    frame.to_stata(tmp_path / "t.dta", write_index=False, value_labels={"sex": LABELS["sex"]})
    table = read_table(tmp_path / "t.dta")
    assert table.cells("clarity") == ["4", "", "4.5"]
    assert table.named_cells("sex") == ["male", "female", "no answer"]
    assert table.place(0) == "row 1"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.xls", b"<html><table><tr><td>id</td></tr></table>", "got a web page: save it as .xlsx"),
        ("t.xls", b'<?xml version="1.0"?><Workbook/>', "got an XML file"),
        ("t.csv", b"%PDF-1.4\n", "got a PDF"),
        ("t.csv", b"{\\rtf1 id,a}", "got an RTF document"),
        ("t.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "a password"),
        ("t.sav", b"$FL2@(#) SPSS DATA FILE", "expected a readable table, got"),
        ("t.dta", b"no data", "expected a readable table, got"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, name: str, content: bytes, message) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / name)


def test_rows_that_a_sheet_hides_are_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    sheet = book.create_sheet("people")
    for row in (["path", "candidate_id"], ["1.mp4", "ann"], ["2.mp4", "bob"]):
        sheet.append(row)
    for number in (3, 9):  # nothing stands in the second
        sheet.row_dimensions[number].hidden = True
    book.active.row_dimensions[1].hidden = True
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx", known=("path", "candidate_id"))
    assert table.cells("candidate_id") == ["ann", "bob"]
    assert table.notes == (
        "sheet 'people' is read",
        "row 3 hidden in the sheet, and read as the others",
    )


def test_columns_that_a_sheet_hides_are_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "clarity", "drive", "old"], ["ann", 1, 2, 3], ["bob", 4, 5, 6]):
        book.active.append(row)
    for letter in "BDF":  # nothing stands in the last
        book.active.column_dimensions[letter].hidden = True
    hidden = book.create_sheet("drafts")
    hidden.append(["id", "clarity"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx", known=("id",))
    assert table.cells("old") == ["3", "6"]
    assert table.notes == (
        "sheet 'Sheet' is read",
        "hidden sheets 'drafts' are not read",
        "columns B, D hidden in the sheet, and read as the others",
    )


SHOWN = "<table:table-row>"


@pytest.mark.parametrize(
    ("row", "end", "said"),
    [
        ('<table:table-row table:visibility="filter">', "", "row 3"),
        ('<table:table-row table:style-name="r" table:visibility="collapse">', "", "row 3"),
        (f'<table:table-row-group table:display="false">{SHOWN}', "</table:table-row-group>",
         "row 3"),
    ],
)  # fmt: skip
def test_rows_and_columns_that_an_open_document_hides_are_said(
    tmp_path: Path, row: str, end: str, said: str
) -> None:
    rows = [["ann", "1"], ["bob", "2"], ["cy", "3"]]
    path, changed = write_rows(tmp_path, "ods", ["id", "clarity"], rows), tmp_path / "u.ods"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if name == "content.xml":
                start, *parts = text.split(SHOWN)
                parts[2] = parts[2].replace("</table:table-row>", f"</table:table-row>{end}")
                columns = (
                    '<table:table-column table:number-columns-repeated="1"/>'
                    '<table:table-column table:visibility="collapse"/>'
                )
                second, third = SHOWN.join(parts[:2]), SHOWN.join(parts[2:])
                text = f"{start}{columns}{SHOWN}{second}{row}{third}"
            new.writestr(name, text)
    table = read_table(changed)
    assert table.cells("id") == ["ann", "bob", "cy"]
    assert table.notes == (
        f"{said} hidden in the sheet, and read as the others",
        "column B hidden in the sheet, and read as the others",
    )

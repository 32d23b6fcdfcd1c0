"""Whatever a table holds, reading ends in a table or a named error, and writing loses nothing."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trifold.errors import TrifoldError
from trifold.tables.guard import guarded
from trifold.tables.reading import read_table
from trifold.tables.sheets import ods_sheet, xlsx_sheet
from trifold.tables.table import Table

FIXTURES = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FEW = settings(FIXTURES, max_examples=15)  # each starts a process
LINES = st.text(st.sampled_from("ab,;\t|\"'\\\n\r=\u00e9\ufeff{}[]:0 "), max_size=60)
CELLS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), max_size=9
)
TEXTS = CELLS | st.sampled_from(["=1+1", "-5", "'=x", "a,b", 'say "x"', "two\nlines", "007"])
ROWS = st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=5)


@FIXTURES
@given(
    st.binary(max_size=200) | LINES.map(str.encode), st.sampled_from(["t.csv", "t.json", "t.txt"])
)
def test_any_bytes_end_in_a_table_or_a_named_error(
    tmp_path: Path, content: bytes, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    try:
        table = read_table(path, known=("a", "b"))
    except TrifoldError as error:
        named = error.where
    else:
        named = str(table.where)
        _is_sound(table, path)
    assert named == str(path)


def _is_sound(table: Table, path: Path) -> None:
    assert table == read_table(path, known=("a", "b"))
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert len(table.numbers) == len(table.rows) > 0


@FEW
@given(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from(["xlsx", "parquet"]))
def test_a_damaged_spreadsheet_is_a_table_or_a_named_error(
    tmp_path: Path, where, byte, kind
) -> None:
    path = tmp_path / f"t.{kind}"
    content = bytearray(_whole(tmp_path, kind))
    content[where % len(content)] = byte
    path.write_bytes(content)
    try:
        where_read = str(read_table(path).where)
    except TrifoldError as error:
        where_read = str(error.where)
    assert where_read == str(path)


def _whole(folder: Path, kind: str) -> bytes:
    import pandas as pd

    if kind == "parquet":
        pd.DataFrame({"id": ["1", "2"]}).to_parquet(folder / "whole")
    else:
        book = openpyxl.Workbook()
        book.active.append(["id"])
        book.active.append(["1"])
        book.save(folder / "whole")
    return (folder / "whole").read_bytes()


@FIXTURES
@given(ROWS)
def test_what_is_written_as_csv_is_read_again(tmp_path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([["one", "two", "three"], *([guarded(c) for c in row] for row in rows)])
    path = tmp_path / "t.csv"
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    _holds(path, rows)


@FEW
@pytest.mark.parametrize(("kind", "make"), [("xlsx", xlsx_sheet), ("ods", ods_sheet)])
@given(rows=ROWS)
def test_what_is_written_as_spreadsheet_is_read_again(tmp_path: Path, kind, make, rows) -> None:
    path = tmp_path / f"t.{kind}"
    contents = []
    for _ in range(2):
        with path.open("wb") as file, make(file, "rows", ["one", "two", "three"]) as sheet:
            sheet.write(rows)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]  # the same bytes, whenever they are written
    _holds(path, rows)


def _holds(path: Path, rows: list[list[str]]) -> None:
    """The file has these rows; blank ones are none, and space around a cell does not count."""
    expected = [[cell.strip() for cell in row] for row in rows]
    expected = [row for row in expected if any(row)]
    if not expected:
        with pytest.raises(TrifoldError, match="at least one row"):
            read_table(path)
        return
    assert [[cell.strip() for cell in row] for row in read_table(path).rows] == expected

"""Cells: what is nothing, what is an id, what is a number."""

from __future__ import annotations

import math
import unicodedata

import pytest

from trifold.errors import InputError, TrifoldError
from trifold.tables.cells import clean_id, is_missing, is_moment, number, plain, present
from trifold.tables.guard import guarded, unguarded
from trifold.tables.ids import one_spelling
from trifold.tables.numbers import check_between, codes_in, read_numbers

MISSING = ("", "  ", "NA", "N/A", "n/a", "nan", "NaN", "None", "NULL", "#N/A", "-", "\u2013", ".",
           "\u00a0", "<NA>", "#NV", " na ")  # fmt: skip


@pytest.mark.parametrize("cell", MISSING)
def test_nothing_is_nothing_in_every_spelling(cell: str) -> None:
    assert is_missing(cell)
    assert present(cell) is None
    with pytest.raises(TrifoldError, match="t: expected an id, got"):
        clean_id(cell, what="an id", where="t")


@pytest.mark.parametrize("cell", ["0", "None of them.", "Nana", "no", "A-", "nan nan", "N.A.S.A."])
def test_something_is_something(cell: str) -> None:
    assert not is_missing(cell)
    assert present(cell) == cell


@pytest.mark.parametrize(
    "cell",
    ["José", " José ", "José\u00a0", "\ufeffJosé", "Jos\u200bé", "José\u2009",
     unicodedata.normalize("NFD", "José")],
)  # fmt: skip
def test_one_person_is_one_id(cell: str) -> None:
    assert clean_id(cell, what="an id", where=None) == "José"


@pytest.mark.parametrize("cell", ["007", "12345678901234567890", "1e5", "P-01", "Ann Smith", "1.0"])
def test_ids_are_text(cell: str) -> None:
    assert clean_id(cell, what="an id", where=None) == cell


@pytest.mark.parametrize("cell", ["1.23457E+19", "1,23457E+19", "1.2345678901234567e+19"])
def test_ids_that_a_spreadsheet_rounded_are_refused(cell: str) -> None:
    with pytest.raises(TrifoldError, match=r"expected an id as text, got .*rounded"):
        clean_id(cell, what="an id", where=None)


def test_a_space_within_a_name_is_one_space() -> None:
    assert plain("Ann \u00a0 Smith\n") == "Ann Smith"


def test_the_usual_spelling_of_an_id_wins() -> None:
    ids, lines = one_spelling(["Eve", "eve", "eve", "Bob"])
    assert ids == ["eve", "eve", "eve", "Bob"]
    assert lines == ["'Eve' and 'eve' are read as one: 'eve'"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("4", 4), (" 4.2 ", 4.2), ("4,2", 4.2), ("\uff14", 4), ("\uff14\uff0e\uff15", 4.5),
     (".5", 0.5), ("\u22124", -4), ("-4", -4), ("+3", 3), ("4.200", 4.2), ("1e-05", 1e-5),
     ("\u0664", 4),
     ("4\u00a0", 4), ("007", 7)],
)  # fmt: skip
def test_numbers(cell: str, value: float) -> None:
    assert number(cell) == pytest.approx(value)


@pytest.mark.parametrize(
    "cell",
    ["0x4", "4_2", "True", "inf", "-Infinity", "60%", "4-Mar", "3/5", "\u00bd", "4\u00b2", "1,2,3",
     "1.234,5", "4 2", "four", "2026-03-04", "4.2.1", "--4", "1e999", "\u2463", "4'", "$4"],
)  # fmt: skip
def test_what_is_no_number_for_certain_is_none(cell: str) -> None:
    assert number(cell) is None


def columns(*cells: str) -> list[tuple[str, list[str]]]:
    return [("warmth", list(cells))]


def test_columns_of_numbers() -> None:
    options = {"place": lambda row: f"row {row + 2}", "where": "t.csv"}
    (values,) = read_numbers(columns("4,5", "NA", "3"), **options)
    assert values[0] == 4.5
    assert math.isnan(values[1])
    with pytest.raises(
        InputError, match=r"t\.csv: expected a number in column 'warmth', got '60%' in r"
    ):
        read_numbers(columns("3", "60%"), **options)
    with pytest.raises(InputError, match=r"got '4\.200' in row 3"):
        read_numbers(columns("4,5", "4.200"), **options)
    assert read_numbers(columns("4.5", "4.200"), **options) == [[4.5, 4.2]]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("8", "expected 1 to 7 in column 'warmth', got '8' in row 2$"),
        ("99", r"got '99' in row 2 \(is 99 a code for missing\? make the cell empty\)"),
        ("-99", r"is -99 a code for missing"),
    ],
)
def test_numbers_off_the_scale(cell: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_between([float(cell)], 1, 7, column="warmth", cells=[cell], where="t",
                      place=lambda row: f"row {row + 2}")  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+49",
        "-5",
        "@ann",
        "\tx",
        "\rx",
        "'=x",
        "\uff1dx",
        " =1",
        '"=1"',
        "\u200b@a",
        "\xa0 -1",
    ],
)
def test_what_a_spreadsheet_would_run_has_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["ann", "'tis", "a=b", "", "1-2"])
def test_other_text_stays(text: str) -> None:
    assert guarded(text) == unguarded(text) == text


@pytest.mark.parametrize("cell", [
    "2025-01-10", "2025-01-10T10:03:22.5Z", "2025/01/10 10:03:22 AM GMT+1", "10.01.2025", "1/10/25",
    "10-Jan-2025", "Monday, January 6, 2025", "10. M\u00e4rz 2025 14:05", "10:03 pm", "45667.4189",
])  # fmt: skip
def test_moments(cell: str) -> None:
    assert is_moment(cell)


@pytest.mark.parametrize("cell", [
    "", "1", "R1", "2025", "45012", "2024-1", "P-01-02", "A-10-1999", "4:3", "may 1", "7.8.9",
    "pre", "10-20-30", "Ann May 12 2024 Lee",
])  # fmt: skip
def test_names_and_numbers_are_no_moments(cell: str) -> None:
    assert not is_moment(cell)


SCALE = [1.0, 5, 3, 2, 4, 4]


@pytest.mark.parametrize(("values", "codes"), [
    ([*SCALE, 99], {99}), ([*SCALE, -9, -99], {-9, -99}), ([*SCALE * 4, -1], {-1}),
    ([*SCALE, -1, -8, -9], {-1, -8, -9}), ([1, 2, 20, 99, 99], {99}), ([400, 620, 9999], {9999}),
    ([1, 2, 20, 99], set()), ([44, 99], set()), ([1, 2, 3, 9, 9], set()), ([-3, 3, -1, 2], set()),
    ([*SCALE, -1, 0], set()), ([*SCALE, -1], set()), ([*SCALE * 4, -3], set()),
    ([0.4, 1.3, 5.2, -1, 2, 3], set()), ([], set()), ([99.0], set()), ([math.nan, 0, 0, 99], set()),
])  # fmt: skip
def test_codes_lie_far_off_all_others(values: list[float], codes: set[float]) -> None:
    assert codes_in(map(float, values)) == codes

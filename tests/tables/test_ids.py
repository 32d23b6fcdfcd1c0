"""One person is one id, however programs write it; what is nobody is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from trifold.errors import InputError
from trifold.tables.ids import are_own_moments, as_in, id_key, one_spelling, read_ids, whole
from trifold.tables.table import Table


def column(*cells: str) -> Table:
    rows = tuple((cell,) for cell in cells)
    return Table(("candidate_id",), rows, tuple(range(2, 2 + len(rows))), Path("t.csv"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Brien", "O\u2019Brien"),
        ("O'Brien", "o`brien"),
        ("P-01", "P\u201101"),
        ("P-01", "p\u201301"),
        ("A01", "\uff21\uff10\uff11"),
        ("Stra\u00dfe", "STRASSE"),
    ],
)
def test_spellings_of_one_id(one: str, other: str) -> None:
    assert id_key(one) == id_key(other)
    ids, notes = read_ids(column(one, other, one))
    assert ids == [one] * 3
    assert notes == [f"{' and '.join(map(repr, sorted((one, other))))} are read as one: {one!r}"]
    assert as_in([other, "x"], [one]) == {other: one, "x": "x"}


@pytest.mark.parametrize("pair", [("007", "7"), ("a b", "ab"), ("m\u00fcller", "mueller")])
def test_other_ids_stay_apart(pair: tuple[str, str]) -> None:
    assert one_spelling(list(pair)) == (list(pair), [])


@pytest.mark.parametrize(
    ("cells", "ids"),
    [
        (["1.0", "2.0"], ["1", "2"]),
        (["1", "1.0", "ann"], ["1", "1", "ann"]),
        (["1.0", "1.1"], ["1.0", "1.1"]),
        (["1.00"], ["1.00"]),
        (["v1.0"], ["v1.0"]),
    ],
)
def test_whole_numbers_that_a_program_gave_a_point(cells: list[str], ids: list[str]) -> None:
    assert whole(cells) == ids


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["a", "#REF!"], "an id in column 'candidate_id' in row 3, got '#REF!', an error of a spr"),
        (["#NAME?"], "'#NAME\\?', an error"),
        (["#DIV/0!"], "'#DIV/0!', an error"),
        (["#####"], "'#####', an error"),
        (["Err:502"], "'Err:502', an error"),
        (["#WERT!"], "'#WERT!', an error"),
        (["(blank)"], "got '\\(blank\\)'"),
        (["undefined"], "got 'undefined'"),
        (["#NULL!"], "got '#NULL!'"),
        (["a", "Mean"], "got 'Mean' in row 3, which sums up the rows above it: remove it"),
        (["a", "b", "Average:", "SD"], "got 'Average:' in row 4"),
        (["a", "N", "Durchschnitt"], "got 'N' in row 3"),
        (["a", "M", "SD"], "got 'M' in row 3"),
        (["a", "\u00d8"], "got '\u00d8' in row 3"),
        (["a", "Mean (SD)"], "got 'Mean \\(SD\\)' in row 3"),
        (["a", "Gesamtmittelwert"], "sums up the rows"),
        (["a", "Average rating"], "sums up the rows"),
        (["a", "Total (n = 12)"], "sums up the rows"),
        (["a", "n = 12"], "sums up the rows"),
    ],
)
def test_what_is_nobody_is_refused(cells: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_ids(column(*cells))


@pytest.mark.parametrize("cells", [
    ["a", "SD", "N"], ["Mean", "a"], ["#1", "#2"], ["max"], ["L", "M"], ["a", "Mean, Ann"],
    ["a", "Summer"], ["a", "Media Perez"], ["a", "N1"],
])  # fmt: skip
def test_initials_and_numbers_are_people(cells: list[str]) -> None:
    assert read_ids(column(*cells)) == (cells, [])


@pytest.mark.parametrize(("ids", "others", "found"), [
    (["123", "45678"], ["00123", "45678"], ["00123", "45678"]),
    (["00123"], ["123", "a"], ["123"]),
    (["7"], ["07", "007"], ["7"]),
    (["7", "007"], ["07"], ["7", "007"]),
    (["P07"], ["P7"], ["P07"]),
])  # fmt: skip
def test_zeros_that_a_spreadsheet_took_are_found_again(ids, others, found: list[str]) -> None:
    assert list(as_in(ids, others).values()) == found


@pytest.mark.parametrize(("cells", "own"), [
    (["2025-01-10", "2025-01-11", "2025-01-12", ""], True),
    (["2025-01-10", "2025-01-10", "2025-01-12", "2025-01-12"], False),
    (["R1", "R2", "R3", "R4"], False),
    (["2025-01-10", "2025-01-11", "2025-01-12", "R4"], False),
])  # fmt: skip
def test_dates_of_ones_own(cells: list[str], own: bool) -> None:
    assert are_own_moments(cells, ["a", "b", "c", "d"]) is own
    assert not are_own_moments(["200", "310", "415", "90"], ["a", "b", "c", "d"])
    assert are_own_moments(["200", "310", "415", "90"], ["a", "b", "c", "d"], numbers=True)


def test_visits_that_few_go_on_with_are_still_numbered() -> None:
    people = [who for who in "abcdefgh" for _ in range(1 + 9 * (who == "a"))]
    visits = [str(n + 1) for who in "abcdefgh" for n in range(1 + 9 * (who == "a"))]
    assert not are_own_moments(visits, people, numbers=True)

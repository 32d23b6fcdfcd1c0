"""Columns are found by what they are called, or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from trifold.errors import InputError
from trifold.tables.headers import match
from trifold.tables.table import Table

ALIASES = {"candidate_id": ("candidate", "participant")}


def table(*columns: str) -> Table:
    return Table(columns, (("x",) * len(columns),), (2,), Path("t.csv"))


@pytest.mark.parametrize(
    "name",
    ["candidate_id", "Candidate ID", "CANDIDATE-ID", "candidateId", "candidate id", "Candidate.ID",
     "candidate", "Participant"],
)  # fmt: skip
def test_one_column_has_many_names(name: str) -> None:
    found = match(table("path", name), ["path", "candidate_id"], aliases=ALIASES)
    assert found.columns == ("path", "candidate_id")


def test_another_name_is_said_and_other_spellings_are_not() -> None:
    assert match(table("Candidate ID"), ["candidate_id"], aliases=ALIASES).notes == ()
    notes = match(table("participant"), ["candidate_id"], aliases=ALIASES).notes
    assert notes == ("column 'participant' is read as 'candidate_id'",)


def test_the_own_name_goes_before_another() -> None:
    found = match(table("candidate", "candidate_id"), ["candidate_id"], aliases=ALIASES)
    assert found.columns == ("candidate", "candidate_id")


def test_columns_that_nobody_asked_for_stay(tmp_path: Path) -> None:
    assert match(table("path", "age", ""), ["path", "speaker"]).columns == ("path", "age", "")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("candidat_id",), "a column 'candidate_id', got 'candidat_id': rename it or remove it"),
        (("candiate_id",), "got 'candiate_id': rename it or remove it"),
        (
            ("candidate_id", "Candidate ID"),
            "one column 'candidate_id', got 'candidate_id' and 'Cand",
        ),
        (
            ("candidate", "participant"),
            "one column 'candidate_id', got 'candidate' and 'participant'",
        ),
    ],
)
def test_doubtful_columns_are_refused_by_name(columns: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        match(table(*columns), ["candidate_id"], aliases=ALIASES)


def test_a_column_that_must_be_there() -> None:
    with pytest.raises(
        InputError, match=r"t.csv: expected a column 'warmth', got columns path, age"
    ):
        match(table("path", "age"), ["warmth"], required=["warmth"])
    with pytest.raises(InputError, match=r"expected a column 'warmth', got 'warmht': rename it$"):
        match(table("path", "warmht"), ["warmth"], required=["warmth"])

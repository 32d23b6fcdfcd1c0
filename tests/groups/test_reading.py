"""Groups as people reported them, read by one module that little may import."""

from __future__ import annotations

import pytest

from trifold.errors import InputError
from trifold.groups.reading import UNKNOWN, read_groups

TABLE = "candidate_id,sex,race\n1,F,A\n2,prefer not to say,B\n3,M,\n"


def test_groups_are_read_and_what_was_not_said_is_unknown(tmp_path) -> None:
    (tmp_path / "g.csv").write_text(TABLE)
    groups = read_groups(tmp_path / "g.csv")
    assert groups.columns == ("sex", "race")
    assert groups.column("sex") == {"1": "F", "2": UNKNOWN, "3": "M"}
    assert groups.intersection("sex", "race") == {"1": "F, A", "2": UNKNOWN, "3": UNKNOWN}
    assert groups.provenance == "self-report"
    with pytest.raises(InputError, match="expected a grouping among sex, race, got 'age'"):
        groups.column("age")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("candidate_id,sex_inferred\n1,F\n", "people reported themselves, got a column 'sex_inf"),
        ("candidate_id,Perceived race\n1,A\n", "got a column 'Perceived race'"),
        ("candidate_id,sex\n1,F\n1,M\n", "expected each candidate once, got '1' again in row 3"),
        ("candidate_id\n1\n", "expected a column for a grouping, got none"),
        ("id,sex\n1,F\n", "expected a column 'candidate_id'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text: str, message: str) -> None:
    (tmp_path / "g.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_groups(tmp_path / "g.csv")


@pytest.mark.parametrize(
    "cell",
    ["I prefer not to say", "Prefer not to disclose", "would rather not say", "No answer", "-99",
     "keine Angabe", "999", "n/a", "Declined to answer"],
)  # fmt: skip
def test_no_answer_is_no_group(tmp_path, cell: str) -> None:
    (tmp_path / "g.csv").write_text(f"candidate_id,sex\n1,{cell}\n")
    assert read_groups(tmp_path / "g.csv").column("sex") == {"1": UNKNOWN}


@pytest.mark.parametrize("cell", ["99", "-", "Not in the list", "Don't"])
def test_what_may_be_a_group_is_one(tmp_path, cell: str) -> None:
    (tmp_path / "g.csv").write_text(f"candidate_id,sex\n1,{cell}\n2,F\n")
    expected = UNKNOWN if cell == "-" else cell
    assert read_groups(tmp_path / "g.csv").column("sex") == {"1": expected, "2": "F"}


def test_a_group_has_one_spelling(tmp_path) -> None:
    (tmp_path / "g.csv").write_text("X,candidate_id,sex\n1,a,Female\n2,b,female \n3,c,FEMALE\n")
    groups = read_groups(tmp_path / "g.csv")
    assert groups.columns == ("sex",), "row numbers are no groups"
    assert len(set(groups.column("sex").values())) == 1

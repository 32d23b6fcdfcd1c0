"""Ratings of a manifest that would be read wrongly are refused, and what is doubtful is said."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from tests.tables.table_factory import write_rows
from trifold.contracts import Corpus, Target, TargetSchema
from trifold.corpora.readers.manifest import read_manifest
from trifold.errors import CorpusError, InputError

HEADER = ["candidate_id", "transcript", "clarity"]
WIDE = TargetSchema("t", (Target("clarity", 0, 100),))


def rows(ratings: list[str]) -> list[list[str]]:
    words = "I did this and that and then something else again"
    return [[f"p{i}", f"{words} {i}", rating] for i, rating in enumerate(ratings)]


def read(tmp_path: Path, ratings: list[str], schema: TargetSchema = WIDE, **options) -> Corpus:
    return read_manifest(write_rows(tmp_path, "csv", HEADER, rows(ratings)), schema, **options)


@pytest.mark.parametrize(("ratings", "said"), [
    (["1", "7", "3,5", "4", "6"], r"t\.csv: expected ratings of 0 to 100 in column 'clarity', "
     "got none beyond 1 to 7: .*schema, or doubtful_ratings=keep"),
    (["1", "7", "3", "4", "99"], "'99' in row 6 .is 99 a code for missing"),
])  # fmt: skip
def test_ratings_of_another_scale_and_codes_are_refused(tmp_path: Path, ratings, said) -> None:
    if "3,5" in ratings:
        ratings = [one.replace(",", ".") for one in ratings]
    with pytest.raises(CorpusError, match=said):
        read(tmp_path, ratings)
    kept = read(tmp_path, ratings, doubtful_ratings="keep")
    assert [row[0] for row in kept.labels.values()] == [float(one) for one in ratings]
    with pytest.raises(InputError, match="doubtful_ratings among refuse, keep, got 'drop'"):
        read(tmp_path, ratings, doubtful_ratings="drop")


def test_ratings_over_all_of_a_scale_are_read(tmp_path: Path) -> None:
    assert len(read(tmp_path, ["10", "70", "35", "40", "99"]).labels) == 5


def test_a_narrower_scale_is_a_question(tmp_path: Path) -> None:
    schema = TargetSchema("t", (Target("clarity", 1, 7),))
    found = read(tmp_path, list("12345" * 4), schema).findings
    doubt = next(one for one in found if one.check == "other_scale")
    assert (doubt.count, doubt.examples) == (1, ("clarity (1 to 5 of 1 to 7)",))
    again = read(tmp_path, list("12345" * 3 + "67123"), schema).findings
    assert next(one for one in again if one.check == "other_scale").count == 0


def test_columns_of_groups_are_said_to_be_left_out_by_name_alone(tmp_path: Path) -> None:
    told = [[*row, str(20 + i), "f"] for i, row in enumerate(rows(["10", "70", "35", "40", "9"]))]
    path = write_rows(tmp_path, "csv", [*HEADER, "Age", "gender"], told)
    found = next(f for f in read_manifest(path, WIDE).findings if f.check == "group_columns")
    assert str(found) == (
        "2 of 5 columns tell people's groups (left out, as no input): Age, gender"
    )


def test_codes_that_spss_labels_no_answer_are_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame(rows(["1", "2", "3", "5", "9", "4"]), columns=HEADER)
    frame["clarity"] = frame["clarity"].astype(float)
    labels = {"clarity": {1: "poor", 5: "good", 9: "Don\u2019t know"}}
    pyreadstat.write_sav(frame, str(tmp_path / "t.sav"), variable_value_labels=labels)
    schema = TargetSchema("t", (Target("clarity", 1, 10),))
    assert set(read_manifest(tmp_path / "t.sav", schema).labels) == {"p0", "p1", "p2", "p3", "p5"}


def test_a_rater_for_each_moment_is_refused(tmp_path: Path) -> None:
    told = [[*row, f"2025-01-10 10:0{i}"] for i, row in enumerate(rows(list("19375")))]
    path = write_rows(tmp_path, "csv", [*HEADER, "judge"], told)
    schema = TargetSchema("t", (Target("clarity", 1, 9),))
    with pytest.raises(CorpusError, match=r"a rater that people share in column 'judge'.*in row 2"):
        read_manifest(path, schema)

"""Rows have the same columns whatever happened, fit their published schema, and hold no NaN."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow.parquet as pq
import pytest

from trifold.contracts import TraitScores
from trifold.errors import InputError
from trifold.features.quality import check_codes, flags, withheld
from trifold.features.records import ClipRecord
from trifold.runtime.private import appearing
from trifold.scoring.columns import answer_columns, candidate_columns
from trifold.scoring.folder.tables import write_table
from trifold.scoring.outcome import CandidateScores
from trifold.scoring.rows import answer_row, candidate_row
from trifold.scoring.schema import published_schema, row_schema, write_published
from trifold.tables.cells import printable
from trifold.tables.reading import read_table

ROOT = Path(__file__).parents[2]
NAMES = ("warmth", "drive")
SCORES = TraitScores(NAMES, np.array([3.00004, 4]), np.array([2.5, 3]), np.array([3.5, 5]), 0.9)
SPREAD = replace(SCORES, spread=np.array([0.25, 0.5]))
GOOD = ClipRecord(
    "p/1", "p", duration_s=6.02, content={"prosody": "x"}, missing={"video": "NO_FACE"},
    quality={"prosody.speech_fraction": 0.61234567, "contours.n_words": 12.0},
    question="Who are you?", question_id="q1",
)  # fmt: skip
BAD = ClipRecord("p/2", "p", error_code="DECODE_ERROR", error_message="p/2.mp4: expected …, got …")
DARK = replace(GOOD, quality={
    "face.face_fraction": 0.9, "face.brightness": 0.05, "face.several_faces_fraction": 0.7,
    "prosody.clipped_fraction": 0.2,
})  # fmt: skip


def answer(record: ClipRecord, scores: TraitScores | None, reasons=()) -> dict:
    return answer_row(record, scores, NAMES, bundle_id="b", reasons=reasons)


def candidate(records, scores: CandidateScores | None) -> dict:
    return candidate_row(records, scores, NAMES, bundle_id="b")


OUT = CandidateScores(SPREAD, (SPREAD,), reasons=("OUT_OF_DISTRIBUTION",), distance=0.999)
ANSWERS = [
    answer(GOOD, SCORES), answer(BAD, None), answer(withheld(DARK, ()), SPREAD),
    answer(withheld(DARK, ["LOW_LIGHT"]), None), answer(GOOD, SPREAD, ["TOO_SHORT"]),
]  # fmt: skip
CANDIDATES = [
    candidate([GOOD, BAD], CandidateScores(SCORES, (SCORES,))),
    candidate([GOOD], CandidateScores(SPREAD, (SPREAD,), distance=0.5)),
    candidate([GOOD], OUT),
    candidate([BAD], None),
]


def test_columns_do_not_depend_on_the_outcome() -> None:
    for rows, columns in (
        (ANSWERS, answer_columns(NAMES)), (CANDIDATES, candidate_columns(NAMES)),
    ):  # fmt: skip
        assert {tuple(row) for row in rows} == {tuple(column.name for column in columns)}
    good, bad = ANSWERS[:2]
    assert (good["status"], good["modalities"], good["missing"]) == (
        "scored", "text+audio", "video:NO_FACE",
    )  # fmt: skip
    assert (good["warmth"], good["speech_fraction"], good["n_words"]) == (3.0, 0.6123, 12.0)
    assert (good["question"], good["warmth_spread"]) == ("Who are you?", None)
    assert (bad["status"], bad["error_code"], bad["warmth"]) == ("error", "DECODE_ERROR", None)
    assert all(row["decision_support_only"] is True for row in ANSWERS)


def test_candidates_count_their_files_and_answers() -> None:
    row = CANDIDATES[0]
    assert (row["n_files"], row["n_answers"], row["status"]) == (2, 1, "scored")
    unusable = CANDIDATES[3]
    assert (unusable["status"], unusable["error_code"]) == ("withheld", "NOTHING_USABLE")
    assert unusable["reasons"] == "DECODE_ERROR;NOTHING_USABLE"


def test_reasons_withhold_the_scores_of_the_candidate_and_of_every_answer() -> None:
    whole, part = CANDIDATES[2], ANSWERS[4]
    assert (whole["status"], whole["error_code"]) == ("withheld", "OUT_OF_DISTRIBUTION")
    assert (whole["reasons"], whole["distance"]) == ("OUT_OF_DISTRIBUTION", 0.999)
    assert (part["status"], part["reasons"]) == ("withheld", "TOO_SHORT")
    for row in (whole, part):
        assert all(row[f"warmth{end}"] is None for end in ("", "_low", "_high", "_spread"))
    assert CANDIDATES[1]["warmth_spread"] == 0.25


def test_doubts_are_flags_until_somebody_withholds_for_them() -> None:
    assert flags(DARK) == ("LOW_LIGHT", "SEVERAL_FACES", "CLIPPED_AUDIO")
    assert flags(GOOD) == ()
    assert ANSWERS[2]["status"] == "scored"
    assert ANSWERS[2]["flags"] == "LOW_LIGHT;SEVERAL_FACES;CLIPPED_AUDIO"
    assert (ANSWERS[3]["status"], ANSWERS[3]["error_code"]) == ("withheld", "LOW_LIGHT")
    assert withheld(GOOD, ["NO_FACE"]).error_code == "NO_FACE"
    assert withheld(GOOD, ["LOW_LIGHT"]) == GOOD
    assert withheld(BAD, ["NO_FACE"]) == BAD
    with pytest.raises(InputError, match=r"expected codes among NO_TRANSCRIPT.*got NO_HAT"):
        check_codes(["NO_FACE", "NO_HAT"])


@pytest.mark.parametrize(("table", "rows"), [("answers", ANSWERS), ("candidates", CANDIDATES)])
def test_every_row_fits_its_schema_and_nothing_else_does(table: str, rows) -> None:
    for schema in (row_schema(table, NAMES), published_schema(table)):
        jsonschema.Draft202012Validator.check_schema(schema)
        check = jsonschema.Draft202012Validator(schema)
        for row in rows:
            check.validate(row)
        for wrong in (
            rows[0] | {"warmth": "high"}, rows[0] | {"status": "hired"},
            {k: v for k, v in rows[0].items() if k != "bundle_id"},
            rows[0] | {"candidate_id": None},
        ):  # fmt: skip
            assert not check.is_valid(wrong), wrong
    exact = jsonschema.Draft202012Validator(row_schema(table, NAMES))
    assert not exact.is_valid(rows[0] | {"verdict": 1})


def test_the_published_schemas_are_those_of_the_code(tmp_path: Path) -> None:
    for path in write_published(tmp_path):
        published = ROOT / "src/trifold/scoring/schemas" / path.name
        assert path.read_text() == published.read_text(), "run python -m trifold.scoring.schema"


def test_numbers_that_json_lacks_and_text_that_is_none_do_not_get_through() -> None:
    strange = replace(GOOD, clip_id="p/\udcff", duration_s=float("nan"),
                      quality={"prosody.level_db": float("-inf")})  # fmt: skip
    row = answer(strange, replace(SCORES, high=np.array([np.inf, np.nan])))
    assert (row["duration_s"], row["level_db"], row["warmth_high"]) == (None, None, None)
    assert row["clip_id"] == "p/\\udcff"
    assert printable("Zoë 周") == "Zoë 周"


def as_in_sheets(cell: str) -> str:
    """Spreadsheets write true and false in capitals, and whole numbers without a point."""
    return cell.upper() if cell in ("True", "False") else cell.removesuffix(".0")


def test_all_files_say_the_same(tmp_path: Path) -> None:
    columns, kinds = answer_columns(NAMES), ("xlsx", "ods")
    written = write_table(iter(ANSWERS), columns, tmp_path / "a.b", spreadsheets=kinds)
    table, lines, parquet, *books = written
    assert [path.suffix for path in written] == [".csv", ".jsonl", ".parquet", ".xlsx", ".ods"]
    from_json = [json.loads(line, parse_constant=pytest.fail) for line in lines.open("rb")]
    assert from_json == ANSWERS
    assert pq.read_table(parquet).to_pylist() == ANSWERS
    assert table.read_bytes().startswith("\ufeff".encode())
    expected = read_table(table)
    assert [(t.columns, t.rows) for t in map(read_table, books)] == [
        (expected.columns, tuple(tuple(map(as_in_sheets, row)) for row in expected.rows))
    ] * 2
    with table.open(encoding="utf-8-sig", newline="") as file:
        from_csv = list(csv.DictReader(file))
    for first, second in zip(from_csv, ANSWERS, strict=True):
        assert list(first) == list(second)
        for name, cell in first.items():
            assert cell == ("" if second[name] is None else str(second[name]))
    assert "…" in lines.read_text(encoding="utf-8")


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    table, lines, parquet, _ = write_table(iter(()), candidate_columns(NAMES), tmp_path / "none")
    assert table.read_text(encoding="utf-8-sig").startswith("candidate_id,n_files,n_answers,status")
    assert lines.read_bytes() == b""
    assert pq.read_table(parquet).num_rows == 0


def test_a_file_that_could_not_be_finished_does_not_appear(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("before")
    with pytest.raises(TypeError), appearing(tmp_path / "x") as file:
        file.write("text where bytes belong")
    assert (tmp_path / "x").read_text() == "before"

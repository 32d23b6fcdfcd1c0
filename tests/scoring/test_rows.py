"""Rows have the same columns whatever happened, and JSON has no NaN."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from src.contracts import TraitScores
from src.features.records import ClipRecord
from src.scoring.rows import answer_row, candidate_row, write_rows

NAMES = ("warmth", "drive")
SCORES = TraitScores(NAMES, np.array([3.00004, 4]), np.array([2.5, 3]), np.array([3.5, 5]), 0.9)
GOOD = ClipRecord(
    "p/1", "p", duration_s=6.02, content={"prosody": "x"}, missing={"video": "NO_FACE"},
    quality={"prosody.speech_fraction": 0.61234567, "contours.n_words": 12.0},
)  # fmt: skip
BAD = ClipRecord("p/2", "p", error_code="DECODE_ERROR", error_message="p/2.mp4: expected …, got …")


def test_columns_do_not_depend_on_the_outcome() -> None:
    good, bad = answer_row(GOOD, SCORES, NAMES), answer_row(BAD, None, NAMES)
    assert list(good) == list(bad)
    assert (good["status"], good["modalities"], good["missing"]) == (
        "scored", "text+audio", "video:NO_FACE",
    )  # fmt: skip
    assert (good["warmth"], good["speech_fraction"], good["n_words"]) == (3.0, 0.6123, 12.0)
    assert (bad["status"], bad["error_code"], bad["warmth"]) == ("error", "DECODE_ERROR", None)
    assert good["decision_support_only"] is True


def test_candidates_count_their_files_and_answers() -> None:
    row = candidate_row([GOOD, BAD], SCORES, NAMES)
    assert (row["n_files"], row["n_answers"], row["status"]) == (2, 1, "scored")
    withheld = candidate_row([BAD], None, NAMES)
    assert list(row) == list(withheld)
    assert (withheld["status"], withheld["error_code"]) == ("withheld", "NOTHING_USABLE")


def test_csv_and_jsonl_say_the_same(tmp_path: Path) -> None:
    rows = [answer_row(GOOD, SCORES, NAMES), answer_row(BAD, None, NAMES)]
    table, lines = write_rows(rows, tmp_path / "answers")
    with table.open(encoding="utf-8", newline="") as file:
        from_csv = list(csv.DictReader(file))
    from_json = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert from_json == rows
    for first, second in zip(from_csv, from_json, strict=True):
        assert list(first) == list(second)
        for name, cell in first.items():
            assert cell == ("" if second[name] is None else str(second[name]))
    assert "…" in lines.read_text(encoding="utf-8")

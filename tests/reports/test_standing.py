"""Errors of measurement stand on the candidate's page beside the interval, never instead of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reports.report_factory import HOSTILE, answer, candidate, model
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.reports.pages import write_candidate
from trifold.reports.standing import DASH, LEAST, WHICH_IS_WHICH, standing

KNOWN = {
    "extraversion": AnswerVariance(0.3, 0.6, 50),
    "openness": AnswerVariance(0.3, 0.6, 50, "nobody gave 3 answers"),
}
MORE = {"extraversion_sem": 0.3, "extraversion_rank_low": 2, "extraversion_rank_high": 5,
        "extraversion_percentile": 61.4, "extraversion_percentile_low": 40.2,
        "extraversion_percentile_high": 79.9, "norm_id": HOSTILE, "norm_n": 80}  # fmt: skip


def row_of(**changes: object) -> dict:
    return candidate("ann", [answer("ann", 0, 0)], 0) | {"extraversion": 4.0} | changes


def page(tmp_path: Path, row: dict, **facts: object) -> str:
    made = write_candidate(row, [answer("ann", 0, 0)], model(**facts), tmp_path / "report.html")
    return made.read_text(encoding="utf-8")


def test_each_number_is_said_once_and_in_its_place() -> None:
    found = standing(row_of(**MORE), model(answer_variance=KNOWN))
    assert found is not None
    first, second = found["lines"]
    assert first == {
        "name": "extraversion", "label": "Extraversion", "sem": "0.30",
        "varies": "3.41 to 4.59", "rank": "2 to 5", "percentile": "61 (40 to 80)",
        "needed": ["5", "8"],
    }  # fmt: skip
    assert {second[key] for key in ("sem", "varies", "rank", "percentile")} == {DASH}
    why = {"name": "openness", "label": "Openness", "why": "nobody gave 3 answers"}
    assert found["withheld"] == [why]
    assert found["reliabilities"] == [".70", ".80"]


def test_the_page_says_which_is_which_beside_the_interval(tmp_path: Path) -> None:
    row = row_of(**MORE)
    text = page(tmp_path, row, answer_variance=KNOWN)
    assert WHICH_IS_WHICH in text
    assert LEAST in text
    assert f"({row['extraversion_low']:.2f} to {row['extraversion_high']:.2f})" in text
    assert "answers needed for a reliability of .70" in text
    assert "NORM_TOO_SMALL" in text
    assert HOSTILE not in text
    assert "Openness: no SEM is given, as nobody gave 3 answers." in text


@pytest.mark.parametrize("changes", [{}, {"status": "withheld", "reasons": "TOO_SHORT"}])
def test_pages_of_older_bundles_and_withheld_scores_say_nothing_of_it(tmp_path, changes) -> None:
    known = KNOWN if changes else {}
    text = page(tmp_path, row_of(**changes), answer_variance=known)
    assert "SEM" not in text

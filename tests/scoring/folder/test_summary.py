"""What a run says at its end."""

from __future__ import annotations

from trifold.codes import Code, Of, codes_of
from trifold.scoring.folder.summary import outcome_lines
from trifold.scoring.rows import Row


def row(status: str, code: str | None = None, **more: str | None) -> Row:
    cells = {"missing": None, "words_source": None, "candidate_id": "ann"}
    return {"status": status, "error_code": code, **cells, **more}


def test_everything_scored_is_one_line() -> None:
    assert outcome_lines([row("scored")] * 3) == ["3 of 3 files scored"]


def test_nothing_scored_says_why_and_what_to_do() -> None:
    rows = [row("withheld", "OUT_OF_DISTRIBUTION")] * 5 + [row("error", "DECODE_ERROR")]
    first, second, third = outcome_lines(rows)
    assert first == "0 of 6 files scored"
    assert second.startswith("5 withheld: OUT_OF_DISTRIBUTION (unlike the people that the model")
    assert "train on recordings" in second
    assert third.startswith("1 not readable: DECODE_ERROR (no media file")


def test_words_that_are_missing_are_said_once() -> None:
    rows = [row("scored", missing="text:NO_TRANSCRIPT;video:NO_FACE"), row("scored")]
    _, line = outcome_lines(rows)
    assert line.startswith("no words for 1 of 2 files")
    assert "leave out asr=none" in line


def test_recognised_words_are_said_once() -> None:
    rows = [row("scored", words_source=source) for source in ("recognised", "given", None)]
    assert outcome_lines(rows)[1:] == ["words of 1 of 3 files were recognised, not given"]


def test_every_code_has_a_sentence_and_nobody_is_named() -> None:
    assert all(code.meaning for code in Code)
    assert all(code.name == code for code in Code)
    assert all(code.advice for code in codes_of(Of.MISSING, Of.DOUBT, Of.PERSON))
    assert not any("ann" in line for line in outcome_lines([row("error", "TIMED_OUT")]))
    assert outcome_lines([row("withheld", "NEW_CODE")])[1] == "1 withheld: NEW_CODE"

"""What a candidate is told: an interval in words, what it rests on, and whom to write to."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.reports.report_factory import HOSTILE, answer, candidate, evidence, folder, model
from trifold.policy.vocabulary import denied
from trifold.reports.feedback.pages import feedback_page, remove_stale_feedback, write_feedback
from trifold.reports.feedback.values import LEVELS, level, reach, sureness
from trifold.scoring.folder.run import ScoredFolder

CONTACT = "people@example.org, or the front desk"
RULES = Path(__file__).parents[2] / "configs/policies/common.yaml"
SHARES = st.floats(0, 100)


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("feedback")
    people = folder()
    moved = {"candidate_03": evidence("candidate_03", people.candidates[3], 1)}
    scored = ScoredFolder(people.answers, people.candidates, moved)
    write_feedback(scored, model(synthetic=False), root, contact=CONTACT)
    return root


def text(out: Path, person: str) -> str:
    page = feedback_page(person, out).read_text(encoding="utf-8")
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("</head>")[2])).split())


@given(SHARES, SHARES)
def test_a_higher_place_never_has_a_lower_word(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert LEVELS.index(level(low)) <= LEVELS.index(level(high))
    assert reach(low, high).count(" and ") == (level(low) != level(high))
    assert (sureness(low, high) == "very rough") == ((high - low) / 100 >= 0.5)


def test_nobody_else_is_on_a_page_and_no_place_among_others(out: Path) -> None:
    said = text(out, "candidate_03")
    assert "candidate_0" not in said.replace("candidate_03/", "")
    for word in ("rank", "percentile", "norm group", "ensemble", "other candidates"):
        assert word not in said.lower()


def test_the_interval_stands_before_the_score(out: Path) -> None:
    page = feedback_page("candidate_03", out).read_text(encoding="utf-8")
    assert 0 < page.find('class="band"') < page.find('class="value"')


def test_what_it_rests_on_is_said_with_whom_to_write_to(out: Path) -> None:
    said = text(out, "candidate_04")
    assert "2 of 3 recordings could be used: your words, your voice and the picture." in said
    assert "not used (no media file, empty, or cut off)" in said
    assert f"Write to {CONTACT} ." in said
    assert "a person to look at your interview" in said
    assert "the voice hardly stands out from the noise" in text(out, "candidate_01")


def test_withheld_scores_are_no_fault_and_give_no_number(out: Path) -> None:
    said = text(out, "candidate_05")
    assert "You have no scores. The reason lies in the recordings, not in you" in said
    assert "on a scale from" not in said


def test_only_words_that_surely_moved_a_score_are_quoted(out: Path) -> None:
    found = evidence("candidate_03", folder().candidates[3], 1)
    unsure = [p["text"] for p in found["targets"][0]["pieces"] if p["text"]]
    page = feedback_page("candidate_03", out).read_text(encoding="utf-8")
    assert 0 < page.count("<q>") <= 2 * len(found["targets"])
    assert any(words in unescape(page) for words in unsure)
    assert "<q>" not in feedback_page("candidate_00", out).read_text(encoding="utf-8")


def test_the_program_says_no_denied_word(out: Path) -> None:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["rules"]
    words = [word for rule in rules for word in rule.get("params", {}).get("words", ())]
    for person in ("candidate_00", "candidate_01", "No Face", "candidate_05"):
        assert denied(text(out, person), words) == []


def test_the_same_rows_give_the_same_bytes_and_who_left_has_no_page(out: Path, tmp_path) -> None:
    people = folder()
    pages = write_feedback(people, model(synthetic=False), tmp_path, contact=CONTACT)
    assert len(pages) == len(people.candidates)
    same = feedback_page("candidate_00", tmp_path)
    assert same.read_bytes() == feedback_page("candidate_00", out).read_bytes()
    assert remove_stale_feedback(tmp_path, ["candidate_00"]) == len(pages) - 1
    assert list((tmp_path / "feedback").iterdir()) == [same]


def test_nothing_from_outside_becomes_markup(tmp_path: Path) -> None:
    row = answer(HOSTILE, 0, 0, question=HOSTILE, clip_id=HOSTILE)
    scored = ScoredFolder([row], [candidate(HOSTILE, [row], 0)])
    (page,) = write_feedback(scored, model(), tmp_path, contact=HOSTILE)
    assert "<script" not in page.read_text(encoding="utf-8")
    assert "<img" not in page.read_text(encoding="utf-8")

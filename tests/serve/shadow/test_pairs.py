"""Pairs of scores hold nothing of whose they are, and the report says what they say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import trifold.serve.shadow.pairs
from trifold.errors import InputError
from trifold.serve.problems import Problem
from trifold.serve.shadow.pairs import Pairs, read_pairs
from trifold.serve.shadow.report import lines_of, write_report
from trifold.serve.worker.parsing.asked import CandidateRequest, ScoreRequest
from trifold.serve.worker.parsing.shadowed import as_shadow

MARKER = "zyxomma"


def body(*scores: float | None) -> bytes:
    """An answer about some people; None is somebody without scores."""
    people = [{"candidate": {"candidate_id": f"{MARKER}{i}",
                             "status": "withheld" if score is None else "scored",
                             "warmth": score, "warmth_low": score, "warmth_rank_low": None}}
              for i, score in enumerate(scores)]  # fmt: skip
    return json.dumps({"candidates": people} if len(people) != 1 else people[0]).encode()


def pairs(old: np.ndarray, new: np.ndarray) -> Pairs:
    made = Pairs("m", "1.0", "2.0", 0.5)
    for before, after in zip(old, new, strict=True):
        made.add(body(float(before)), body(float(after)))
    return made


def test_pairs_are_written_without_order_or_name_and_read_as_they_were(tmp_path: Path) -> None:
    made = pairs(np.array([3.0, 1.0, 2.0]), np.array([30.0, 10.0, 20.0]))
    made.add(body(5.0, None, 6.0, None), body(50.0, 1.0, None, None))
    assert made.outcomes == {"both": 4, "new_alone": 1, "old_alone": 1, "neither": 1}
    made.write(tmp_path / "shadow.json")
    assert MARKER not in (tmp_path / "shadow.json").read_text()
    found = read_pairs(tmp_path / "shadow.json")
    assert found.scores == {"warmth": [(1.0, 10.0), (2.0, 20.0), (3.0, 30.0), (5.0, 50.0)]}
    assert (found.outcomes, found.share, found.old) == (made.outcomes, 0.5, "1.0")
    (tmp_path / "shadow.json").write_text('{"model": "m"}')
    with pytest.raises(InputError, match=r"shadow\.json: expected pairs of scores of two versions"):
        read_pairs(tmp_path / "shadow.json")


def test_a_random_part_is_kept_of_very_many(monkeypatch) -> None:
    monkeypatch.setattr(trifold.serve.shadow.pairs, "MOST", 50)
    made = pairs(np.arange(2000.0), np.arange(2000.0))
    kept = [old for old, _ in made.scores["warmth"]]
    assert (len(set(kept)), made.seen["warmth"]) == (50, 2000)
    assert 500 < np.mean(kept) < 1500  # five standard errors about 1000


@pytest.mark.parametrize(("noise", "carries"), [(0.05, True), (1.0, False)])
def test_the_report_says_whether_norms_carry_over(tmp_path, noise: float, carries: bool) -> None:
    draws = np.random.default_rng(0)
    old = draws.normal(4, 1, 60)
    made = pairs(old, 1 + 2 * old + noise * draws.normal(size=60))
    facts, page = write_report(made, tmp_path)
    found = json.loads(facts.read_text())["targets"]["warmth"]
    assert found["norms_carry_over"] is carries
    assert found["linear"]["slope"] == pytest.approx(2, abs=0.3)
    said = "norms carry over" if carries else "norms do not carry over"
    assert said in lines_of(made)[1]
    assert "warmth" in page.read_text()
    assert MARKER not in facts.read_text() + page.read_text()


def test_nothing_is_said_of_a_few(tmp_path: Path) -> None:
    made = pairs(np.arange(29.0), np.arange(29.0))
    assert "nothing is said yet, expected old and new scores of the same 30" in lines_of(made)[1]
    facts, _ = write_report(made, tmp_path)
    assert "not_told" in json.loads(facts.read_text())["targets"]["warmth"]


def test_what_is_tried_keeps_explains_and_forgets_nothing() -> None:
    request = ScoreRequest((CandidateRequest("a", (), explain=True, retain=True),))
    assert as_shadow(request).candidates == (CandidateRequest("a", ()),)
    with pytest.raises(Problem, match="expected a request to score"):
        as_shadow(ScoreRequest(forget="a"))


def test_a_target_without_a_score_makes_no_pair() -> None:
    row = {"status": "scored", "warmth": 1.0, "warmth_low": 0.5, "drive": None, "drive_low": None}
    made = Pairs("m", "1.0", "2.0", 0.5)
    made.add(json.dumps({"candidate": row}).encode(), json.dumps({"candidate": row}).encode())
    assert made.scores == {"warmth": [(1.0, 1.0)]}
    assert made.outcomes == {"both": 1}

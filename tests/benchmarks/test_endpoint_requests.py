"""The fuzzer's own judgement: who may be answered well, and that requests are drawn alike."""

from __future__ import annotations

import random

import pytest

from benchmarks.endpoint_requests import MARKER, MODEL, hostile, may_succeed, torn_forms

SCORES, FORGOTTEN = {"candidate": {}, "answers": []}, {"forgotten": {}}


@pytest.mark.parametrize(
    ("path", "answer", "scopes", "good"),
    [
        (MODEL, SCORES, {"score"}, True),
        (MODEL, SCORES, {"forget", "admin", "audit"}, False),
        (MODEL, {"candidates": []}, {"admin"}, False),
        (MODEL, FORGOTTEN, {"forget"}, True),
        (MODEL, FORGOTTEN, {"score", "audit"}, False),
        ("/exports", {"candidate_id": "ann"}, {"score"}, False),
        ("/exports", {"candidate_id": "ann"}, {"admin"}, True),
        ("/overrides", {}, {"forget", "admin", "audit"}, False),
        ("/audit", {"lines": 3}, {"score", "forget", "admin"}, False),
        ("/audit", {"lines": 3}, {"audit"}, True),
        ("/audit?key=x", None, {"audit"}, True),
        ("/jobs/" + "A" * 22, None, {"audit"}, False),
        ("/metrics", "text", set(), False),
        ("/ping", {"status": "Healthy"}, set(), True),
    ],
)
def test_a_good_answer_is_due_to_who_has_the_scope(path, answer, scopes, good) -> None:
    assert may_succeed(path, answer, scopes) == good


def test_requests_are_drawn_alike_and_carry_the_marker() -> None:
    clip = bytes(range(256)) * 20
    drawn = [[*hostile(200, random.Random(5)), *torn_forms(clip, 50, random.Random(5))]
             for _ in range(2)]  # fmt: skip
    assert drawn[0] == drawn[1]
    with_marker = sum(MARKER.encode() in r.content or MARKER in r.path for r in drawn[0])
    assert with_marker > 100
    assert {r.method for r in drawn[0]} >= {"GET", "POST", "PUT", "DELETE", "HEAD"}

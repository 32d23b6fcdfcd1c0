"""Timelines of reports: nothing is lost, nothing overlaps, nothing leaves its lane."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports.report_factory import NAMES, SAID, SECONDS, evidence, folder, transcript
from trifold.contracts import Segment, Transcript
from trifold.reports.spans import Span, lines, quoted, shared_out, spans
from trifold.reports.timeline import panels, spoken, ticks


def answers(n: int) -> list[dict]:
    return [row for row in folder().answers if row["candidate_id"] == "candidate_08"][:n]


def test_panels_show_all_that_moved_a_score() -> None:
    row = folder().candidates[8]
    found = evidence("candidate_08", row, 3)
    shown = panels(found, answers(3), {})
    assert [panel["name"] for panel in shown] == list(NAMES)
    for panel, target in zip(shown, found["targets"], strict=True):
        sizes = sorted((abs(p["contribution"]) for p in target["pieces"]), reverse=True)
        values = [float(m["value"].replace("\N{MINUS SIGN}", "-")) for m in panel["strongest"]]
        np.testing.assert_allclose(np.abs(values), sizes[:8], atol=0.0051)
        drawn = sum(len(lane["bars"]) for a in panel["answers"] for lane in a["lanes"])
        assert drawn == sum(size >= 0.015 * sizes[0] for size in sizes)
        assert sum(len(answer["words"]) for answer in panel["answers"]) == 15


def test_bars_stay_in_their_lane_whatever_the_times() -> None:
    row = folder().candidates[8]
    found = evidence("candidate_08", row, 3)
    for target in found["targets"]:
        target["pieces"][7] |= {"start_s": SECONDS + 5.0, "end_s": SECONDS + 9.0}
        target["pieces"][8] |= {"start_s": 9.0, "end_s": 3.0}
    for panel in panels(found, answers(3), {}):
        for lane in (lane for answer in panel["answers"] for lane in answer["lanes"]):
            for bar in lane["bars"]:
                assert 0 <= bar["left"] <= 100
                assert bar["width"] > 0
                assert bar["left"] + bar["width"] <= 100.3
                assert 0 < bar["height"] <= 50


def test_evidence_that_moved_nothing_draws_nothing() -> None:
    found = evidence("candidate_08", folder().candidates[8], 3)
    for target in found["targets"]:
        target["by_modality"] = {"text": 0.0}
        for piece in target["pieces"]:
            piece["contribution"] = 0.0
    for panel in panels(found, answers(3), {}):
        assert panel["strongest"] == []
        assert [answer["lanes"] for answer in panel["answers"]] == [[], [], []]
        assert {word["step"] for answer in panel["answers"] for word in answer["words"]} == {0}


PIECES = st.lists(
    st.tuples(st.floats(0, 60), st.floats(0, 8), st.floats(-2, 2)), min_size=1, max_size=20
)


@given(PIECES, st.booleans())
def test_sharing_out_loses_nothing_and_leaves_no_overlap(drawn: list, at_lines: bool) -> None:
    """Whatever the windows of encoders, what is drawn adds up to what came in."""
    pieces = [
        {"start_s": a, "end_s": a + length, "contribution": c, "text": None, "error": 0.1}
        for a, length, c in drawn
    ]
    found = spans(pieces, lines(transcript(), SECONDS) if at_lines else [])
    total = sum(piece["contribution"] for piece in pieces)
    assert sum(span.value for span in found) == pytest.approx(total, abs=1e-9)
    assert all(b.start_s >= a.end_s - 0.02 for a, b in pairwise(found))
    assert len(found) <= 240
    assert sum(span.error**2 for span in found) <= len(pieces) * 0.1**2 + 1e-9


def test_a_piece_is_shared_by_the_seconds_in_common() -> None:
    over = [Span(0, 2, None), Span(2, 4, None), Span(4, 8, None)]
    pieces = [
        {"start_s": 1, "end_s": 5, "contribution": 4.0, "error": 0.4},
        {"start_s": 6, "end_s": 7, "contribution": 0.0, "error": 0.3},
        {"start_s": 9, "end_s": 9, "contribution": 1.0, "error": 0.0},
    ]
    found = shared_out(pieces, over)
    np.testing.assert_allclose([span.value for span in found], [1.0, 2.0, 1.0 + 1.0])
    np.testing.assert_allclose([span.error for span in found], [0.1, 0.2, np.hypot(0.1, 0.3)])


def test_a_value_is_unclear_where_its_range_spans_zero() -> None:
    sure, exact, known = Span(0, 1, -0.2, error=0.1), Span(0, 1, 0.01), Span(0, 1, 0.0)
    unknown = Span(0, 1, None)
    assert not any(span.unclear for span in (sure, exact, known, unknown))
    assert Span(0, 1, 0.19, error=0.1).unclear
    assert Span(0, 1, -0.19, error=0.1).unclear


def test_unclear_moments_bars_and_lines_are_marked() -> None:
    found = evidence("candidate_08", folder().candidates[8], 1)
    for target in found["targets"]:
        for piece in target["pieces"]:
            piece["error"] = 0.0
        target["pieces"][1] |= {"contribution": 2.0, "error": 1.5}  # the strongest of all, in words
        target["pieces"][9] |= {"contribution": -1.9, "error": 0.5}
    for panel in panels(found, answers(1), {}):
        first, second, *others = panel["strongest"]
        assert (first["unclear"], first["range"], first["value"]) == (True, "2.94", "+2.00")
        assert (second["unclear"], second["range"]) == (False, "0.98")
        assert {(moment["unclear"], moment["range"]) for moment in others} == {(False, None)}
        (answer,) = panel["answers"]
        assert [line["unclear"] for line in answer["words"]] == [False, True, False, False, False]
        bars = [bar["unclear"] for lane in answer["lanes"] for bar in lane["bars"]]
        assert sum(bars) == 1
        best = [lane["best"] for lane in answer["lanes"]]
        assert (best[0]["value"], best[0]["unclear"]) == ("+2.00", True)
        assert [one["unclear"] for one in best[1:]] == [False, False]


def test_windows_of_two_encoders_show_every_sentence_once() -> None:
    """Single sentences, and windows of two: as MiniLM and contours look at the same words."""
    found = evidence("candidate_08", folder().candidates[8], 1)
    step = SECONDS / 5
    for target in found["targets"]:
        target["pieces"] = [p for p in target["pieces"] if p["modality"] == "text"]
        target["pieces"] += [
            target["pieces"][0] | {"start_s": i * step, "end_s": (i + 2) * step, "text": "a b"}
            for i in range(0, 4, 2)
        ]
    rows = answers(1)
    for panel, target in zip(
        panels(found, rows, {rows[0]["clip_id"]: transcript()}), found["targets"], strict=True
    ):
        words = panel["answers"][0]["words"]
        assert [word["text"] for word in words] == list(SAID)
        total = sum(p["contribution"] for p in target["pieces"])
        shown = sum(float(word["value"].replace("\N{MINUS SIGN}", "-")) for word in words)
        assert shown == pytest.approx(total, abs=5 * 0.0051)


def test_quoted_words_stand_in_for_a_transcript_once_each() -> None:
    pair = {"modality": "text", "contribution": 0.5, "error": 0.0}
    pieces = [
        pair | {"start_s": 0.0, "end_s": 4.0, "text": "One. Two."},
        pair | {"start_s": 0.0, "end_s": 2.0, "text": "One."},
        pair | {"start_s": 2.0, "end_s": 4.0, "text": "Two."},
        pair | {"start_s": 4.0, "end_s": 6.0, "text": "Three."},
    ]
    found = quoted(pieces)
    assert [span.text for span in found] == ["One.", "Two.", "Three."]
    assert sum(span.value for span in spans(pieces, found)) == 2.0
    assert quoted([pair | {"start_s": 0.0, "end_s": 4.0, "text": None}]) == []


def test_without_quotes_the_transcript_is_shown() -> None:
    found = evidence("candidate_08", folder().candidates[8], 1)
    for target in found["targets"]:
        target["pieces"] = [piece | {"text": None} for piece in target["pieces"]]
    rows = answers(1)
    words = panels(found, rows, {rows[0]["clip_id"]: transcript()})[0]["answers"][0]["words"]
    assert [word["text"] for word in words] == [s.text for s in transcript().segments]
    assert all(word["value"] for word in words)


def test_words_have_times_only_where_the_transcript_has() -> None:
    rows = answers(1)
    untimed = Transcript((Segment("One. Two."),), "txt")
    said = spoken(rows, {rows[0]["clip_id"]: untimed})[0]["words"]
    assert [(word["time"], word["text"]) for word in said] == [(None, "One."), (None, "Two.")]
    timed = spoken(rows, {rows[0]["clip_id"]: transcript()})[0]["words"]
    assert [word["time"] for word in timed] == ["0:00", "0:08", "0:16", "0:25", "0:33"]
    assert spoken(rows, {})[0]["words"] == []


@given(st.floats(0, 1e9))
def test_ticks_are_few_and_lie_inside(duration: float) -> None:
    found = ticks(duration)
    assert len(found) <= 9
    assert all(0 <= tick["left"] <= 93.01 for tick in found)
    assert bool(found) == (duration > 0)

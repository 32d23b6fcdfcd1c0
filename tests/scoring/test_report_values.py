"""Names, places and timelines of reports: what must hold whatever the scores are."""

from __future__ import annotations

import re
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import percentileofscore

from src.contracts import Segment, Target, Transcript
from src.features.clip import ABSENT, EMPTY
from src.scoring.report_model import ReportedModel
from src.scoring.report_overview import overview_values
from src.scoring.report_scales import distributions, number, percentile, place, scales
from src.scoring.report_spans import Span, lines, quoted, shared_out, spans
from src.scoring.report_timeline import panels, spoken, ticks
from src.scoring.report_words import (
    LONGEST_NAME,
    MEANINGS,
    clock,
    flags,
    meaning,
    page_name,
    percent,
    reasons,
    signed,
)
from tests.scoring.report_factory import (
    NAMES,
    SAID,
    SECONDS,
    TARGETS,
    evidence,
    folder,
    model,
    transcript,
)

SCALE = Target("warmth", 1.0, 7.0)
IDS = st.text(st.characters(codec=None, exclude_categories=()), min_size=1, max_size=200)


@given(IDS)
def test_a_page_name_is_safe_on_every_file_system(candidate_id: str) -> None:
    name = page_name(candidate_id)
    assert re.fullmatch(r"[A-Za-z0-9_-]+(~[0-9a-f]{12})?", name) or re.fullmatch(
        r"~[0-9a-f]{12}", name
    )
    assert len(name) <= LONGEST_NAME + 13


@given(IDS, IDS)
def test_no_two_candidates_share_a_page(one: str, other: str) -> None:
    if one != other:
        assert page_name(one).lower() != page_name(other).lower()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann", "Ann"), ("ann::q1", "ann__q1"), ("a/b", "a_b"), ("x" * 300, "x" * 301),
        ("../../etc/passwd", "etc_passwd"), ("con", "con_"), ("\udcff", "_"), ("ann ", "ann"),
        ("jürgen", "j_rgen"), (".", ".."),
    ],
)  # fmt: skip
def test_ids_that_look_alike_keep_apart(one: str, other: str) -> None:
    assert page_name(one).lower() != page_name(other).lower()


@pytest.mark.parametrize("name", ["ann", "p-01", "candidate_007", "3"])
def test_harmless_ids_are_their_own_name(name: str) -> None:
    assert page_name(name) == name


@pytest.mark.parametrize("name", ["con", "nul", "com1", "lpt9"])
def test_device_names_are_no_file_names(name: str) -> None:
    assert page_name(name).startswith(f"{name}~")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0:00"), (7.9, "0:07"), (725, "12:05"), (3725, "1:02:05"), (-1, "0:00")],
)
def test_times_as_people_read_them(seconds: float, said: str) -> None:
    assert clock(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.123, "+0.12"), (-0.129, "\N{MINUS SIGN}0.13"), (-0.001, "0.00"), (0, "0.00")],
)
def test_contributions_carry_their_sign(value: float, said: str) -> None:
    assert signed(value) == said


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0 %"), (0.004, "0.4 %"), (0.72, "72 %"), (1.0, "100 %")]
)
def test_shares_in_percent(share: float, said: str) -> None:
    assert percent(share) == said


def test_every_code_of_extraction_has_a_meaning() -> None:
    assert {*ABSENT.values(), *EMPTY.values()} <= set(MEANINGS)
    assert meaning("UNHEARD_OF") == "no description"


def test_flags_and_reasons_are_read_from_rows() -> None:
    row = {"status": "withheld", "missing": "video:NO_FACE;NO_SPEECH", "error_code": "TOO_SHORT"}
    row |= {"flags": "LOW_LIGHT"}
    assert [(f["where"], f["code"]) for f in flags(row)] == [
        ("video", "NO_FACE"), ("", "NO_SPEECH"), ("", "LOW_LIGHT"),
    ]  # fmt: skip
    assert reasons(row) == ["TOO_SHORT"]
    assert reasons(row | {"reasons": "TOO_SHORT;OUT_OF_DISTRIBUTION"}) == [
        "TOO_SHORT", "OUT_OF_DISTRIBUTION",
    ]  # fmt: skip
    assert reasons(row | {"reasons": ["LOW_LIGHT"]}) == ["LOW_LIGHT"]
    assert reasons(row | {"status": "scored"}) == []


@given(st.floats(-20, 20))
def test_places_stay_on_the_scale_and_keep_order(value: float) -> None:
    assert 0 <= place(value, SCALE) <= 100
    assert place(value, SCALE) <= place(value + 1, SCALE)
    assert (place(1.0, SCALE), place(4.0, SCALE), place(7.0, SCALE)) == (0, 50, 100)


@given(st.lists(st.sampled_from([1.0, 2.0, 2.5, 3.0, 7.0]), min_size=1), st.floats(0, 8))
def test_percentiles_are_those_of_scipy(group: list[float], value: float) -> None:
    expected = percentileofscore(group, value, kind="mean")
    assert percentile(value, sorted(group)) == pytest.approx(expected)


def test_norms_are_the_bundles_held_out_scores() -> None:
    scores = np.sort(np.random.default_rng(0).normal(4, 1, (40, 2)), axis=0)
    scores[20:, 1] = np.nan
    schema = SimpleNamespace(names=("openness", "warmth"), targets=())
    description = SimpleNamespace(
        schema=schema,
        name="twin",
        coverage=0.9,
        terms="t",
        synthetic=True,
        half_width={"candidate": [None, None]},
    )
    bundle = SimpleNamespace(description=description, bundle_id="b")
    assert ReportedModel.of(bundle).norms == {}
    bundle.reference = SimpleNamespace(norms=scores)
    found = ReportedModel.of(bundle)
    assert set(found.norms) == {"openness"}  # of 20 people a percentile says nothing
    assert found.norms["openness"] == scores[:, 0].tolist()
    assert "40 candidates of the training data of twin" in found.norm_group
    assert not found.calibrated
    description.half_width["candidate"][1] = 0.7
    assert ReportedModel.of(bundle).calibrated


def test_scales_hold_score_inside_its_band() -> None:
    for row in folder().candidates:
        for bar in scales(row, TARGETS, model().norms):
            assert 0 <= bar["x_low"] <= bar["x"] <= bar["x_high"] <= 100
            norm = bar["norm"]
            assert norm["percentile_low"] <= norm["percentile"] <= norm["percentile_high"]
            assert norm["x_first"] <= norm["x_middle"] <= norm["x_third"]


def test_a_row_without_scores_has_no_scale_and_without_norms_no_norm() -> None:
    rows = folder().candidates
    (withheld,) = [row for row in rows if row["status"] == "withheld"]
    assert scales(withheld, TARGETS) == []
    assert {bar["norm"] for bar in scales(rows[0], TARGETS)} == {None}
    assert scales(rows[0] | {"openness_spread": 0.2}, TARGETS)[-1]["spread"] == 0.2


def test_a_score_that_is_none_is_an_error() -> None:
    with pytest.raises(TypeError, match="a score column holds a number, got NoneType"):
        number(None)


def test_histograms_need_people_and_count_each_once() -> None:
    rows = [row for row in folder(40).candidates if row["status"] == "scored"]
    assert distributions(rows[:4], TARGETS) == []
    for plot, target in zip(distributions(rows, TARGETS, model().norms), TARGETS, strict=True):
        values = np.array([row[target.name] for row in rows])
        counts = np.array(plot["heights"]) / max(plot["heights"])
        expected, _ = np.histogram(values, 20, (1, 7))
        np.testing.assert_allclose(counts, expected / expected.max(), atol=1e-3)
        assert plot["mean"] == pytest.approx(values.mean())
        assert plot["n"] == len(rows)


def test_the_overview_counts_what_is_there() -> None:
    scored = folder()
    values = overview_values(scored.answers, scored.candidates, model(), pages=True)
    assert {tile["name"]: tile["value"] for tile in values["tiles"]} == {
        "candidates": 12, "with scores": 11, "withheld": 1, "files": 22, "files without scores": 2,
    }  # fmt: skip
    assert values["failures"] == [
        {"code": "DECODE_ERROR", "meaning": MEANINGS["DECODE_ERROR"], "n": 2}
    ]
    assert [(row["code"], row["n"]) for row in values["missing"]] == [("NO_FACE", 2)]
    assert [n for _, _, n in values["choices"]] == [12, 11, 1, 1]


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
        {"start_s": a, "end_s": a + length, "contribution": c, "text": None}
        for a, length, c in drawn
    ]
    found = spans(pieces, lines(transcript(), SECONDS) if at_lines else [])
    total = sum(piece["contribution"] for piece in pieces)
    assert sum(span.value for span in found) == pytest.approx(total, abs=1e-9)
    assert all(b.start_s >= a.end_s - 0.02 for a, b in pairwise(found))
    assert len(found) <= 240


def test_a_piece_is_shared_by_the_seconds_in_common() -> None:
    over = [Span(0, 2, None), Span(2, 4, None), Span(4, 8, None)]
    pieces = [
        {"start_s": 1, "end_s": 5, "contribution": 4.0},
        {"start_s": 9, "end_s": 9, "contribution": 1.0},
    ]
    np.testing.assert_allclose(shared_out(pieces, over), [1.0, 2.0, 1.0 + 1.0])


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
    pair = {"modality": "text", "contribution": 0.5}
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

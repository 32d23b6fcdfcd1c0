"""Names, places and timelines of reports: what must hold whatever the scores are."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import percentileofscore

from tests.reports.report_factory import (
    TARGETS,
    folder,
    model,
)
from trifold.codes import Code
from trifold.contracts import Target
from trifold.features.clip import ABSENT, EMPTY
from trifold.reports.model import ReportedModel
from trifold.reports.overview import overview_values
from trifold.reports.scales import distributions, number, percentile, place, scales
from trifold.reports.wording import (
    LONGEST_NAME,
    clock,
    flags,
    meaning,
    page_name,
    percent,
    reasons,
    signed,
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
    assert {*ABSENT.values(), *EMPTY.values()} <= set(Code)
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
        answer_variance={},
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
        {"code": "DECODE_ERROR", "meaning": Code.DECODE_ERROR.meaning, "n": 2}
    ]
    assert [(row["code"], row["n"]) for row in values["missing"]] == [
        ("NO_FACE", 2), ("NOISY_SOUND", 1),
    ]  # fmt: skip
    assert [n for _, _, n in values["choices"]] == [12, 11, 1, 2]

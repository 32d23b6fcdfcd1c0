"""Whole studies of impact, cut-score sweeps, multiplicity and power."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.impact.cut_scores import cut_score_sweep
from trifold.psychometrics.impact.groups import groupings
from trifold.psychometrics.impact.multiplicity import (
    adjust,
    benjamini_hochberg,
    bonferroni,
    holm,
)
from trifold.psychometrics.impact.plots import sweep_plot
from trifold.psychometrics.impact.power import (
    detectable_f2,
    people_for_step,
    power_of_f,
    power_of_intercepts,
    power_of_rates,
    power_of_slopes,
)
from trifold.psychometrics.impact.study import impact_study
from trifold.psychometrics.impact.two_groups.rates import Group
from trifold.psychometrics.impact.two_groups.significance import exact

FEW = settings(max_examples=30, deadline=None)
# Benjamini and Hochberg (1995)
FIFTEEN = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
    0.6528, 0.7590, 1.0,
]  # fmt: skip


def people(n: int = 400, *, d: float = 0.6) -> tuple[pd.DataFrame, pd.DataFrame]:
    generator = np.random.default_rng(0)
    ids = [f"c{i}" for i in range(n)]
    sex = np.where(np.arange(n) % 2, "f", "m").astype(object)
    origin = np.where(np.arange(n) % 5 == 0, "x", "y")
    score = generator.normal(size=n) - d * (sex == "f")
    sex[:7] = ["unknown", "", None, "Prefer not to say", np.nan, "N/A", "Unknown "]
    scores = pd.DataFrame({"candidate_id": ids, "target": "fit", "score": score})
    return scores, pd.DataFrame({"candidate_id": ids, "sex": sex, "origin": origin})


def test_a_study_of_scores_has_every_division() -> None:
    study = impact_study(*people(), cuts=0.5, at_most=50)
    divisions = {d.column: d for d in study.decisions["fit"]}
    assert set(divisions) == {"sex", "origin", "sex \u00d7 origin"}
    sex = divisions["sex"]
    assert (sex.reference, sex.unknown) == ("m", 7)
    focal = next(g for g in sex.groups if g.name == "f")
    assert focal.comparison is not None
    assert focal.comparison.below_four_fifths
    assert focal.score_difference is not None
    assert focal.score_difference.high < 0
    assert "adverse impact is indicated" in focal.comparison.verdict
    assert len(study.verdicts()) == 1 + 1 + 3
    json.dumps(study.as_json(), allow_nan=False)


def test_a_study_of_decisions_splits_events() -> None:
    scores, groups = people()
    chosen = scores[["candidate_id"]].assign(
        selected=scores["score"] > 0, event=["may", "june"] * 200
    )
    # sex alternates with the event, so only mixed events compare
    chosen["event"] = np.where(np.arange(400) % 4 < 2, "may", "june")
    study = impact_study(chosen, groups, crossed=False)
    focal = next(g for g in study.decisions["decision"][0].groups if g.name == "f")
    assert focal.strata is not None
    assert focal.strata.strata == 2
    assert focal.strata.odds_ratio.high < 1
    assert study.decisions["decision"][0].sweep is None


def test_cuts_by_group_and_other_bad_input_are_refused() -> None:
    scores, groups = people()
    with pytest.raises(InputError, match="they are the same for all groups, got f, m"):
        impact_study(scores, groups, cuts={"f": 0.1, "m": 0.3})
    with pytest.raises(InputError, match="one cut for all groups"):
        impact_study(scores, groups, cuts={"fit": {"f": 0.1}})  # type: ignore[dict-item]
    with pytest.raises(InputError, match="cuts: expected a cut on fit, got none"):
        impact_study(scores, groups)
    with pytest.raises(InputError, match="self-reported, got guessed from names"):
        impact_study(scores, groups, cuts=0, provenance="guessed from names")
    with pytest.raises(InputError, match="one row a person, got two of c0"):
        impact_study(scores, pd.concat([groups, groups[:1]]), cuts=0)
    with pytest.raises(InputError, match="true or false in selected"):
        impact_study(scores.assign(selected=1), groups)
    with pytest.raises(InputError, match="finite numbers in score, got 'much'"):
        impact_study(scores.astype({"score": object}).replace(scores["score"][0], "much"), groups)


def test_one_group_is_told_and_compared_with_nobody() -> None:
    scores, groups = people()
    study = impact_study(scores, groups.assign(sex="f")[["candidate_id", "sex"]], cuts=0)
    division = study.decisions["fit"][0]
    assert division.flags == (Code.ONE_GROUP,)
    assert study.verdicts() == []


def test_a_sweep_agrees_with_single_comparisons() -> None:
    scores, groups = people(120)
    values = scores["score"].to_numpy().round(1)
    division = groupings(groups, scores["candidate_id"].tolist(), columns=["sex"])[0]
    table = cut_score_sweep(values, division, validity=0.3)
    assert list(table["cut"].unique()) == sorted(set(values[division.place >= 0]))
    for _, row in table.sample(40, random_state=0).iterrows():
        g, h = (
            next(x for x in division.selected(values >= row["cut"]) if x.name == row[name])
            for name in ("group", "reference")
        )
        assert (row["n"], row["selected"]) == (g.n, g.selected)
        assert (row["low"], row["high"]) == pytest.approx((g.rate.low, g.rate.high))
        if g.name != h.name:
            assert (row["fisher"], row["mid_p"]) == pytest.approx(exact(g, h))
            assert row["below_four_fifths"] == (5 * g.selected * h.n < 4 * h.selected * g.n)
    assert table["criterion_gain"].iloc[-1] > table["criterion_gain"].iloc[0] == 0


@settings(max_examples=10, deadline=None)
@given(st.floats(0.05, 3), st.floats(-5, 5))
def test_sweeps_do_not_see_the_scale_of_scores(scale: float, shift: float) -> None:
    scores, groups = people(40)
    division = groupings(groups, scores["candidate_id"].tolist(), columns=["sex"])[0]
    values = scores["score"].to_numpy()
    one, other = (cut_score_sweep(x, division) for x in (values, scale * values + shift))
    pd.testing.assert_frame_equal(one.drop(columns="cut"), other.drop(columns="cut"))


def test_expected_ratios_follow_normal_scores() -> None:
    scores, groups = people(20_000, d=0.5)
    division = groupings(groups, scores["candidate_id"].tolist(), columns=["sex"])[0]
    table = cut_score_sweep(scores["score"].to_numpy(), division, at_most=20)
    mid = table[(table["group"] == "f") & table["selection_rate"].between(0.1, 0.9)]
    assert mid["ratio"].to_numpy() == pytest.approx(mid["ratio_expected"].to_numpy(), rel=0.1)


def test_benjamini_and_hochbergs_fifteen() -> None:
    p = np.array(FIFTEEN)
    counts = [int(np.sum(f(p) <= 0.05)) for f in (bonferroni, holm, benjamini_hochberg)]
    assert counts == [3, 3, 4]
    assert benjamini_hochberg(p)[3] == pytest.approx(0.035625)


@FEW
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_values_keep_order_and_never_fall_below_raw(p: list[float]) -> None:
    raw = np.array(p)
    each = [benjamini_hochberg(raw), holm(raw), bonferroni(raw)]
    assert (each[0] >= raw - 1e-12).all()
    assert all((a <= b + 1e-12).all() for a, b in pairwise(each))
    order = np.argsort(raw)
    assert all((np.diff(one[order]) >= -1e-12).all() for one in each)


def test_tests_that_were_not_made_do_not_count() -> None:
    found = adjust({"a": 0.03, "b": float("nan"), "c": 0.5})
    assert found["a"].holm == pytest.approx(0.06)
    assert (found["a"].screened, found["a"].claimed) == (True, False)
    assert np.isnan(found["b"].holm)
    with pytest.raises(InputError, match="p-values between 0 and 1"):
        holm(np.array([2.0]))


def test_power_of_pwr() -> None:
    assert power_of_rates(0.3, 80, 80, sides=1) == pytest.approx(0.599678, abs=5e-7)
    assert power_of_rates(0.3, 80, 245, sides=1) == pytest.approx(0.753292, abs=5e-7)
    assert power_of_f(0.1 / 0.9, 5, 89) == pytest.approx(0.673586, abs=5e-7)


def test_people_for_a_step_and_power_of_lines() -> None:
    steps = [people_for_step(delta, predictors=1) for delta in (0.005, 0.01, 0.02, 0.03)]
    assert steps == [1329, 662, 328, 217]
    slopes = [power_of_slopes(0.3, 0.1, *n) for n in ((100, 100), (100, 400), (500, 500))]
    assert slopes == pytest.approx([0.31, 0.44, 0.90], abs=0.012)
    intercepts = [power_of_intercepts(0.2, n, n) for n in (100, 394)]
    assert intercepts == pytest.approx([0.29, 0.80], abs=5e-3)
    assert power_of_f(detectable_f2(3, 200), 3, 200) == pytest.approx(0.8)
    with pytest.raises(InputError, match="an effect of 0 or more"):
        power_of_f(-1, 1, 1)


def test_groups_are_counted_by_their_names() -> None:
    _, groups = people()
    division = groupings(groups, ["c8", "c9", "nobody"], columns=["sex"])[0]
    assert division.selected(np.array([True, False, True])) == (Group("f", 0, 1), Group("m", 1, 1))


def test_a_plot_shows_every_cut_and_names_none() -> None:
    study = impact_study(*people(100), cuts=0.5, crossed=False)
    sweep = study.decisions["fit"][0].sweep
    assert sweep is not None
    axes = sweep_plot(sweep, "f").axes[0]
    assert len(axes.lines[1].get_xdata()) == len(sweep[sweep["group"] == "f"]) - 1
    assert "best" not in "".join(text.get_text() for text in axes.texts)

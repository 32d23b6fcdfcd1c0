"""Generalizability studies: Brennan's examples."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.factories.published_scores import GAPS, ITEMS, OCCASIONS, TASKS, crossed, passages
from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.reliability.generalizability.coefficients import (
    coefficients,
    cut_score_dependability,
)
from trifold.psychometrics.reliability.generalizability.components import (
    analogous_anova,
    analysis_of_variance,
    uncorrected_sums,
)
from trifold.psychometrics.reliability.generalizability.decision import (
    cheapest,
    decision_study,
    needed,
)
from trifold.psychometrics.reliability.generalizability.person_error import (
    jackknife_error,
    person_errors,
    refuse_unlike,
)
from trifold.psychometrics.reliability.generalizability.study import g_study

NESTED = OCCASIONS.reshape(10, 8)
BALANCED = [
    ("p x i", ITEMS, {"p": 0.0574, "i": 0.0754, "pi": 0.1269}, (0.8445, 0.7730)),
    (
        "p x o x i",
        OCCASIONS,
        {"p": 0.5528, "i": 0.4417, "o": 0.0074, "pi": 0.5750, "po": 0.1009, "oi": 0.1565,
         "poi": 0.9352},
        (0.6399, 0.5541),
    ),
    ("i:p", NESTED.T, {"p": 0.6108, "i:p": 2.0250}, (0.7070, 0.7070)),
    (
        "p x (r:t)",
        np.swapaxes(TASKS, 1, 2),
        {"p": 0.4731, "t": 0.3252, "r:t": 0.6475, "pt": 0.5596, "pr:t": 2.3802},
        (0.5514, 0.4637),
    ),
]  # fmt: skip


def by_name(study, values) -> dict[str, float]:
    return dict(zip(study.design.names, map(float, values), strict=True))


@pytest.mark.parametrize(("formula", "table", "components", "found"), BALANCED)
def test_balanced_designs_are_brennans(formula, table, components, found) -> None:
    study = g_study(crossed(formula, table), draws=100)
    assert by_name(study, study.variances) == pytest.approx(components, abs=5.1e-5)
    both = coefficients(study)
    assert (both.relative.estimate, both.absolute.estimate) == pytest.approx(found, abs=5.1e-5)
    assert both.relative.low < both.relative.estimate < both.relative.high


@pytest.mark.parametrize(("formula", "table", "components", "found"), BALANCED)
def test_three_estimators_agree_when_balanced(formula, table, components, found) -> None:
    seen = crossed(formula, table)
    squares = analysis_of_variance(seen).components
    assert seen.balanced
    assert analogous_anova(seen) == pytest.approx(squares)
    assert set(components) == set(seen.design.names)


def test_decision_study_of_items() -> None:
    study = g_study(crossed("p x i", ITEMS), draws=100)
    plans = decision_study(study, [{"i": n} for n in (5, 10, 15, 20)])
    relative = [plan.coefficients.relative.estimate for plan in plans]
    absolute = [plan.coefficients.absolute.estimate for plan in plans]
    assert relative == pytest.approx([0.694, 0.819, 0.872, 0.901], abs=5.1e-4)
    assert absolute == pytest.approx([0.587, 0.739, 0.810, 0.850], abs=5.1e-4)
    many = [
        [needed(study, r, facet="i", absolute=a).estimate for r in (0.7, 0.8, 0.9)]
        for a in (False, True)
    ]
    assert many == [[6, 9, 20], [9, 15, 32]]


def test_intervals_of_items_are_feldts() -> None:
    found = coefficients(g_study(crossed("p x i", ITEMS), draws=100)).relative
    assert (found.low, found.high) == pytest.approx((0.650854, 0.954318), abs=5e-7)


@pytest.mark.parametrize(
    ("sizes", "found"),
    [({"i": 4, "o": 2}, (0.6399, 0.5541)), ({"i": 8, "o": 2}, (0.7536, 0.6890)),
     ({"i": 8, "o": 3}, (0.7928, 0.7259))],
)  # fmt: skip
def test_decision_study_of_two_facets(sizes: dict[str, int], found: tuple[float, float]) -> None:
    both = coefficients(g_study(crossed("p x o x i", OCCASIONS), draws=100), sizes)
    assert (both.relative.estimate, both.absolute.estimate) == pytest.approx(found, abs=5.1e-5)


def test_missing_scores_are_brennans_after_huynh() -> None:
    seen = crossed("p x i", GAPS)
    sums = uncorrected_sums(seen, seen.scores[:, None])[:, 0]
    assert sums == pytest.approx([27.8, 24.7432, 37, 23.2034], abs=5e-5)
    study = g_study(seen, draws=100)
    found = {"p": 0.0473, "i": 0.0117, "pi": 0.1840}
    assert by_name(study, study.variances) == pytest.approx(found, abs=5.1e-5)
    both = coefficients(study)
    assert (both.relative.estimate, both.absolute.estimate) == pytest.approx(
        (0.5505, 0.5351), abs=5.1e-5
    )
    remaining = {"p": 0.051850, "i": 0.016056, "pi": 0.178646}  # lme4, statsmodels
    assert by_name(study, study.reml) == pytest.approx(remaining, abs=6e-7)


def test_the_mean_error_is_that_of_the_harmonic_number_of_answers() -> None:
    study = g_study(crossed("p x i", GAPS), draws=100)
    counts = np.isfinite(GAPS).sum(axis=1)
    harmonic = len(counts) / np.sum(1 / counts)
    assert harmonic == pytest.approx(4.7682, abs=5e-5)
    assert coefficients(study).relative_sem.estimate == pytest.approx(
        np.sqrt(study.variances[2] / harmonic)
    )


def test_unbalanced_nesting_is_brennans() -> None:
    study = g_study(passages(), draws=100, fewest=2)
    sums = uncorrected_sums(study.seen, study.seen.scores[:, None])[:, 0]
    assert sums == pytest.approx([1390, 1424, 1440, 1564.5, 1610, 1296])
    found = {"p": 1.2014, "h": 2.9161, "i:h": 0.2946, "ph": 0.9914, "pi:h": 0.8429}
    assert by_name(study, study.variances) == pytest.approx(found, abs=5.1e-5)
    both = coefficients(study)
    assert (both.relative.estimate, both.absolute.estimate) == pytest.approx(
        (0.7157, 0.4277), abs=5.1e-5
    )
    remaining = {"p": 1.0178, "h": 3.6377, "i:h": 0.2967, "ph": 1.0210, "pi:h": 0.8377}  # lme4
    assert by_name(study, study.reml) == pytest.approx(remaining, abs=5.1e-5)
    assert study.estimators_differ


def test_everybodys_own_error_is_that_of_their_answers() -> None:
    study = g_study(crossed("p x i", GAPS), draws=100)
    found, counts = person_errors(study), np.isfinite(GAPS).sum(axis=1)
    order = [int(name) for name in found.people]
    assert found.relative == pytest.approx(np.sqrt(study.variances[2] / counts[order]))
    assert found.absolute == pytest.approx(np.sqrt(study.variances[1:].sum() / counts[order]))
    assert np.mean(found.absolute**2) == pytest.approx(
        coefficients(study).absolute_sem.estimate ** 2
    )


def test_all_weight_on_one_answer_gives_the_error_of_one() -> None:
    study = g_study(crossed("p x i", ITEMS), draws=100)
    found = person_errors(study, np.tile([1.0] + [0.0] * 11, 10))
    assert found.absolute == pytest.approx(np.sqrt(study.variances[1:].sum()))


def test_a_far_cut_is_told_more_dependably_than_the_mean() -> None:
    study = g_study(crossed("p x i", ITEMS), draws=100)
    mean = ITEMS.mean()
    near, far = (cut_score_dependability(study, mean + d).estimate for d in (0.0, 0.4))
    assert near == pytest.approx(coefficients(study).absolute.estimate)
    assert far > near


def test_the_cheapest_plan_reaches_what_is_wanted() -> None:
    study = g_study(crossed("p x i x r", np.swapaxes(OCCASIONS, 1, 2)), draws=100)
    grid = [{"i": i, "r": r} for i in range(1, 13) for r in range(1, 4)]
    plans = decision_study(study, grid, {"i": 1.0, "r": 2.0})
    best = cheapest(plans, 0.7)
    assert best is not None
    assert best.coefficients.relative.estimate >= 0.7
    assert best.cost == best.coefficients.sizes["i"] * (1 + 2 * best.coefficients.sizes["r"])
    assert cheapest(plans, 0.999) is None


def test_a_fixed_facet_is_not_generalised_over() -> None:
    seen = crossed("p x o x i", OCCASIONS)
    free, fixed = (coefficients(g_study(seen, fixed=f, draws=100)) for f in ((), ("o",)))
    p, o, i, po, pi, oi, poi = g_study(seen, draws=10).variances
    universe = p + po / 2
    assert fixed.relative.estimate == pytest.approx(universe / (universe + pi / 4 + poi / 8))
    error = i / 4 + oi / 8 + pi / 4 + poi / 8
    assert fixed.absolute.estimate == pytest.approx(universe / (universe + error))
    assert fixed.relative.estimate > free.relative.estimate
    assert o >= 0


def test_negative_components_are_shown_and_count_as_nothing() -> None:
    table = np.tile([[1.0, 0.0], [0.0, 1.0]], (6, 1)) + 0.01 * np.arange(12)[:, None] ** 2 % 0.03
    study = g_study(crossed("p x i", table), draws=100)
    one = study.components["p"]
    assert one.estimate < 0
    assert Code.NEGATIVE_VARIANCE in one.flags
    found = coefficients(study).relative
    assert found.estimate == 0
    assert {Code.NEGATIVE_VARIANCE, Code.BOUNDARY} <= set(found.flags)
    assert (study.reml >= 0).all()
    many = needed(study, 0.8, facet="i")
    assert many.estimate == np.inf
    assert json.loads(json.dumps(many.as_json(), allow_nan=False))["estimate"] is None


def test_a_design_in_parts_has_no_absolute_error() -> None:
    generator = np.random.default_rng(0)
    table = np.full((12, 8), np.nan)
    table[:6, :4] = generator.normal(size=(6, 4)) + generator.normal(size=(6, 1))
    table[6:, 4:] = generator.normal(size=(6, 4)) + generator.normal(size=(6, 1))
    study = g_study(crossed("p x i", table), draws=100)
    both = coefficients(study)
    assert np.isnan(both.absolute.estimate)
    assert Code.DISCONNECTED_DESIGN in both.absolute.flags
    assert np.isfinite(both.relative.estimate)
    assert np.isnan(person_errors(study).absolute).all()


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (ITEMS[:9], Code.TOO_FEW_PERSONS),
        (np.ones((12, 4)), Code.NO_VARIANCE),
        (np.where(np.eye(12) > 0, np.arange(12.0), np.nan), Code.NOT_CROSSED),
    ],
    ids=["nine people", "all alike", "each question put to one person"],
)
def test_what_is_refused_says_why(table: np.ndarray, code: Code) -> None:
    study = g_study(crossed("p x i", table), draws=10)
    assert not study.defined
    for one in (coefficients(study).relative, needed(study, 0.8, facet="i")):
        assert np.isnan(one.estimate)
        assert one.flags == (code,)
    assert json.dumps(study.as_json(), allow_nan=False)


def test_few_levels_and_one_session_are_said() -> None:
    study = g_study(crossed("p x o x i", OCCASIONS), draws=10)
    assert Code.TOO_FEW_LEVELS in study.flags
    assert len(study.cautions) == 1
    assert "upper bound" in g_study(crossed("p x i", ITEMS), draws=10).cautions[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: coefficients(s, {"r": 2}), "expected facets among i, got 'r'"),
        (lambda s: coefficients(s, {}), "expected how many of each of i, got none of i"),
        (lambda s: needed(s, 1.0, facet="i"), "a reliability above 0 and below 1, got 1"),
        (lambda s: needed(s, 0.8, facet="o"), "expected random facets among i, got 'o'"),
    ],
)
def test_plans_that_cannot_be_are_named(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(g_study(crossed("p x i", ITEMS), draws=10))


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    answers = np.array([2.0, 3.5, 4.0, 5.0])
    left_out = np.array([np.delete(answers, i).mean() for i in range(4)])
    assert jackknife_error(left_out) == pytest.approx(answers.std(ddof=1) / 2)
    assert np.isnan(jackknife_error(left_out[:2]))


def test_scores_that_are_no_means_stop_a_decision_study() -> None:
    refuse_unlike(np.array([1.0, 1.1]), np.array([1.0, 1.0]))
    with pytest.raises(InputError, match=r"within 25 % of that of a mean.*got 2 beside 1"):
        refuse_unlike(np.array([2.0, np.nan]), np.array([1.0, 1.0]))

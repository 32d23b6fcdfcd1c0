"""Accuracy of groups, answers, leaks, and the study that has all of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from trifold.errors import InputError
from trifold.psychometrics.impact.prediction.accuracy import accuracy_by_group
from trifold.psychometrics.impact.prediction.answer_functioning import answer_functioning
from trifold.psychometrics.impact.prediction.leak import auc, leak_probe
from trifold.psychometrics.impact.prediction.study import prediction_study
from trifold.psychometrics.validity.corrections import Reliability


def scored(n: int = 300, *, gap: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    groups = np.where(np.arange(n) % 3 == 0, "f", "m")
    rating = generator.normal(4, 1, n)
    score = 4 + 0.6 * (rating - 4) + 0.5 * generator.normal(size=n) + gap * (groups == "f")
    return score, rating, groups


def test_accuracy_tells_what_a_group_is_off_by() -> None:
    score, rating, groups = scored(gap=-0.5)
    score[:9] = np.nan
    found = accuracy_by_group(score, rating, list(groups), half_width=np.array(1.0), resamples=200)
    f, m = found.groups["f"], found.groups["m"]
    assert found.reference == "m"
    assert f.bias.high < -0.2 < m.bias.estimate
    assert f.bias.estimate == pytest.approx(np.nanmean((score - rating)[groups == "f"]))
    assert m.calibration_slope.low < 1 < m.calibration_slope.high
    assert f.amplification is not None
    assert f.amplification.high < 0
    assert m.amplification is None
    assert (f.withheld.estimate, f.withheld.n) == (3 / 100, 100)
    assert f.coverage is not None
    assert m.coverage is not None
    assert f.coverage.estimate < m.coverage.estimate
    json.dumps(found.as_json(), allow_nan=False)


def test_osa_osd_and_csd_are_shares_of_variance() -> None:
    same = accuracy_by_group(*map(list, scored()), resamples=50).fairness
    off = accuracy_by_group(*map(list, scored(gap=-0.8)), resamples=50).fairness
    for name in ("osa", "osd", "csd"):
        assert 0 <= getattr(same, name).estimate < 0.03
    assert off.osd.low > 0.1
    assert off.csd.low > 0.1
    score, rating, groups = scored(gap=-0.8)
    error = score - rating
    r2 = np.sum([np.sum(groups == g) * (error[groups == g].mean() - error.mean()) ** 2
                 for g in "fm"]) / np.sum((error - error.mean()) ** 2)  # fmt: skip
    assert off.osd.estimate == pytest.approx(r2)


def test_groups_of_few_people_are_named_and_not_judged() -> None:
    score, rating, groups = scored()
    groups[:5] = "x"
    assert accuracy_by_group(score, rating, list(groups), resamples=20).too_few == {"x": 5}
    with pytest.raises(InputError, match="two groups of 30 people or more"):
        accuracy_by_group(score, rating, ["m"] * 300)


def answers(n: int = 600, *, off: float = 0.0, binary: bool = False) -> tuple:
    generator = np.random.default_rng(0)
    focal = np.arange(n) % 2 == 0
    trait = generator.normal(size=n) - 0.8 * focal
    wide = trait[:, None] + 0.7 * generator.normal(size=(n, 6))
    wide[:, 2] += off * focal
    return (wide > 0).astype(float) if binary else wide, list(focal), [f"q{i}" for i in range(6)]


def test_a_question_that_is_harder_for_a_group_stands_out() -> None:
    found = answer_functioning(*answers(off=-1.2))
    assert found["q2"] is not None
    assert found["q2"].level == "C"
    assert found["q2"].smd < -0.4
    assert {q.level for name, q in found.items() if q is not None and name != "q2"} == {"A"}


def test_groups_that_differ_in_the_trait_alone_are_no_dif() -> None:
    found = answer_functioning(*answers())
    assert {q.level for q in found.values() if q is not None} == {"A"}


def test_answers_of_0_and_1_have_the_ets_scale() -> None:
    found = answer_functioning(*answers(1500, off=-1.5, binary=True))
    q = found["q2"]
    assert q is not None
    assert q.mantel_haenszel is not None
    assert q.mantel_haenszel.ets_delta < -1.5
    assert q.level == "C"
    assert found["q0"] is not None
    assert found["q0"].level == "A"


def test_questions_with_few_answers_are_not_judged() -> None:
    wide, focal, names = answers()
    wide[20:, 0] = np.nan
    assert answer_functioning(wide, focal, names)["q0"] is None
    with pytest.raises(InputError, match="at least two"):
        answer_functioning(wide[:, :1], focal, names[:1])


def test_auc_agrees_with_sklearn_and_its_mirror() -> None:
    generator = np.random.default_rng(0)
    positive = generator.uniform(size=200) < 0.4
    score = (generator.normal(size=200) + positive).round(1)
    found = auc(score, positive)
    assert found.estimate == pytest.approx(roc_auc_score(positive, score))
    assert found.low < found.estimate < found.high
    assert auc(-score, positive).estimate == pytest.approx(1 - found.estimate)


def test_a_probe_finds_a_leak_and_nothing_in_noise() -> None:
    generator = np.random.default_rng(0)
    focal = np.arange(200) % 2 == 0
    found = [leak_probe(generator.normal(size=(200, 3)), list(focal)) for _ in range(10)]
    assert sum(leak.above_chance for leak in found) <= 2
    noise = generator.normal(size=(200, 3))
    noise[:, 1] += focal
    assert leak_probe(noise, list(focal)).above_chance
    with pytest.raises(InputError, match="30 people on each side"):
        leak_probe(noise[:40], list(focal[:40]))


def tables(n: int = 200) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    wide, focal, names = answers(n)
    ids = [f"c{i}" for i in range(n)]
    scores = pd.DataFrame(wide, columns=names).assign(candidate_id=ids)
    long = scores.melt("candidate_id", var_name="question_id", value_name="score")
    criterion = pd.DataFrame({"candidate_id": ids, "y": wide.mean(axis=1) + 0.3 * wide[:, 0]})
    groups = pd.DataFrame({"candidate_id": ids, "sex": np.where(focal, "f", "m"), "tiny": "a"})
    groups.loc[:4, "tiny"] = "b"
    return long.assign(target="fit", source="model"), criterion, groups


def test_a_study_tells_all_that_it_can_and_names_the_rest() -> None:
    study = prediction_study(
        *tables(), trained_on=[], criterion_is_rating=True, resamples=50,
        reliabilities={"fit": Reliability(0.8, "alpha", "this data")},
    )  # fmt: skip
    assert set(study.prediction) == {"fit, sex"}
    assert set(study.reliability) == {"fit, sex, m"} or set(study.reliability) == {"fit, sex, f"}
    assert set(study.functioning) >= {"fit, sex, f", "fit, sex, m"}
    assert study.leaks["sex, f"].auc.estimate > 0.5
    assert set(study.multiplicity) == {"fit, sex"}
    assert study.refused["fit, tiny, b: regression"] == "5 of 30 people (TOO_FEW_PERSONS)"
    assert "ONE_GROUP" in study.refused["fit, tiny: regression"]
    json.dumps(study.as_json(), allow_nan=False)


def test_a_small_group_keeps_nobody_else_from_being_told() -> None:
    scores, criterion, groups = tables()
    groups.loc[:9, "sex"] = "other"
    study = prediction_study(
        scores, criterion, groups[["candidate_id", "sex"]], trained_on=[], criterion_is_rating=True,
        resamples=20,
    )  # fmt: skip
    assert set(study.prediction["fit, sex"].groups) == {"f", "m"}
    assert study.accuracy["fit, sex"].too_few == {"other": 10}
    assert study.refused["fit, sex, other: regression"] == "10 of 30 people (TOO_FEW_PERSONS)"


def test_scores_of_training_are_refused() -> None:
    with pytest.raises(InputError, match="IN_SAMPLE"):
        prediction_study(*tables(), trained_on=["c4"], criterion_is_rating=True)
    scores, criterion, groups = tables()
    with pytest.raises(InputError, match="a criterion of each target, got none of fit"):
        prediction_study(
            scores, criterion.assign(target="other"), groups, trained_on=[],
            criterion_is_rating=False,
        )  # fmt: skip

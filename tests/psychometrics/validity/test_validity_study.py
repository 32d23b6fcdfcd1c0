"""Whole studies of validity."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from trifold.errors import InputError
from trifold.psychometrics.validity.corrections import Reliability, case_ii
from trifold.psychometrics.validity.study import validity_study

TARGETS, QUESTIONS = ("warmth", "drive", "calm"), ("q1", "q2")
N = 150


def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    generator = np.random.default_rng(0)
    truth = generator.normal(size=(N, 3))
    rows = []
    for source, noise, questions in (
        ("model", 0.6, QUESTIONS), ("rater:a", 0.8, [""]),
        ("rater:b", 0.8, [""]), ("self", 1.5, [""]),
    ):  # fmt: skip
        for question in questions:
            seen = truth + noise * generator.normal(size=truth.shape)
            rows += [
                (f"c{i}", source, target, question, seen[i, k])
                for i in range(N)
                for k, target in enumerate(TARGETS)
            ]
    names = ["candidate_id", "source", "target", "question_id", "score"]
    y = truth[:, 0] + generator.normal(size=N)
    ids = [f"c{i}" for i in range(N)]
    words = pd.DataFrame({"candidate_id": ids, "log_words": generator.normal(size=N)})
    return pd.DataFrame(rows, columns=names), pd.DataFrame({"candidate_id": ids, "y": y}), words


def test_a_study_has_construct_and_criterion() -> None:
    scores, criterion, words = tables()
    study = validity_study(
        scores, criterion, trained_on=[], covariates=words, success=0.5, resamples=100,
        reliabilities={"warmth": Reliability(0.6, "inter-rater", "two supervisors")},
    )  # fmt: skip
    assert study.refused == {}
    assert study.multitrait is not None
    assert study.multitrait.methods == ("model", "human", "self")
    assert set(study.halo) == {"model", "human", "self"}
    assert -1 <= study.congruence <= 1
    assert set(study.htmt) == {("warmth", "drive"), ("warmth", "calm"), ("drive", "calm")}
    warmth, drive = study.criterion["warmth"], study.criterion["drive"]
    assert warmth.r.low > 0.3 > abs(drive.r.estimate)
    assert len(warmth.corrections) == 1
    assert warmth.corrections[0].corrected.estimate == pytest.approx(
        warmth.r.estimate / np.sqrt(0.6)
    )
    assert warmth.incremental is not None
    assert warmth.incremental.adds
    assert warmth.against_human is not None
    assert [row.success.n for row in warmth.expectancy] == [30] * 5
    json.dumps(study.as_json(), allow_nan=False)


def test_ratings_stand_in_for_a_criterion() -> None:
    scores, _, _ = tables()
    study = validity_study(scores, trained_on=[], resamples=50)
    assert study.criterion_is_rating
    assert study.criterion["calm"].r.low > 0.5
    assert study.criterion["calm"].against_human is None
    with pytest.raises(InputError, match="a criterion or human ratings, got neither"):
        validity_study(scores[scores["source"] == "model"], trained_on=[])


def test_people_who_were_not_selected_make_a_range_restriction() -> None:
    scores, criterion, _ = tables()
    model = scores[(scores["source"] == "model") & (scores["target"] == "warmth")]
    mean = model.groupby("candidate_id")["score"].mean()
    kept = criterion["candidate_id"].map(mean) > 0
    found = validity_study(scores, criterion[kept], trained_on=[], resamples=50).criterion["warmth"]
    u = mean.std() / mean[criterion.loc[kept, "candidate_id"]].std()
    assert found.n == int(kept.sum())
    assert found.corrections[-1].corrected.estimate == pytest.approx(case_ii(found.r.estimate, u))


def test_what_cannot_be_told_is_named_and_stops_nothing() -> None:
    scores, criterion, _ = tables()
    some = scores[(scores["question_id"] != "q2") | (scores["candidate_id"] != "c0")]
    lonely = some[(some["question_id"] == "q2") | (some["source"] != "model")]
    study = validity_study(lonely, criterion[:5], trained_on=[], resamples=20)
    assert "TOO_FEW_PERSONS" in study.refused["criterion of calm"]
    assert study.multitrait is not None
    with pytest.raises(InputError, match="IN_SAMPLE"):
        validity_study(scores, criterion, trained_on=["c7"])
    with pytest.raises(InputError, match="rows of source model, got self"):
        validity_study(scores[scores["source"] == "self"], criterion, trained_on=[])

"""Whole studies of long tables: which design, what is refused, and what is in them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.reliability.consistency import alpha
from trifold.psychometrics.reliability.studies.agreement import agreement_study
from trifold.psychometrics.reliability.studies.raters import rater_study
from trifold.psychometrics.reliability.studies.reliability import reliability_study
from trifold.psychometrics.reliability.studies.retest import retest_study

PEOPLE, QUESTIONS = 40, 5


def table(
    sources: tuple[str, ...] = ("model",),
    *,
    own_questions: bool = False,
    sessions: int = 1,
    targets: tuple[str, ...] = ("warmth", "drive"),
) -> pd.DataFrame:
    """Scores of 40 people on five questions; people, people on questions and noise."""
    generator = np.random.default_rng(0)
    person = generator.normal(size=(PEOPLE, len(targets)))
    answer = 0.5 * generator.normal(size=(PEOPLE, QUESTIONS, sessions, len(targets)))
    rows = []
    for p, i, o, k in np.ndindex(PEOPLE, QUESTIONS, sessions, len(targets)):
        for source in sources:
            score = person[p, k] + answer[p, i, o, k] + 0.3 * generator.normal()
            asked = f"q{i}-{p}" if own_questions else f"q{i}"
            rows.append((f"c{p:02}", f"a{i}", asked, source, targets[k], score, f"s{o}"))
    columns = ("candidate_id", "answer_id", "question_id", "source", "target", "score", "session")
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(
    ("made", "source", "found"),
    [
        (table(), None, "p x i"),
        (table(own_questions=True), None, "i:p"),
        (table(sessions=2), None, "p x i x o"),
        (table(("member:0", "member:1")), "member:", "p x i x m"),
        (table(("rater:a", "rater:b"), own_questions=True), "rater:", "(i:p) x r"),
    ],
    ids=["shared questions", "own questions", "sessions", "members", "raters"],
)
def test_the_design_is_found_in_the_table(made, source, found: str) -> None:
    study = reliability_study(made, source=source, targets=["warmth"], draws=50)
    assert study.design == found
    assert study.targets["warmth"].study.defined
    assert json.dumps(study.as_json(), allow_nan=False)


def test_the_study_is_whole() -> None:
    made = table()
    study = reliability_study(made, "p x i", plans=[{"i": 3}, {"i": 10}], draws=50)
    one = study.targets["warmth"]
    wide = made[made["target"] == "warmth"].pivot(
        index="candidate_id", columns="question_id", values="score"
    )
    assert one.observed.relative.estimate == pytest.approx(alpha(wide.to_numpy()).estimate)
    assert one.consistency.alpha.estimate == pytest.approx(one.observed.relative.estimate)
    assert one.plans[0].coefficients.relative.estimate < one.plans[1].coefficients.relative.estimate
    assert one.needed["relative"][0.9].estimate >= one.needed["relative"][0.7].estimate
    assert one.people.people == tuple(wide.index)
    assert study.composite.estimate > one.observed.relative.estimate - 0.2


def test_questions_that_differ_leave_alpha_out_and_say_so() -> None:
    one = reliability_study(table(own_questions=True), draws=50).targets["drive"]
    assert one.consistency is None
    assert Code.NOT_CROSSED in one.codes
    assert np.isfinite(one.observed.relative.estimate)


def test_questions_of_ones_own_are_not_crossed() -> None:
    study = reliability_study(table(own_questions=True), "p x i", draws=50)
    assert study.targets["drive"].observed.relative.flags == (Code.NOT_CROSSED,)
    assert json.dumps(study.as_json(), allow_nan=False)


def test_missing_answers_are_kept() -> None:
    made = table().drop(index=[0, 1, 20, 33])
    one = reliability_study(made, draws=50).targets["warmth"]
    assert not one.study.seen.balanced
    assert one.people.scores.min() < QUESTIONS


def test_another_facet_takes_a_column() -> None:
    made = table()
    made["topic"] = np.where(made["question_id"].isin(["q0", "q1"]), "past", "future")
    study = reliability_study(made, "p x (i:t)", facets={"t": "topic"}, draws=50)
    assert study.targets["warmth"].study.design.names == ("p", "t", "i:t", "pt", "pi:t")


@pytest.mark.parametrize(
    ("made", "options", "message"),
    [
        (table().drop(columns="session"), {}, "a table without session"),
        (table().assign(score="high"), {}, "expected finite numbers for scores, got 'high'"),
        (table(), {"targets": ["warm"]}, "targets among .*'warm'; did you mean warmth"),
        (table(), {"source": "self"}, "scores of 'warmth' from 'self', got sources model"),
        (table(), {"design": "p x r"}, "from 'rater:', got sources model"),
        (table(), {"design": "p x (i:t)"}, r"a column for facet t, as .*got None"),
        (table(sessions=2), {"design": "p x i"}, "one score for each .*session is missing"),
        (table().assign(in_sample=True), {}, "IN_SAMPLE: 400 scores of people in training"),
    ],
)
def test_tables_that_do_not_do_are_refused(made, options, message: str) -> None:
    with pytest.raises(InputError, match=message):
        reliability_study(made, **options)


def test_ratings_of_people_in_training_are_no_scores_of_a_model() -> None:
    made = table(("rater:a", "rater:b")).assign(in_sample=True)
    assert reliability_study(made, "p x i x r", draws=50).source == "rater:"


def test_model_and_raters_come_from_one_table() -> None:
    found = agreement_study(table(("model", "rater:a", "rater:b")), resamples=50)["warmth"]
    assert found.model.human_human.estimate > 0.5
    assert found.true.prmse.estimate > 0.5
    assert set(found.raters) >= {"ICC(1)", "ICC(A,k)"}
    alone = agreement_study(table(("rater:a", "rater:b")), resamples=50)["warmth"]
    assert alone.model is None
    assert json.dumps(found.as_json(), allow_nan=False)


def test_retest_takes_two_sessions() -> None:
    found = retest_study(table(sessions=2), days=30)["drive"]
    assert found.consistency.estimate > 0.5
    assert found.kind == "stability"
    with pytest.raises(InputError, match="expected two sessions of the table"):
        retest_study(table())


def test_raters_of_answers_are_studied() -> None:
    found = rater_study(table(("rater:a", "rater:b")), draws=50)["warmth"]
    assert set(found.raters) == {"rater:a", "rater:b"}
    assert found.study.n == PEOPLE * QUESTIONS

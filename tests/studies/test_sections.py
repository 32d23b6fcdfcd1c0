"""Sentences of studies: what is not known says why, and gaps are called what they are."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.agreement import iccs
from trifold.psychometrics.reliability.studies.agreement import agreement_study
from trifold.psychometrics.validity.criterion import CriterionValidity
from trifold.psychometrics.validity.study import ValidityStudy
from trifold.studies.document import Table, text_of
from trifold.studies.reading import read_scores
from trifold.studies.scores import COLUMNS, Scores
from trifold.studies.sections.answers import answers_section
from trifold.studies.sections.gaps import made_of_gap
from trifold.studies.sections.generalizability import generalizability_section
from trifold.studies.sections.parts import span
from trifold.studies.sections.reliability import reliability_sections
from trifold.studies.sections.validity import criterion_section

FEW = undefined(6, "r", Code.TOO_FEW_PERSONS)


def value(estimate: float, low: float = 0.0, high: float = 1.0) -> Estimate:
    return Estimate(estimate, low, high, 50, "r")


def ratings(people: int, raters: int = 3, missing: float = 0.0) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    true = draw.normal(size=people)
    rows = [
        {**dict.fromkeys(COLUMNS, ""), "candidate_id": f"p{p:03}", "source": f"rater:{r}",
         "target": "drive", "score": 4 + true[p] + 0.3 * r + 0.7 * draw.normal()}
        for p in range(people) for r in range(raters)
    ]  # fmt: skip
    kept = [row for row in rows if draw.random() >= missing]
    return pd.DataFrame(kept)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([value(0.41), value(0.63)], "0.41 to 0.63"),
        ([FEW, FEW], "not known, as it takes 10 people and 6 people came (TOO_FEW_PERSONS)"),
        ([value(0.5), undefined(40, "r", Code.NO_VARIANCE)],
         "0.50 (not known for 1 of 2, as everybody has the same value (NO_VARIANCE))"),
    ],
)  # fmt: skip
def test_a_span_says_why_a_number_is_missing(values: list[Estimate], said: str) -> None:
    assert span(values) == said


def test_cells_say_why_and_count_in_whole_numbers() -> None:
    assert text_of(FEW) == "\N{EN DASH} (TOO_FEW_PERSONS)"
    assert text_of(math.nan) == "\N{EN DASH}"
    assert text_of(value(8.0, 5.0, math.inf), whole=True) == "8 (5 to no number)"
    assert not Table("a", "A", ("x",), ()).whole


@pytest.mark.parametrize("people", [3, 6, 60])
def test_no_sentence_holds_none_or_nan(people: int) -> None:
    sections = reliability_sections(Scores(ratings(people), Path("t")), draws=50)
    said = " ".join(sentence for section in sections for sentence in section.sentences)
    assert not any(word in said.split() for word in ("none", "None", "nan", "inf"))
    assert ("it takes 10 people" in said) == (people < 10)


def test_with_gaps_agreement_comes_from_all_ratings_and_without_is_unchanged() -> None:
    whole, few = ratings(200), ratings(200, missing=0.1)
    complete = agreement_study(whole, resamples=200)["drive"]
    wide = whole.pivot_table(index="candidate_id", columns="source", values="score")
    assert complete.raters == iccs(wide.to_numpy())
    assert (round(complete.size, 9), complete.has_gaps) == (3.0, False)
    gaps = agreement_study(few, resamples=200)["drive"]
    assert gaps.has_gaps
    assert 2.4 < gaps.size < 3
    for kind in ("ICC(A,1)", "ICC(C,1)", "ICC(A,k)", "ICC(C,k)"):
        found = gaps.raters[kind]
        assert found.low < found.estimate < found.high
        assert found.estimate == pytest.approx(complete.raters[kind].estimate, abs=0.06)
        assert Code.NOT_CROSSED in found.flags
    assert math.isnan(gaps.raters["ICC(1)"].estimate)
    alone = agreement_study(few, anonymous=True, resamples=200)["drive"].raters
    assert alone["ICC(1)"].estimate < alone["ICC(k)"].estimate


@pytest.mark.parametrize(
    ("rated", "low", "high", "said"),
    [
        (-0.3, -0.1, 0.2, ""),
        (-0.3, -0.3, -0.1, "wider"),
        (0.3, 0.1, 0.3, "wider"),
        (-0.3, 0.1, 0.3, "smaller"),
        (-0.1, 0.3, 0.5, "other way round"),
    ],
)
def test_what_a_model_makes_of_a_gap(rated: float, low: float, high: float, said: str) -> None:
    made = made_of_gap(rated, value((low + high) / 2, low, high))
    assert said in made
    assert bool(said) == bool(made)


def test_more_answers_are_more_reliable_and_what_is_withheld_says_why() -> None:
    known = {"drive": AnswerVariance(0.3, 0.6, 50), "calm": AnswerVariance(0.3, 0.6, 50, "so")}
    section = answers_section(known)
    (row,) = section.tables[0].rows
    assert row[2:5] == pytest.approx((1 / 3, 0.6, 0.75))
    assert row[5:] == (5, 8)
    assert (
        section.sentences[0] == "6 answers of a person have a reliability of 0.75 (E\u03c1\u00b2)."
    )
    assert section.sentences[-1] == "calm: not known, as so."


def test_a_run_knows_how_long_answers_are_and_no_outcome(tmp_path: Path) -> None:
    people = [f"p{n}" for n in range(4)]
    pd.DataFrame(
        {
            "candidate_id": people,
            "person_id": people,
            "split": "test",
            "repeat": 0,
            "drive": 1.0,
            "drive_rated": 2.0,
        }
    ).to_csv(tmp_path / "predictions.csv")
    pd.DataFrame({"candidate_id": people, "person_id": people, "words": [9, 99, 0, 3],
                  "seconds": np.nan}).to_csv(tmp_path / "lengths.csv", index=False)  # fmt: skip
    found = read_scores(tmp_path)
    assert list(found.lengths) == ["log words"]
    assert found.lengths.loc["p1", "log words"] == pytest.approx(math.log(100))
    with pytest.raises(InputError, match="a table of your own that holds outcomes"):
        read_scores(tmp_path, beside=["hired"])


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.1, 0.4, "The interval lies above 0 for drive."),
        (-0.1, 0.2, "do not show validity there, nor that there is none"),
        (-0.5, -0.2, "lies below 0 for drive: the higher the score, the lower the criterion"),
    ],
)
def test_a_validity_below_nothing_is_not_called_none(low: float, high: float, said: str) -> None:
    found = CriterionValidity(50, value((low + high) / 2, low, high), (), None, (), None)
    study = ValidityStudy(50, None, {}, None, math.nan, {}, {"drive": found}, False, {})
    sentences = criterion_section(study, "performance").sentences
    assert [one for one in sentences if said in one]
    assert len(sentences) == 2


def test_omega_stands_beside_how_well_one_factor_fits() -> None:
    answers = ratings(60, 4).assign(source="model", question_id=lambda t: t.index % 4)
    section = generalizability_section(
        Scores(answers, Path("t")), "model", design=None, draws=50, seed=0
    )
    table = next(one for one in section.tables if one.name.startswith("consistency"))
    assert table.columns[-1] == "RMSEA"
    rmsea = table.rows[0][-1]
    assert isinstance(rmsea, float)
    assert 0 <= rmsea < 0.2
    assert "misleads where one does not fit" in table.note

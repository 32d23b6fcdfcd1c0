"""A whole study of prediction and measurement by groups, from tidy tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError, TrifoldError
from trifold.messages import TranslatableText, say
from trifold.psychometrics.impact.groups import SELF_REPORTED, Grouping, groupings
from trifold.psychometrics.impact.multiplicity import Adjusted, adjust
from trifold.psychometrics.impact.prediction.accuracy import AccuracyByGroup, accuracy_by_group
from trifold.psychometrics.impact.prediction.answer_functioning import (
    QuestionFunctioning,
    answer_functioning,
)
from trifold.psychometrics.impact.prediction.cleary import (
    LEAST,
    DifferentialPrediction,
    differential_prediction,
)
from trifold.psychometrics.impact.prediction.errors_in_variables import Sensitivity, intercept_gap
from trifold.psychometrics.impact.prediction.leak import Leak, leak_probe
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.tidy import (
    person_scores,
    refuse_in_sample,
    require_columns,
)
from trifold.psychometrics.validity.corrections import Reliability


@dataclass(frozen=True)
class PredictionStudy:
    """Everything that can be told of groups' prediction; what could not be is in ``refused``.

    Attributes:
        prediction: "target, column" to the comparison of lines.
        reliability: "target, column, group" to intercepts without the score's error.
        accuracy: "target, column" to accuracy against the criterion.
        functioning: "target, column, group" to questions.
        leaks: "column, group" to the probe on all scores.
        multiplicity: the omnibus tests of ``prediction`` as one family.
        refused: what was asked for and cannot be told, with the reason.
        criterion_is_rating: then differences are measurement bias against ratings.
    """

    prediction: Mapping[str, DifferentialPrediction]
    reliability: Mapping[str, Sensitivity]
    accuracy: Mapping[str, AccuracyByGroup]
    functioning: Mapping[str, Mapping[str, QuestionFunctioning | None]]
    leaks: Mapping[str, Leak]
    multiplicity: Mapping[str, Adjusted]
    refused: Mapping[str, str]
    criterion_is_rating: bool

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def prediction_study(
    scores: pd.DataFrame,
    criterion: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    trained_on: Collection[str],
    criterion_is_rating: bool,
    columns: Sequence[str] | None = None,
    reliabilities: Mapping[str, Reliability] | None = None,
    provenance: str = SELF_REPORTED,
    resamples: int = 1000,
    seed: int = 0,
) -> PredictionStudy:
    """Differential prediction, accuracy, answers and leaks, for every target and column of groups.

    Args:
        scores: long; with ``question_id`` answers are compared too.
        criterion: ``candidate_id`` and ``y``, and ``target`` where each target has its own.
        groups: ``candidate_id`` and self-reported columns.
        trained_on: ids of all that the model was trained on; their scores are refused.
        criterion_is_rating: whether ``y`` is the human rating.
        columns: of groups; all by default.
        reliabilities: target to reliability of its score, for the sensitivity of intercepts.
        provenance: of the groups; inferred ones are refused.
        resamples: draws of the bootstraps over people.
        seed: of the draws.

    Raises:
        InputError: for missing columns, scores of training, or inferred groups. What single groups
            are too small for is in ``refused``.
    """
    people = person_scores(scores)
    refuse_in_sample(list(people.index), trained_on)
    divisions = groupings(
        groups, list(people.index), columns=columns, provenance=provenance, crossed=False
    )
    y = _criterion(criterion, people)
    found = _Found()
    again = {"resamples": resamples, "seed": seed}
    for division in divisions:
        for target in people.columns:
            key, score = f"{target}, {division.name}", people[target].to_numpy()
            found.lines(key, y[target], score, division, (reliabilities or {}).get(target), again)
            if "question_id" in scores.columns:
                found.answers(key, _by_question(scores, target, people.index), division)
        found.leaks_of(people.to_numpy(), division, seed)
    return PredictionStudy(
        found.prediction,
        found.reliability,
        found.accuracy,
        found.functioning,
        found.leaks,
        adjust({key: one.omnibus.p for key, one in found.prediction.items()}),
        found.refused,
        criterion_is_rating,
    )


class _Found:
    """Results as they come; a refusal is one of them and stops nothing else."""

    def __init__(self) -> None:
        self.prediction: dict[str, DifferentialPrediction] = {}
        self.reliability: dict[str, Sensitivity] = {}
        self.accuracy: dict[str, AccuracyByGroup] = {}
        self.functioning: dict[str, Mapping[str, QuestionFunctioning | None]] = {}
        self.leaks: dict[str, Leak] = {}
        self.refused: dict[str, str] = {}

    def lines(
        self,
        key: str,
        y: Array,
        score: Array,
        division: Grouping,
        reliability: Reliability | None,
        again: dict[str, int],
    ) -> None:
        """Prediction and accuracy of one target."""
        known = division.place >= 0
        labels = np.array([*division.names, ""])[division.place]
        seen = known & np.isfinite(y) & np.isfinite(score)
        for name in division.names:  # a small group is named and keeps nobody else from being told
            few = int(np.sum(seen & (labels == name)))
            if few < LEAST:
                self.refused[_regression(f"{key}, {name}")] = say(
                    "%(few)s of %(least)s people (%(code)s)",
                    few=few,
                    least=LEAST,
                    code=str(Code.TOO_FEW_PERSONS),
                )
                seen &= labels != name
        try:
            self.prediction[key] = differential_prediction(y[seen], score[seen], labels[seen])
        except TrifoldError as error:
            self.refused[_regression(key)] = str(error)
        try:
            self.accuracy[key] = accuracy_by_group(
                score[known],
                y[known],
                labels[known],
                resamples=again["resamples"],
                seed=again["seed"],
            )
        except TrifoldError as error:
            self.refused[say("%(what)s: errors by group", what=_words(key))] = str(error)
        if reliability is not None and key in self.prediction:
            referent = self.prediction[key].referent
            for name in (n for n in self.prediction[key].groups if n != referent):
                pair = seen & np.isin(labels, [name, referent])
                focal = labels[pair] == name
                self.reliability[f"{key}, {name}"] = intercept_gap(
                    y[pair],
                    score[pair],
                    focal,
                    reliability=reliability,
                    resamples=again["resamples"],
                    seed=again["seed"],
                )

    def answers(self, key: str, wide: pd.DataFrame, division: Grouping) -> None:
        """Each group's answers against all others', known ones alone."""
        known = division.place >= 0
        for code, name in enumerate(division.names):
            try:
                self.functioning[f"{key}, {name}"] = answer_functioning(
                    wide.to_numpy()[known], division.place[known] == code, list(wide.columns)
                )
            except TrifoldError as error:
                what = _words(f"{key}, {name}")
                self.refused[say("%(what)s: functioning of answers", what=what)] = str(error)

    def leaks_of(self, scores: Array, division: Grouping, seed: int) -> None:
        """Each group told from the others by all scores."""
        known = (division.place >= 0) & np.isfinite(scores).all(axis=1)
        for code, name in enumerate(division.names):
            try:
                mine = division.place[known] == code
                self.leaks[f"{division.name}, {name}"] = leak_probe(scores[known], mine, seed=seed)
            except TrifoldError as error:
                what = _words(f"{division.name}, {name}")
                self.refused[say("%(what)s: what scores tell of it", what=what)] = str(error)


def _regression(what: str) -> TranslatableText:
    return say("%(what)s: regression", what=_words(what))


def _words(name: str) -> str:
    """Names of targets and groups, as people read them."""
    return name.replace("_", " ")


def _criterion(criterion: pd.DataFrame, people: pd.DataFrame) -> dict[str, Array]:
    """Target to (n,) criterion, NaN where nothing was observed."""
    require_columns(criterion, ("candidate_id", "y"), what="criterion")
    table = criterion.assign(score=criterion["y"]).drop(columns="y")
    if "target" not in table.columns:
        values = person_scores(table.assign(target="y"), source=None, what="criterion")["y"]
        return {str(t): values.reindex(people.index).to_numpy() for t in people.columns}
    wide = person_scores(table, source=None, what="criterion").reindex(people.index)
    missing = [str(t) for t in people.columns if t not in wide.columns]
    if missing:
        raise InputError(expected="a criterion of each target", got=f"none of {', '.join(missing)}")
    return {str(t): wide[t].to_numpy() for t in people.columns}


def _by_question(scores: pd.DataFrame, target: str, people: pd.Index) -> pd.DataFrame:
    """People by questions of one target."""
    mine = scores[scores["target"].astype(str) == target]
    if "source" in mine.columns:
        mine = mine[mine["source"].astype(str) == "model"]
    named = mine.assign(
        candidate_id=mine["candidate_id"].astype(str), target=mine["question_id"].astype(str)
    )
    return person_scores(named).reindex(people)

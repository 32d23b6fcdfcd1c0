"""Scores and ratings in long form: what every study of them reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from trifold.errors import InputError
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.tables.headers import key

COLUMNS = ("candidate_id", "answer_id", "question_id", "source", "target", "score", "session")
MODEL, RATING = "model", "rating"
RATER, MEMBER = "rater:", "member:"  # before the name of a rater, the number of a training run


@dataclass(frozen=True)
class Scores:
    """One row per score that somebody or something gave.

    Attributes:
        frame: with ``COLUMNS``. ``source`` is ``model``, ``member:<run>``, ``rater:<name>`` or
            ``rating`` where nobody says who rated; ``answer_id``, ``question_id`` and ``session``
            are empty where the score is of the whole interview. Rows without a score are left out.
        where: the file or folder that it was read from.
        notes: how columns and rows were understood, one line each, to be printed.
        anonymous: raters are told apart within a person only.
        beside: other columns of the file by person, such as an outcome; never a group's.
        lengths: how much each person said, as logarithms; empty where it is not known.
        answer_variance: target to how the model's score varies over answers, as a run found it.
    """

    frame: pd.DataFrame
    where: Path
    notes: tuple[str, ...] = ()
    anonymous: bool = False
    beside: pd.DataFrame = field(default_factory=pd.DataFrame)
    lengths: pd.DataFrame = field(default_factory=pd.DataFrame)
    answer_variance: Mapping[str, AnswerVariance] = field(default_factory=dict)

    @property
    def targets(self) -> list[str]:
        """Names of what was scored, in the file's order."""
        return list(dict.fromkeys(self.frame["target"]))

    @property
    def people(self) -> list[str]:
        """Ids of the candidates, in the file's order."""
        return list(dict.fromkeys(self.frame["candidate_id"]))

    @property
    def raters(self) -> list[str]:
        """Sources that are raters, in the file's order."""
        sources = dict.fromkeys(self.frame["source"])
        return [source for source in sources if source.startswith(RATER)]

    @property
    def only_ratings(self) -> bool:
        """Whether people gave every score, and no model did."""
        sources = self.frame["source"]
        return bool((sources.str.startswith(RATER) | (sources == RATING)).all())

    def of(self, target: str) -> pd.DataFrame:
        """The rows of one target."""
        return self.frame[self.frame["target"] == target]

    def each(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Target and its rows, one after the other."""
        for target in self.targets:
            yield target, self.of(target)

    def only(self, targets: Collection[str]) -> Scores:
        """The same with these targets alone.

        Raises:
            InputError: when one of them is not there.
        """
        known = {key(name): name for name in self.targets} | {one: one for one in self.targets}
        unknown = [name for name in targets if name not in known and key(name) not in known]
        if unknown:
            raise InputError(
                expected=f"targets among {', '.join(self.targets)}",
                got=", ".join(unknown),
                where=self.where,
            )
        wanted = {known.get(name, known.get(key(name), name)) for name in targets}
        return replace(self, frame=self.frame[self.frame["target"].isin(wanted)])

    def per_person(self) -> pd.DataFrame:
        """One row per person and one column per target: the mean of what each was given."""
        means = self.frame.pivot_table(
            index="candidate_id", columns="target", values="score", aggfunc="mean", sort=False
        )
        return means.loc[self.people, self.targets]

    def as_model(self, *, ratings: bool = False) -> Scores:
        """Training runs of a model as one model: their mean counts.

        Args:
            ratings: what people rated is what is studied, so its mean is the score as well.
        """
        frame = self.frame
        own = frame["source"].str.startswith(MEMBER)
        if ratings:
            own |= frame["source"].str.startswith(RATER) | (frame["source"] == RATING)
        rest = frame[~own]
        keys = ["candidate_id", "answer_id", "question_id", "target", "session"]
        means = frame[own].groupby(keys, sort=False, as_index=False)["score"].mean()
        merged = pd.concat([means.assign(source=MODEL), rest], ignore_index=True)
        return replace(self, frame=merged[list(COLUMNS)])

    def told(self) -> pd.DataFrame:
        """The rows without the columns of questions and answers, where nothing stands in them."""
        empty = [name for name in ("question_id", "answer_id") if (self.frame[name] == "").all()]
        return self.frame.drop(columns=empty)

"""What there is before anything is trained, and what it allows, as numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from trifold.errors import TrifoldError
from trifold.psychometrics.intervals import correlation_interval
from trifold.studio.ratings import keeping
from trifold.studio.ratings.agreement import TargetAgreement, agreement, long_table
from trifold.studio.ratings.schema import RatedTarget
from trifold.studio.training.learning_curve import Point

LEAST_PEOPLE = 5  # of ``training.requirements``, which would load scikit-learn
EXAMPLE = 0.3  # a correlation as impressions from interviews have it
FEW, SOME = 50, 150  # people, below which a model is a trial, and a beginning
CURVE = "training/learning_curve.json"


@dataclass(frozen=True)
class TargetCount:
    """One target.

    Attributes:
        people: rated on it. ratings: in all. ceiling: correlation with the mean rating that no
            model can exceed; None where raters' agreement is not known.
        trainable: whether it has enough people, who are not all rated alike.
    """

    target: RatedTarget
    people: int
    ratings: int
    ceiling: float | None
    trainable: bool


@dataclass(frozen=True)
class Holding:
    """What a project holds.

    Attributes:
        people: with a recording. rated: of these, on any target. targets: each.
        reach: 95 % interval of a correlation of .30 measured on the rated people; None for three
            or fewer.
    """

    people: int
    rated: int
    targets: tuple[TargetCount, ...]
    reach: tuple[float, float] | None

    @property
    def trainable(self) -> bool:
        """Whether a run can be made at all."""
        return any(one.trainable for one in self.targets)

    @property
    def left_out(self) -> list[str]:
        """Names of targets that a run has to go without."""
        return [one.target.name for one in self.targets if one.ratings and not one.trainable]

    @property
    def size(self) -> str:
        """``none``, ``few``, ``some`` or ``many`` people, as what one may expect goes."""
        if not self.trainable:
            return "none"
        return "few" if self.rated < FEW else "some" if self.rated < SOME else "many"


def holding(session: Session, project: str, targets: Sequence[RatedTarget]) -> Holding:
    """Count people and ratings, and how far raters agree."""
    people = [one.name for one in keeping.candidates_to_rate(session, project)]
    table = long_table(session, project)
    table = table[table["candidate_id"].isin(set(table["candidate_id"]).intersection(people))]
    names = [one.name for one in targets]
    found = agreement(table, names, people, wanted=0.8)
    counts = tuple(
        _count(one, table[table["target"] == one.name], _ceiling(found, one.name))
        for one in targets
    )
    rated = int(table["candidate_id"].nunique())
    return Holding(len(people), rated, counts, correlation_interval(EXAMPLE, rated))


def _count(target: RatedTarget, mine: pd.DataFrame, ceiling: float | None) -> TargetCount:
    means = mine.groupby("candidate_id")["score"].mean()
    enough = len(means) >= LEAST_PEOPLE and bool(np.ptp(means.to_numpy()) > 1e-9)
    return TargetCount(target, len(means), len(mine), ceiling, enough)


def _ceiling(found: Mapping[str, TargetAgreement], name: str) -> float | None:
    """√ of the reliability of the order, see ``psychometrics.reliability.raters``."""
    one = found.get(name)
    if one is None or not math.isfinite(one.order.estimate):
        return None
    return math.sqrt(min(max(one.order.estimate, 0.0), 1.0))


def read_curve(folder: Path) -> list[Point] | None:
    """The project's learning curve; None where there is none yet.

    Args:
        folder: of the project.
    """
    try:
        found = json.loads((folder / CURVE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return [Point(**one) for one in found]


def refusal(manifest: Path, schema: Path, left_out: Sequence[str]) -> str:
    """Why the run would stop before it trains; empty where it would not."""
    from trifold.corpora.readers.manifest import read_manifest
    from trifold.training.requirements import plan_of, require_trainable, without_targets

    try:
        corpus = read_manifest(manifest, schema, doubtful_ratings="keep")
        corpus = without_targets(corpus, left_out)
        require_trainable(plan_of(corpus, folds=5, seeds=(0, 1, 2)))
    except TrifoldError as error:
        return str(error)
    return ""

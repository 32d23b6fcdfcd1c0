"""Norm tables: made of people outside training, and refused where they do not fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError, unknown
from trifold.psychometrics.norms.distribution import Distribution, distribution
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.tidy import (
    person_scores,
    refuse_group_columns,
    refuse_in_sample,
)

LEAST = 100  # people of a norm group
GRADES = ((1000, "very good"), (300, "good"), (LEAST, "small"), (0, "too small"))
OLDEST_DAYS = 1826  # five years after collection ended


@dataclass(frozen=True)
class NormSample:
    """Who the norm group is, and what scored it; all of it stands in the file.

    Attributes:
        norm_id: short name that stands beside every derived score.
        name, population: of the group, in words.
        language, country: of the interviews, as codes such as ``en`` and ``GB``.
        collected_from, collected_to: first and last day.
        model, schema: ids of the bundle and of its target schema.
        questions: id of the question set.
        built_on: day.
        terms: what the table may be used for.
    """

    norm_id: str
    name: str
    population: str
    language: str
    country: str
    collected_from: date
    collected_to: date
    model: str
    schema: str
    questions: str
    built_on: date
    terms: str = ""


@dataclass(frozen=True)
class TargetNorm:
    """The norm group on one target.

    Attributes:
        n: people.
        mean, sd, skew: of their raw scores, ``sd`` with n − 1 (weighted where people are).
        scores: how they lie.
    """

    n: int
    mean: float
    sd: float
    skew: float
    scores: Distribution


@dataclass(frozen=True)
class NormTable:
    """A norm group's distributions; holds counts, never single people.

    Attributes:
        sample: who they are.
        targets: target to distribution.
        flags: what to know before reading a score against it.
    """

    sample: NormSample
    targets: Mapping[str, TargetNorm]
    flags: tuple[Code, ...] = ()

    @property
    def n(self) -> int:
        """People, on the target with the fewest."""
        return min(norm.n for norm in self.targets.values())

    @property
    def grade(self) -> str:
        """How large it is, in the classes of EFPA's review model for tests."""
        return next(word for least, word in GRADES if self.n >= least)

    def as_json(self) -> dict[str, Any]:
        """Plain values, as the file holds them beside its format."""
        return {**plain(self), "n": self.n, "grade": self.grade}


def norm_table(
    scores: pd.DataFrame,
    sample: NormSample,
    *,
    trained_on: Collection[str],
    weights: Mapping[str, float] | None = None,
    force: bool = False,
) -> NormTable:
    """A norm table of held-out people.

    Args:
        scores: long, with ``candidate_id``, ``target``, ``score`` and perhaps ``source``, of which
            ``model`` is taken; a person's answers are averaged. Columns of groups are refused: one
            norm holds for all.
        sample: who the people are.
        trained_on: ids of all that the model was trained on.
        weights: candidate to weight, where the sample is weighted to its population.
        force: make a table of fewer than 100 people, flagged ``NORM_TOO_SMALL``.

    Raises:
        InputError: for scores of training, columns of groups, too few people, or no spread.
    """
    refuse_group_columns(scores, what="scores")
    people = person_scores(scores)
    refuse_in_sample(list(people.index), trained_on)
    if weights is not None and (missing := set(people.index) - set(weights)):
        raise InputError(expected="a weight for everybody", got=f"none for {sorted(missing)[:5]}")
    each = None if weights is None else np.array([weights[person] for person in people.index])
    targets = {str(name): _target(people[name].to_numpy(), each) for name in people.columns}
    fewest = min(norm.n for norm in targets.values())
    if fewest < LEAST and not force:
        raise InputError(
            expected=f"a norm group of {LEAST} people (force=true makes a flagged table of fewer)",
            got=f"{fewest}: {Code.NORM_TOO_SMALL}",
        )
    return NormTable(sample, targets, (Code.NORM_TOO_SMALL,) if fewest < LEAST else ())


def _target(scores: Array, weights: Array | None) -> TargetNorm:
    """One column, people without a score left out."""
    seen = np.isfinite(scores)
    values = scores[seen]
    if len(values) < 3 or np.ptp(values) == 0:
        raise InputError(expected="three people with different scores", got=f"{len(values)} people")
    share = np.ones(len(values)) if weights is None else weights[seen]
    mean = float(np.average(values, weights=share))
    lost = float(np.sum(share**2) / np.sum(share) ** 2)  # 1/n without weights
    variance = float(np.average((values - mean) ** 2, weights=share)) / (1 - lost)
    skew = float(np.average(((values - mean) / np.sqrt(variance)) ** 3, weights=share))
    if weights is None:
        skew = float(stats.skew(values, bias=False))
    return TargetNorm(len(values), mean, variance**0.5, skew, distribution(values, weights=share))


def check_norm(norm: NormTable, *, model: str, schema: str, on: date) -> None:
    """Refuse a norm group that another model or schema scored, or long ago.

    Args:
        norm: table.
        model: id of the bundle that scored the people at hand.
        schema: id of its target schema.
        on: day of use.

    Raises:
        InputError: naming the code ``NORM_OTHER_MODEL``.
    """
    sample = norm.sample
    for what, ours, theirs in (("model", model, sample.model), ("schema", schema, sample.schema)):
        if ours != theirs:
            raise InputError(
                expected=f"norms of {what} {ours}",
                got=f"{theirs}: {Code.NORM_OTHER_MODEL}",
                where=sample.norm_id,
            )
    age = (on - sample.collected_to).days
    if age > OLDEST_DAYS:
        raise InputError(
            expected="norms collected within five years",
            got=f"{sample.collected_to.isoformat()}: {Code.NORM_OTHER_MODEL}",
            where=sample.norm_id,
        )


def target_norm(norm: NormTable, target: str) -> TargetNorm:
    """One target of the table.

    Raises:
        InputError: for a target that it does not have.
    """
    if target not in norm.targets:
        raise unknown(target, norm.targets, what="targets of the norm", where=norm.sample.norm_id)
    return norm.targets[target]

"""One person's score against a norm group."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

from trifold.codes import Code
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.norms.percentile import (
    against_small_sample,
    percentile_rank,
    shown,
)
from trifold.psychometrics.norms.standard_scores import (
    SKEWED,
    StandardScores,
    normalised_z,
    standard,
)
from trifold.psychometrics.norms.table import LEAST, NormTable, check_norm, target_norm
from trifold.psychometrics.statistics.plain import plain


@dataclass(frozen=True)
class Placing:
    """Where a score lies in a norm group; the norm and its size stand beside every value.

    Attributes:
        norm_id, norm_n: of the norm group.
        target, score: raw.
        percentile: rank with the interval that the norm group's size gives it.
        percentile_shown: as pages print it, never 0 or 100.
        percentile_low, percentile_high: ranks of the ends of the 95 % interval of the score itself
            (± 1.96 SEM), usually much wider; NaN where no SEM is known.
        linear: units from the norm group's mean and SD.
        normalised: units from the percentile rank.
        read: ``normalised`` where the norm group is skewed beyond .5, else ``linear``.
        small_sample: percentile by Crawford and Howell's t; only below 100 people.
        flags: of the norm group and of the score.
    """

    norm_id: str
    norm_n: int
    target: str
    score: float
    percentile: Estimate
    percentile_shown: str
    percentile_low: float
    percentile_high: float
    linear: StandardScores
    normalised: StandardScores
    read: str
    small_sample: Estimate | None
    flags: tuple[Code, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def place(
    norm: NormTable,
    target: str,
    score: float,
    *,
    model: str,
    schema: str,
    on: date,
    sem: float = math.nan,
) -> Placing:
    """Standard scores and percentile of one raw score.

    Args:
        norm: table.
        target: of the score.
        score: raw, as the model gives it.
        model: id of the bundle that scored it.
        schema: id of its target schema.
        on: day of use.
        sem: standard error of measurement on the raw scale; NaN where it is not known.

    Raises:
        InputError: for a norm of another model, schema or time, another target, or no number.
    """
    check_norm(norm, model=model, schema=schema, on=on)
    group = target_norm(norm, target)
    rank = percentile_rank(group.scores, score)
    low = high = math.nan
    if math.isfinite(sem):
        low, high = (
            percentile_rank(group.scores, score + reach * sem).estimate for reach in (-1.96, 1.96)
        )
    small = None
    if group.n < LEAST:
        small = against_small_sample(score, mean=group.mean, sd=group.sd, n=group.n)
    return Placing(
        norm.sample.norm_id,
        group.n,
        target,
        score,
        rank,
        shown(rank),
        low,
        high,
        linear=standard((score - group.mean) / group.sd),
        normalised=standard(float(normalised_z(rank.estimate, group.scores.n))),
        read="normalised" if abs(group.skew) > SKEWED else "linear",
        small_sample=small,
        flags=tuple(dict.fromkeys((*norm.flags, *rank.flags))),
    )

"""Whether two scores are told apart, and by how much they differ: never a place without its range.

Two people are told apart on a target when their scores differ by more than 1.96 standard errors of
the difference, √(SEM_a² + SEM_b²) (Anastasi & Urbina 1997), as ranks of rows have it. Where the
model gives no SEM for one of them, their intervals must lie apart: a harder test, never an easier.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_

from trifold.psychometrics.reliability.error_of_measurement import difference_error, normal_quantile
from trifold.studio.database.work import TargetResult

LIMIT = normal_quantile(0.95)


class Score(NamedTuple):
    """One score, its interval and its standard error of measurement, None where none is given."""

    value: float
    low: float
    high: float
    sem: float | None


class Difference(NamedTuple):
    """Of two scores on one target, the first less the second.

    Attributes:
        value: in points of the scale.
        reach: half of its 95 % interval; None where there are no standard errors.
        told_apart: whether it is beyond error.
    """

    value: float
    reach: float | None
    told_apart: bool


def score_of(row: Mapping[str, Any], name: str) -> Score | None:
    """A row's score on a target; None where it is withheld."""
    if row.get(name) is None:
        return None
    return Score(row[name], row[f"{name}_low"], row[f"{name}_high"], row.get(f"{name}_sem"))


def difference(a: Score, b: Score) -> Difference:
    """By how much two people differ on one target, and whether that is beyond error."""
    value = a.value - b.value
    if a.sem is None or b.sem is None:
        return Difference(value, None, a.low > b.high or b.low > a.high)
    reach = LIMIT * difference_error(a.sem, b.sem)
    return Difference(value, reach, value**2 > LIMIT**2 * (a.sem**2 + b.sem**2))


def is_tied_with(score: Score) -> ColumnElement[bool]:
    """The same for the database: rows of ``TargetResult`` that are not told apart from a score."""
    row = TargetResult
    overlap = and_(row.low <= score.high, row.high >= score.low)
    if score.sem is None:
        return overlap
    gap = row.value - score.value
    near = gap * gap <= LIMIT**2 * (row.sem * row.sem + score.sem**2)
    return or_(and_(row.sem.is_not(None), near), and_(row.sem.is_(None), overlap))


def places(row: Mapping[str, Any], name: str) -> tuple[int, int] | None:
    """Best and worst place of a person among those of the run; None where no error is known."""
    low, high = (row.get(f"{name}_rank_{end}") for end in ("low", "high"))
    return None if low is None or high is None else (int(low), int(high))

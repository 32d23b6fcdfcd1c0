"""Intraclass correlations: how far raters, sessions or answers agree about people.

Shrout and Fleiss (1979); names and intervals of McGraw and Wong (1996). Which one to read depends
on what reaches the person, and ``CHOICE`` says it in a sentence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import unknown
from trifold.psychometrics.estimate import Estimate, undefined

SOURCE = "Shrout & Fleiss 1979; McGraw & Wong 1996"
FEWEST = 10  # people, below which no reliability is given
STEADY = 30  # people, below which one is flagged
LEVELS = 5  # raters or questions, below which their own variance is a guess
CHOICE = {
    "ICC(1)": "one rating; raters differ from person to person and are not identified",
    "ICC(k)": "mean of k ratings; raters differ from person to person and are not identified",
    "ICC(C,1)": "one rating; the same raters for all, and only the order of people matters",
    "ICC(C,k)": "mean of k ratings; the same raters for all, and only the order of people matters",
    "ICC(A,1)": "one rating; the same raters for all, and their severity reaches the person",
    "ICC(A,k)": "mean of k ratings; the same raters for all, and their severity reaches the person",
}


@dataclass(frozen=True)
class MeanSquares:
    """Analysis of variance of n people by k ratings.

    Attributes:
        people, ratings: n and k.
        rows: between people. columns: between raters. residual: what is left of both.
        within: within people, raters and residual together.
    """

    people: int
    ratings: int
    rows: float
    columns: float
    residual: float
    within: float


def mean_squares(ratings: Array) -> MeanSquares:
    """Mean squares of a complete (n, k) table of people by raters."""
    n, k = ratings.shape
    centred = ratings - ratings.mean()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    within = float(np.sum((centred - rows[:, None]) ** 2))
    between_columns = n * float(np.sum(columns**2))
    residual = float(np.sum((centred - rows[:, None] - columns) ** 2))
    return MeanSquares(
        n,
        k,
        k * float(np.sum(rows**2)) / (n - 1),
        between_columns / (k - 1),
        residual / ((n - 1) * (k - 1)),
        within / (n * (k - 1)),
    )


def icc(ratings: Array, kind: str, *, coverage: float = 0.95, fewest: int = FEWEST) -> Estimate:
    """One intraclass correlation with its F interval. A negative one is given as it is.

    Args:
        ratings: (n, k) people by raters, sessions or answers, complete.
        kind: a key of ``CHOICE``.
        coverage: of the interval.
        fewest: people below whom nothing is given.

    Returns:
        The estimate; undefined with ``NOT_CROSSED`` where ratings are missing (a generalizability
        study takes those), ``TOO_FEW_PERSONS`` and ``NO_VARIANCE``, and ICC(A,k) with ``BOUNDARY``
        where raters agree by less than so many can: see ``spearman_brown``.

    Raises:
        InputError: for an unknown kind.
    """
    if kind not in CHOICE:
        raise unknown(kind, CHOICE, what="intraclass correlations")
    method = f"{kind}, F interval: {CHOICE[kind]}"
    n, refused = len(ratings), refusal(ratings, fewest)
    if refused is not None:
        return undefined(n, method, refused, source=SOURCE)
    squares = mean_squares(ratings)
    if squares.rows <= 1e-14 * max(squares.within, np.square(ratings).mean()):
        return undefined(n, method, Code.NO_VARIANCE, source=SOURCE)
    point, low, high = icc_of(squares, kind, coverage=coverage)
    if not math.isfinite(point):
        return undefined(n, method, Code.BOUNDARY, source=SOURCE)
    flags = [*few_people(n)]
    if not math.isfinite(low) or not math.isfinite(high):
        low = high = math.nan
        flags.append(Code.NO_INTERVAL)
    if "(A" in kind and squares.ratings < LEVELS:
        flags.append(Code.TOO_FEW_LEVELS)
    if point <= 0 or point >= 1:
        flags.append(Code.BOUNDARY)
    return Estimate(point, low, high, n, method, SOURCE, coverage, tuple(flags))


def iccs(ratings: Array, *, fewest: int = FEWEST) -> dict[str, Estimate]:
    """All six by name; see ``icc``."""
    return {kind: icc(ratings, kind, fewest=fewest) for kind in CHOICE}


def few_people(n: int) -> tuple[Code, ...]:
    """The flag of a statistic of fewer than 30 people."""
    return (Code.TOO_FEW_PERSONS,) if n < STEADY else ()


def refusal(ratings: Array, fewest: int) -> Code | None:
    """Why a table of people by ratings gives no reliability; None where it does."""
    if not np.isfinite(ratings).all() or ratings.ndim != 2 or ratings.shape[1] < 2:
        return Code.NOT_CROSSED
    return Code.TOO_FEW_PERSONS if len(ratings) < max(fewest, 2) else None


def icc_of(
    squares: MeanSquares, kind: str, *, coverage: float = 0.95
) -> tuple[float, float, float]:
    """Point, low and high of an intraclass correlation from mean squares."""
    if kind.startswith("ICC(A"):
        values = _absolute(squares, coverage)
        return values if kind.endswith("1)") else _stepped(values, squares.ratings)
    n, k = squares.people, squares.ratings
    error, df = (
        (squares.residual, (n - 1) * (k - 1)) if "(C" in kind else (squares.within, n * (k - 1))
    )
    upper = 0.5 + coverage / 2
    share = error / squares.rows  # the inverse of F, which no perfect agreement divides by
    ends = (
        share,
        share * stats.f.ppf(upper, n - 1, df),
        share / stats.f.ppf(upper, df, n - 1),
    )
    single = "1" in kind
    point, low, high = (float((1 - e) / (1 + (k - 1) * e if single else 1)) for e in ends)
    return point, low, high


def _absolute(squares: MeanSquares, coverage: float) -> tuple[float, float, float]:
    """ICC(A,1), McGraw and Wong (1996), table 7, with degrees of freedom by Satterthwaite."""
    n, k = squares.people, squares.ratings
    rows, columns, residual = squares.rows, squares.columns, squares.residual
    whole = rows + (k - 1) * residual + k * (columns - residual) / n
    rho = (rows - residual) / whole
    if columns == 0 and residual == 0:
        return float(rho), float(rho), float(rho)
    # a and b of the paper, both times n (1 - rho), which leaves their ratio as it is
    a, b = k * rho * columns, (n * (1 - rho) + k * rho * (n - 1)) * residual
    df = (a + b) ** 2 / (a**2 / (k - 1) + b**2 / ((n - 1) * (k - 1)))
    upper, rest = 0.5 + coverage / 2, (k * n - k - n) * residual
    f_low, f_high = stats.f.ppf(upper, n - 1, df), stats.f.ppf(upper, df, n - 1)
    low = n * (rows - f_low * residual) / (f_low * (k * columns + rest) + n * rows)
    high = n * (f_high * rows - residual) / (k * columns + rest + n * f_high * rows)
    return float(rho), float(low), float(high)


def _stepped(values: Sequence[float], k: float) -> tuple[float, float, float]:
    point, low, high = (spearman_brown(value, k) for value in values)
    return point, low, high


def spearman_brown(reliability: float, times: float) -> float:
    """Reliability of a measure that is ``times`` as long, Spearman (1910), Brown (1910).

    It falls without bound towards −1/(times − 1), the least that so many parallel measures can
    agree by; at and below it, where the formula turns to values above 1, it is −∞.
    """
    below = 1 + (times - 1) * reliability
    return float(times * reliability / below) if below > 0 else -math.inf

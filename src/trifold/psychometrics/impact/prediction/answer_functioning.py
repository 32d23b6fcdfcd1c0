"""Does a question work alike for groups that are alike in their other answers (DIF)?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.impact.two_groups.rates import Group
from trifold.psychometrics.impact.two_groups.stratified import Stratified, stratified
from trifold.psychometrics.statistics.regression import (
    FTest,
    f_test,
    least_squares,
    with_intercept,
)

LEAST = 30  # people of a group
MIDDLE, LARGE = 0.035, 0.070  # ΔR² of classes B and C (Jodoin & Gierl 2001)
STRATA = 5


@dataclass(frozen=True)
class QuestionFunctioning:
    """One question, focal group against the others.

    Attributes:
        n: people with this answer and others.
        uniform: what the group adds to the rest score.
        non_uniform: what its product with the rest score adds to both.
        delta_r2: of both together.
        smd: mean difference over strata of the rest score, weighted by focal people, in SD of the
            answer scores (Dorans & Kulick 1986); below 0 where the focal group scores lower than
            people alike in the rest.
        mantel_haenszel: of answers that are 0 or 1; None otherwise. Its ``ets_delta`` is below 0
            where the question is harder for the focal group.
        level: A negligible, B middle, C large.
    """

    n: int
    uniform: FTest
    non_uniform: FTest
    delta_r2: float
    smd: float
    mantel_haenszel: Stratified | None
    level: str


def answer_functioning(
    answers: Array, focal: Sequence[bool], questions: Sequence[str]
) -> Mapping[str, QuestionFunctioning | None]:
    """Each question, matched on the mean of the other answers; purified once.

    Questions of class B or C on the first pass leave the rest score of the second (Zumbo 1999).

    Args:
        answers: (n, Q) scores of answers, NaN where a person did not answer.
        focal: (n,) True for the focal group.
        questions: Q names.

    Returns:
        Question to result; None where a group has fewer than 30 people with the answer.

    Raises:
        InputError: for fewer than two questions or another shape.
    """
    answers, mine = np.asarray(answers, dtype=float), np.asarray(focal, dtype=bool)
    if answers.shape != (len(mine), len(questions)) or len(questions) < 2:
        raise InputError(
            expected=f"{len(mine)} people by {len(questions)} questions, at least two",
            got=str(answers.shape),
        )
    everything = np.ones(len(questions), dtype=bool)
    first = [_question(answers, mine, q, everything) for q in range(len(questions))]
    clean = np.array([one is None or one.level == "A" for one in first])
    if clean.all() or not clean.any():
        return dict(zip(questions, first, strict=True))
    second = [_question(answers, mine, q, clean) for q in range(len(questions))]
    return dict(zip(questions, second, strict=True))


def _question(answers: Array, mine: Array, q: int, kept: Array) -> QuestionFunctioning | None:
    """One question against the mean of the kept others, each in SD of its own."""
    others = kept & (np.arange(answers.shape[1]) != q)
    spread = np.nanstd(answers, axis=0)
    scaled = (answers - np.nanmean(answers, axis=0)) / np.where(spread > 0, spread, 1)
    told = np.isfinite(scaled[:, others])
    count = told.sum(axis=1)
    rest = np.where(told, scaled[:, others], 0).sum(axis=1) / np.maximum(count, 1)
    seen = np.isfinite(answers[:, q]) & (count > 0)
    y, rest, group = answers[seen, q], rest[seen], mine[seen].astype(float)
    if min(group.sum(), (1 - group).sum()) < LEAST or np.ptp(y) == 0 or np.ptp(rest) == 0:
        return None
    m1 = least_squares(with_intercept(rest), y)
    m2 = least_squares(with_intercept(rest, group), y)
    m3 = least_squares(with_intercept(rest, group, group * rest), y)
    uniform, crossed = f_test(m1, m2, np.array([2])), f_test(m2, m3, np.array([3]))
    strata = _strata(rest)
    binary = set(np.unique(y)) <= {0.0, 1.0}
    tables = _mantel_haenszel(y, group > 0, strata) if binary else None
    delta, p = m3.r2 - m1.r2, f_test(m1, m3, np.array([2, 3])).p
    level = _level(delta, p) if tables is None else _ets_level(tables)
    smd = _standardised(y, group > 0, strata)
    return QuestionFunctioning(len(y), uniform, crossed, delta, smd, tables, level)


def _strata(rest: Array) -> Array:
    """Fifths of the rest score; equal scores stay together."""
    share = (stats.rankdata(rest) - 0.5) / len(rest)
    return np.minimum((share * STRATA).astype(int), STRATA - 1)


def _standardised(y: Array, mine: Array, strata: Array) -> float:
    """Σ w (focal mean − reference mean) / Σ w over strata with both, in SD of y."""
    gaps, weights = [], []
    for stratum in np.unique(strata):
        here = strata == stratum
        a, b = y[here & mine], y[here & ~mine]
        if len(a) and len(b):
            gaps.append(a.mean() - b.mean())
            weights.append(len(a))
    return float(np.average(gaps, weights=weights) / y.std()) if gaps else math.nan


def _mantel_haenszel(y: Array, mine: Array, strata: Array) -> Stratified | None:
    """Odds of the reference over those of the focal group, as ETS has it."""
    pairs = []
    for stratum in np.unique(strata):
        a, b = (y[(strata == stratum) & who] for who in (~mine, mine))
        if len(a) and len(b) and 0 < a.sum() + b.sum() < len(a) + len(b):
            names = ("reference", "focal")
            pairs.append(
                (Group(names[0], int(a.sum()), len(a)), Group(names[1], int(b.sum()), len(b)))
            )
    return stratified(pairs) if pairs else None


def _level(delta_r2: float, p: float) -> str:
    """Jodoin and Gierl's classes; A where the group adds nothing significant."""
    if p >= 0.05 or delta_r2 < MIDDLE:
        return "A"
    return "B" if delta_r2 < LARGE else "C"


def _ets_level(table: Stratified) -> str:
    """ETS's: A below 1 or not significant, C from 1.5 and significantly above 1, else B."""
    size = abs(table.ets_delta)
    if not math.isfinite(size) or size < 1 or table.p >= 0.05:
        return "A"
    # the end of the interval that is nearer to no difference
    ends = [abs(-2.35 * math.log(end)) for end in (table.odds_ratio.low, table.odds_ratio.high)]
    return "C" if size >= 1.5 and min(ends) > 1 else "B"

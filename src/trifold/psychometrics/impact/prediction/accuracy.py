"""How accurately each group is scored: errors, calibration, coverage, and amplification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.impact.two_groups.score_difference import pooled_d, score_difference
from trifold.psychometrics.metrics import ccc, pearson
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.proportions import wilson
from trifold.psychometrics.statistics.resampling import bootstrap_estimates

LEAST = 30
LEVELS = 10  # distinct ratings up to which each is a level of its own
FAIRNESS = "Loukina, Madnani & Zechner 2019"


@dataclass(frozen=True)
class GroupAccuracy:
    """One group.

    Attributes:
        n: people with score and rating.
        rmse, mae: in points of the scale.
        bias: mean of score minus rating.
        r, ccc: with ratings.
        calibration_slope, calibration_intercept: of ratings on scores; 1 and 0 are ideal.
        coverage: share of ratings inside their intervals; None without intervals.
        withheld: share of all people of the group without a score.
        d_model, d_rating: standardised difference of its scores, and of its ratings, from the
            reference's; None for the reference.
        amplification: d_model − d_rating; away from 0 the model makes more (or less) of a group's
            difference than raters do. None for the reference.
    """

    n: int
    rmse: Estimate
    mae: Estimate
    bias: Estimate
    r: Estimate
    ccc: Estimate
    calibration_slope: Estimate
    calibration_intercept: Estimate
    coverage: Estimate | None
    withheld: Estimate
    d_model: Estimate | None
    d_rating: Estimate | None
    amplification: Estimate | None


@dataclass(frozen=True)
class Fairness:
    """Share of the errors' variance that groups explain; 0 is ideal.

    Attributes:
        osa: overall score accuracy, R² of squared errors.
        osd: overall score difference, R² of errors.
        csd: conditional score difference, what groups add to R² of errors over rating levels.
    """

    osa: Estimate
    osd: Estimate
    csd: Estimate


@dataclass(frozen=True)
class AccuracyByGroup:
    """All groups of one division on one target.

    Attributes:
        reference: group that differences are taken from.
        groups: by name; those of fewer than 30 are named in ``too_few`` instead.
        too_few: name to people.
        fairness: over the groups.
    """

    reference: str
    groups: Mapping[str, GroupAccuracy]
    too_few: Mapping[str, int]
    fairness: Fairness

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def accuracy_by_group(
    score: Array,
    rating: Array,
    groups: Sequence[str],
    *,
    half_width: Array | None = None,
    reference: str | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> AccuracyByGroup:
    """Accuracy of scores in each group.

    Args:
        score: (n,), NaN where it was withheld.
        rating: (n,), NaN where there is none.
        groups: (n,) self-reported.
        half_width: (n,) or one, of the score intervals.
        reference: name; the largest group by default.
        resamples: draws of the bootstrap over people.
        seed: of the draws.

    Raises:
        InputError: for fewer than two groups of 30 people or another reference.
    """
    score, rating = np.asarray(score, dtype=float), np.asarray(rating, dtype=float)
    labels = np.asarray([str(g) for g in groups])
    seen = np.isfinite(score) & np.isfinite(rating)
    counts = {str(name): int(np.sum(seen & (labels == name))) for name in np.unique(labels)}
    kept = [name for name, n in counts.items() if n >= LEAST]
    if len(kept) < 2:
        raise InputError(
            expected=f"two groups of {LEAST} people or more",
            got=f"{counts}: {Code.TOO_FEW_PERSONS}",
        )
    first = max(kept, key=lambda name: counts[name]) if reference is None else reference
    if first not in kept:
        raise InputError(expected=f"a reference among {', '.join(kept)}", got=first)
    width = None if half_width is None else np.broadcast_to(half_width, score.shape)
    again = {"resamples": resamples, "seed": seed}
    rows = {}
    for name in kept:
        mine = labels == name
        core = _core(score[seen & mine], rating[seen & mine], **again)
        d_model = d_rating = amplified = None
        if name != first:
            other = seen & (labels == first)
            pair = (seen & mine, other)
            d_model, d_rating, amplified = _amplified(score, rating, pair, **again)
        cover = None if width is None else _covered(score, rating, width, seen & mine)
        away = wilson(int(np.sum(mine & ~np.isfinite(score))), int(mine.sum()))
        rows[name] = GroupAccuracy(
            n=counts[name],
            **core,
            coverage=cover,
            withheld=away,
            d_model=d_model,
            d_rating=d_rating,
            amplification=amplified,
        )
    few = {name: n for name, n in counts.items() if n < LEAST}
    used = seen & np.isin(labels, kept)
    fair = _fairness(score[used], rating[used], labels[used], **again)
    return AccuracyByGroup(first, rows, few, fair)


def _core(score: Array, rating: Array, **again: int) -> dict[str, Estimate]:
    """RMSE, MAE, bias, r, CCC, slope and intercept."""

    def all_of(rows: Array) -> Array:
        s, y = score[rows], rating[rows]
        error, spread = s - y, float(s.var())
        slope = float(np.mean((s - s.mean()) * (y - y.mean()))) / spread if spread else np.nan
        line = [slope, y.mean() - slope * s.mean()]
        size = [np.sqrt(np.mean(error**2)), np.abs(error).mean(), error.mean()]
        return np.array([*size, pearson(s, y), ccc(s, y), *line])

    method = "RMSE, MAE, bias, r, CCC, calibration slope and intercept, each by itself"
    names = ("rmse", "mae", "bias", "r", "ccc", "calibration_slope", "calibration_intercept")
    found = bootstrap_estimates(all_of, len(score), method=method, **again)  # type: ignore[arg-type]
    return dict(zip(names, found, strict=True))


def _covered(score: Array, rating: Array, width: Array, mine: Array) -> Estimate:
    """Share inside, of those who have an interval."""
    told = mine & np.isfinite(width)
    if not told.any():
        return undefined(0, "coverage", Code.TOO_FEW_PERSONS)
    inside = np.abs(rating[told] - score[told]) <= width[told]
    return wilson(int(inside.sum()), int(told.sum()))


def _amplified(
    score: Array, rating: Array, pair: tuple[Array, Array], **again: int
) -> tuple[Estimate, Estimate, Estimate]:
    """Difference d of scores, d of ratings, and the gap between both, in the same people."""
    rows = np.flatnonzero(pair[0] | pair[1])
    mine = pair[0][rows]

    def gap(drawn: Array) -> Array:
        who, people = mine[drawn], rows[drawn]
        model, rated = (_d(x[people], who) for x in (score, rating))
        return np.array([model - rated])

    method = "d of scores minus d of ratings"
    found = bootstrap_estimates(gap, len(rows), method=method, **again)[0]  # type: ignore[arg-type]
    model, rated = (score_difference(x[pair[0]], x[pair[1]]) for x in (score, rating))
    return model, rated, found


def _d(x: Array, mine: Array) -> float:
    """Difference in pooled SD; NaN where a group is empty or nothing varies."""
    a, b = x[mine], x[~mine]
    if min(len(a), len(b)) < 2:
        return float("nan")
    return pooled_d(a, b)


def _fairness(score: Array, rating: Array, labels: Array, **again: int) -> Fairness:
    """OSA, OSD and CSD; rating levels are the ratings, or tenths where there are many."""
    group = np.unique(labels, return_inverse=True)[1]
    distinct, level = np.unique(rating, return_inverse=True)
    if len(distinct) > LEVELS:
        cuts = np.quantile(rating, np.arange(1, LEVELS) / LEVELS)
        level = np.searchsorted(cuts, rating, side="right")
    dummies = [np.eye(int(codes.max()) + 1)[codes] for codes in (group, level)]

    def shares(rows: Array) -> Array:
        error = score[rows] - rating[rows]
        g, both = dummies[0][rows], np.hstack([d[rows] for d in dummies])
        added = _explained(error, both) - _explained(error, dummies[1][rows])
        return np.array([_explained(error**2, g), _explained(error, g), added])

    method = "share of variance explained by groups"
    found = bootstrap_estimates(shares, len(score), method=method, source=FAIRNESS, **again)
    return Fairness(*found)


def _explained(y: Array, dummies: Array) -> float:
    """R² of y on groups of ones."""
    total = float(np.sum((y - y.mean()) ** 2))
    if total == 0:
        return float("nan")
    fitted = dummies @ np.linalg.lstsq(dummies, y, rcond=None)[0]
    return 1 - float(np.sum((y - fitted) ** 2)) / total

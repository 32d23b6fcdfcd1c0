"""Whether norms of an old model hold for a new one, from people whom both scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.decimals import decimal
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.intervals import percentile_interval
from trifold.psychometrics.norms.distribution import distribution
from trifold.psychometrics.norms.equating import (
    EquipercentileEquating,
    LinearEquating,
    linear_equating,
    presmoothed,
)
from trifold.psychometrics.norms.standard_scores import stanine
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.resampling import (
    bootstrap_estimate,
    bootstrap_estimates,
    bootstrap_samples,
)

LEAST = 30  # people of a group, and of a study
LEAST_R = 0.95
LARGEST_RMSD = 0.1  # standard deviations of the new scores
POINTS = tuple(np.linspace(0.05, 0.95, 19))


@dataclass(frozen=True)
class EquatedPoint:
    """An old score on the new scale, both ways, with bootstrap intervals and standard errors."""

    old: float
    linear: Estimate
    equipercentile: Estimate
    linear_se: float
    equipercentile_se: float


@dataclass(frozen=True)
class EquatingStudy:
    """Old and new scores of the same people.

    Attributes:
        n: people.
        linear: the mean-sigma line.
        points: from the 5th to the 95th percentile of the old scores.
        correlation: of old and new scores.
        largest_gap: most that the two equatings differ at ``points``, in SD of the new scores.
        stanine_changes: share of people whose stanine differs under the linear equating.
        rmsd: group to the root mean squared difference of its own equating from everybody's, in SD
            of the new scores.
        remsd: the same over groups, by their shares.
        norms_carry_over: False where the correlation is below .95 or a group's difference above .1.
        reasons: why not, in words.
    """

    n: int
    linear: LinearEquating
    points: tuple[EquatedPoint, ...]
    correlation: Estimate
    largest_gap: float
    stanine_changes: Estimate
    rmsd: Mapping[str, Estimate]
    remsd: Estimate | None
    norms_carry_over: bool
    reasons: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def equating_study(
    old: Array,
    new: Array,
    *,
    groups: Sequence[str] | None = None,
    smooth: int | None = None,
    resamples: int = 500,
    seed: int = 0,
) -> EquatingStudy:
    """Equate and say whether the old norms may be kept.

    Args:
        old: (n,) scores of the old model.
        new: (n,) scores of the new one for the same people (single group design).
        groups: (n,) self-reported group of each, for population invariance (Dorans & Holland
            2000); groups of fewer than 30 people are undefined.
        smooth: degree of log-linear presmoothing; None for none.
        resamples: draws of the bootstrap over people.
        seed: of the draws.

    Raises:
        InputError: for fewer than 30 people, gaps or scores without spread.
    """
    old, new = np.asarray(old, dtype=float), np.asarray(new, dtype=float)
    _check(old, new)
    n, sd = len(old), float(new.std())
    again = {"resamples": resamples, "seed": seed}
    line = _line(old, new)
    r = bootstrap_estimate(
        lambda rows: np.corrcoef(old[rows], new[rows])[0, 1], n, method="Pearson r", **again
    )
    changes = bootstrap_estimate(
        lambda rows: _stanine_changes(old[rows], new[rows]),
        n,
        method="share whose stanine changes under the linear equating",
        **again,
    )
    points = _points(old, new, smooth=smooth, resamples=resamples, seed=seed)
    rmsd, remsd = _invariance(old, new, groups, **again)
    reasons = [] if r.estimate >= LEAST_R else [f"r = {decimal(r.estimate, 3)} is below {LEAST_R}"]
    reasons += [
        f"group {name}: its own equating differs by {e.estimate:.2f} SD, more than {LARGEST_RMSD}"
        for name, e in rmsd.items()
        if e.estimate > LARGEST_RMSD
    ]
    gap = max(abs(p.linear.estimate - p.equipercentile.estimate) for p in points) / sd
    return EquatingStudy(n, line, points, r, gap, changes, rmsd, remsd, not reasons, tuple(reasons))


def _check(old: Array, new: Array) -> None:
    if old.shape != new.shape or old.ndim != 1 or len(old) < LEAST:
        raise InputError(
            expected=f"old and new scores of the same {LEAST} people or more",
            got=f"{old.shape} and {new.shape}",
        )
    if not np.isfinite([old, new]).all() or np.ptp(old) == 0 or np.ptp(new) == 0:
        raise InputError(expected="finite scores with spread", got="gaps or equal scores")


def _line(old: Array, new: Array) -> LinearEquating:
    return linear_equating(
        mean_old=old.mean(), sd_old=old.std(), mean_new=new.mean(), sd_new=new.std()
    )


def _stanine_changes(old: Array, new: Array) -> float:
    """Stanines of equated old scores against those of new ones, both by the new mean and SD."""
    equated = (old - old.mean()) / old.std()
    return float(np.mean(stanine(equated) != stanine((new - new.mean()) / new.std())))


def _points(
    old: Array, new: Array, *, smooth: int | None, resamples: int, seed: int
) -> tuple[EquatedPoint, ...]:
    """Both equatings at fixed old scores."""
    at = np.quantile(old, POINTS)

    def both(rows: Array) -> Array:
        scores = [distribution(old[rows]), distribution(new[rows])]
        if smooth is not None:
            scores = [presmoothed(one, degree=smooth) for one in scores]
        curve = EquipercentileEquating(*scores).forward(at)
        return np.concatenate([_line(old[rows], new[rows]).forward(at), curve])

    samples = bootstrap_samples(both, len(old), resamples=resamples, seed=seed)
    low, high = percentile_interval(samples)
    told = f"equated score; percentile bootstrap over people, {resamples} draws, seed {seed}"
    found = [
        Estimate(float(x), float(a), float(b), len(old), told, "Kolen & Brennan 2014")
        for x, a, b in zip(both(np.arange(len(old))), low, high, strict=True)
    ]
    se, half = samples.std(axis=0, ddof=1), len(at)
    return tuple(
        EquatedPoint(float(at[i]), found[i], found[i + half], float(se[i]), float(se[i + half]))
        for i in range(half)
    )


def _invariance(
    old: Array, new: Array, groups: Sequence[str] | None, **again: Any
) -> tuple[dict[str, Estimate], Estimate | None]:
    """RMSD of each group and REMSD (Dorans & Holland 2000, eqs 3 and 6), linear equatings."""
    if groups is None:
        return {}, None
    labels = np.asarray([str(g) for g in groups])
    names, counts = np.unique(labels, return_counts=True)
    kept = [str(name) for name, n in zip(names, counts, strict=True) if n >= LEAST]

    def gaps(rows: Array) -> Array:
        x, y, who = old[rows], new[rows], labels[rows]
        whole, sd = _line(x, y).forward(x), y.std()
        squares, shares = [], []
        for name in kept:
            mine = who == name
            if mine.sum() < 3 or x[mine].std() == 0:
                squares.append(np.nan)
            else:
                squares.append(np.mean((_line(x[mine], y[mine]).forward(x) - whole) ** 2))
            shares.append(mine.mean())
        pooled = np.sqrt(np.average(squares, weights=shares))
        return np.array([*np.sqrt(squares), pooled]) / sd

    method = "root mean squared difference of equatings in SD of the new scores"
    found = {
        str(name): undefined(int(n), method, Code.TOO_FEW_PERSONS)
        for name, n in zip(names, counts, strict=True)
    }
    if not kept:
        return found, None
    *each, pooled = bootstrap_estimates(
        gaps, len(old), method=method, source="Dorans & Holland 2000", **again
    )
    return {**found, **dict(zip(kept, each, strict=True))}, pooled

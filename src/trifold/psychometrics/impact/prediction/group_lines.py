"""Each group's own line beside the common one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.impact.prediction.lines import (
    Dmod,
    Line,
    Region,
    crossing,
    d_mod,
    johnson_neyman,
)
from trifold.psychometrics.statistics.regression import Fit


@dataclass(frozen=True)
class GroupPrediction:
    """How one group is predicted.

    Attributes:
        n: people.
        line: its own, on the raw scale of the score.
        residual_sd: around its own line.
        mean_residual: y minus the common line, in points of the criterion: below 0 where the common
            line overpredicts the group.
        mean_residual_sd: the same in SD of the criterion.
        d_mod: against the referent; None for the referent.
        crossing: score at which its line and the referent's cross.
        region: scores at which the lines differ; None for the referent.
    """

    n: int
    line: Line
    residual_sd: float
    mean_residual: Estimate
    mean_residual_sd: float
    d_mod: Dmod | None
    crossing: float
    region: Region | None


def group_predictions(
    names: Sequence[str],
    labels: Array,
    y: Array,
    score: Array,
    *,
    models: tuple[Fit, Fit],
    at: float,
) -> dict[str, GroupPrediction]:
    """Lines, residuals and differences of each group.

    Args:
        names: of the groups, the referent first.
        labels: (n,) group of each person.
        y: (n,) criterion.
        score: (n,).
        models: the common line, and the one with groups and products, of score minus ``at``.
        at: origin of the score.
    """
    common, full = models
    lines = {}
    for name in names:
        slope, intercept = np.polyfit(score[labels == name], y[labels == name], 1)
        lines[name] = Line(float(intercept), float(slope))
    first, k, rows = names[0], len(names) - 1, {}
    sd_y = float(y[labels == first].std(ddof=1))
    for i, name in enumerate(names):
        mine = labels == name
        x, line = score[mine], lines[name]
        own = y[mine] - line.intercept - line.slope * x
        gap, crossed, region = None, math.nan, None
        if i:
            sd = float(x.std(ddof=1))
            gap = d_mod(lines[first], line, mean=float(x.mean()), sd=sd, sd_y=sd_y)
            crossed = crossing(lines[first], line)
            region = johnson_neyman(full, 1 + i, 1 + k + i, score - at)
            region = Region(
                region.low + at, region.high + at, region.outside, region.everywhere, region.share
            )
        residual = _mean(common.residuals[mine])
        rows[name] = GroupPrediction(
            len(x),
            line,
            math.sqrt(float(own @ own) / max(1, len(x) - 2)),
            residual,
            residual.estimate / float(y.std(ddof=1)),
            gap,
            crossed,
            region,
        )
    return rows


def _mean(values: Array) -> Estimate:
    """Mean with its normal interval."""
    mean, se = float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values))
    method = "mean residual from the common line, normal interval"
    return Estimate(mean, mean - 1.96 * se, mean + 1.96 * se, len(values), method)

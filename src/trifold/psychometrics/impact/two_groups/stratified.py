"""Several jobs, dates or sites at once: Mantel-Haenszel, and the refusal to pool what differs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.impact.two_groups.rates import Group, impact_ratio
from trifold.psychometrics.statistics.plain import plain

ALPHA = 0.05  # of Breslow and Day's test, below which strata differ


@dataclass(frozen=True)
class Stratified:
    """Two groups over several strata.

    Attributes:
        strata: how many have both groups and both outcomes.
        odds_ratio: common one, of g over h, with the interval of Robins, Breslow and Greenland.
        chi2, p: of the Mantel-Haenszel test without continuity correction, 1 df.
        chi2_corrected: with it.
        breslow_day, breslow_day_df, breslow_day_p: are the strata's odds ratios the same?
        ets_delta: −2.35 ln of the odds ratio.
        pooled_ratio: impact ratio of the added counts; undefined, flagged ``STRATA_DIFFER``, where
            strata differ or where adding turns the direction round (Simpson's paradox).
        pooled_refused: whether it was.
    """

    strata: int
    odds_ratio: Estimate
    chi2: float
    p: float
    chi2_corrected: float
    breslow_day: float
    breslow_day_df: int
    breslow_day_p: float
    ets_delta: float
    pooled_ratio: Estimate
    pooled_refused: bool

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def stratified(pairs: Sequence[tuple[Group, Group]], *, coverage: float = 0.95) -> Stratified:
    """Mantel-Haenszel analysis of focal and reference group, stratum by stratum.

    Args:
        pairs: g and h of each stratum.
        coverage: of the odds ratio's interval.

    Raises:
        InputError: without a stratum in which some are selected and some are not.
    """
    cells = np.array(
        [[g.selected, g.n - g.selected, h.selected, h.n - h.selected] for g, h in pairs],
        dtype=float,
    ).reshape(-1, 4)
    told = ((cells[:, 0] + cells[:, 2]) > 0) & ((cells[:, 1] + cells[:, 3]) > 0)
    if not told.any():
        raise InputError(
            expected="a stratum in which some are selected and some are not",
            got=f"{len(pairs)} without",
        )
    cells = cells[told]
    common = _common_odds_ratio(cells, coverage)
    chi2, corrected = _mantel_haenszel(cells)
    day, df = _breslow_day(cells, common.estimate)
    day_p = float(stats.chi2.sf(day, df)) if df > 0 and math.isfinite(day) else math.nan
    pooled = impact_ratio(
        Group("g", sum(g.selected for g, _ in pairs), sum(g.n for g, _ in pairs)),
        Group("h", sum(h.selected for _, h in pairs), sum(h.n for _, h in pairs)),
    )
    turned = (pooled.estimate - 1) * (common.estimate - 1) < 0
    refused = day_p < ALPHA or turned
    if refused:
        pooled = undefined(pooled.n, pooled.method, Code.STRATA_DIFFER, source=pooled.source)
        common = common.flagged(Code.STRATA_DIFFER)
    delta = -2.35 * math.log(common.estimate) if common.estimate > 0 else math.nan
    return Stratified(
        len(cells),
        common,
        chi2,
        float(stats.chi2.sf(chi2, 1)),
        corrected,
        day,
        df,
        day_p,
        delta,
        pooled,
        refused,
    )


def _common_odds_ratio(cells: Array, coverage: float) -> Estimate:
    """ΣR/ΣS with the variance of Robins, Breslow and Greenland (1986, eq. 3)."""
    method = "Mantel-Haenszel odds ratio, Robins-Breslow-Greenland interval"
    source = "Mantel & Haenszel 1959; Robins, Breslow & Greenland 1986"
    a, b, c, d = cells.T
    n = cells.sum(axis=1)
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    people = int(n.sum())
    if r.sum() == 0 or s.sum() == 0:
        return undefined(people, method, Code.SMALL_CELL, source=source)
    variance = (
        np.sum(p * r) / (2 * r.sum() ** 2)
        + np.sum(p * s + q * r) / (2 * r.sum() * s.sum())
        + np.sum(q * s) / (2 * s.sum() ** 2)
    )
    ratio = float(r.sum() / s.sum())
    reach = math.exp(float(stats.norm.ppf(0.5 + coverage / 2)) * math.sqrt(variance))
    return Estimate(ratio, ratio / reach, ratio * reach, people, method, source, coverage)


def _mantel_haenszel(cells: Array) -> tuple[float, float]:
    """χ² without and with continuity correction; NaN where no stratum has any variance."""
    a, b, c, d = cells.T
    n = cells.sum(axis=1)
    gap = abs(float(np.sum(a - (a + b) * (a + c) / n)))
    parts = (a + b) * (c + d) * (a + c) * (b + d) / np.where(n > 1, n**2 * (n - 1), np.inf)
    variance = float(parts.sum())
    if variance == 0:
        return math.nan, math.nan
    return gap**2 / variance, max(0.0, gap - 0.5) ** 2 / variance


def _breslow_day(cells: Array, ratio: float) -> tuple[float, int]:
    """χ² of equal odds ratios and its df (Breslow & Day 1980, eq. 4.30), over two-group strata."""
    both = ((cells[:, 0] + cells[:, 1]) > 0) & ((cells[:, 2] + cells[:, 3]) > 0)
    df = int(both.sum()) - 1
    if df < 1 or not math.isfinite(ratio):
        return math.nan, max(df, 0)
    a, b, c, d = cells[both].T
    row, column, n = a + b, a + c, a + b + c + d
    # the cell a that these margins have at the odds ratio a(n−row−column+a) / (row−a)(column−a)
    square, line = 1 - ratio, n - row - column + ratio * (row + column)
    constant = -ratio * row * column
    if abs(square) < 1e-12:
        expected = -constant / line
    else:
        expected = (-line + np.sqrt(line**2 - 4 * square * constant)) / (2 * square)
    parts = np.array([expected, row - expected, column - expected, n - row - column + expected])
    variance = 1 / np.sum(1 / np.maximum(parts, 1e-12), axis=0)
    return float(np.sum((a - expected) ** 2 / variance)), df

"""Selection rates and impact ratios of groups at every cut on a score; none is named the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.impact.groups import Grouping
from trifold.psychometrics.impact.two_groups.rates import Group
from trifold.psychometrics.impact.two_groups.score_difference import score_difference
from trifold.psychometrics.impact.two_groups.significance import exact
from trifold.psychometrics.statistics.proportions import ratio_limits, wilson_limits
from trifold.psychometrics.validity.expected_impact import expected_cuts

AT_MOST = 1000  # cuts; of more distinct scores as many are taken, at equal steps of rank


def checked_cut(cut: Any) -> float:
    """A cut that is one finite number, the same for everybody.

    Raises:
        InputError: for cuts by group, which are refused, or no finite number.
    """
    if isinstance(cut, Mapping):
        raise InputError(expected="one cut for all groups", got=f"cuts by {sorted(map(str, cut))}")
    if isinstance(cut, bool) or not isinstance(cut, int | float) or not np.isfinite(cut):
        raise InputError(expected="a finite cut", got=repr(cut))
    return float(cut)


def cut_score_sweep(
    scores: Array,
    grouping: Grouping,
    *,
    cuts: Sequence[float] | None = None,
    at_most: int = AT_MOST,
    validity: float = float("nan"),
) -> pd.DataFrame:
    """Rates, ratios and tests at each cut, of each group against the one with the highest rate.

    Args:
        scores: (n,); selected are those at or above the cut.
        grouping: of the same people; the unknown take no part.
        cuts: ascending; every distinct score by default.
        at_most: with more distinct scores, as many of them at equal steps of rank.
        validity: r with the criterion, where it is known; times the mean z of those selected it is
            the criterion's gain.

    Returns:
        A row per cut and group: ``cut``, ``selection_rate``, ``criterion_gain`` (in SD), ``group``,
        ``reference``, ``n``, ``selected``, ``rate``, ``low``, ``high``, ``ratio``, ``ratio_low``,
        ``ratio_high``, ``ratio_expected`` (of two normal distributions that differ by the observed
        d), ``below_four_fifths``, ``fisher``, ``mid_p``, ``shortfall``. At cuts that select nobody
        or everybody ratios are told and tests are 1.

    Raises:
        InputError: for gaps in scores, cuts by group, or fewer than two groups.
    """
    known = grouping.place >= 0
    values, place = np.asarray(scores, dtype=float)[known], grouping.place[known]
    if not np.isfinite(values).all() or len(grouping.names) < 2:
        raise InputError(
            expected="finite scores of two groups or more",
            got=f"{len(grouping.names)} groups, {int((~np.isfinite(values)).sum())} gaps",
        )
    tried = _cuts(values, cuts, at_most)
    counts = grouping.counts
    # (C, G) people of each group at or above each cut
    selected = np.stack(
        [
            counts[g] - np.searchsorted(np.sort(values[place == g]), tried, side="left")
            for g in range(len(counts))
        ],
        axis=1,
    )
    # ties for the highest rate go to the larger group
    best = np.argmax(selected / counts + counts * 1e-15, axis=1)
    differences = _differences(values, place, len(counts))
    frames = [
        _group_rows(
            g,
            cuts=tried,
            selected=selected,
            counts=counts,
            best=best,
            differences=differences[g],
            names=grouping.names,
        )
        for g in range(len(counts))
    ]
    table = pd.concat(frames, ignore_index=True)
    table["criterion_gain"] = validity * _mean_z_selected(table["selection_rate"].to_numpy())
    return table.sort_values(["cut", "group"], kind="stable", ignore_index=True)


def _mean_z_selected(rate: Array) -> Array:
    """Mean z of those selected (Naylor & Shine 1965): 0 where all are, NaN where nobody is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return stats.norm.pdf(stats.norm.isf(rate)) / rate


def _cuts(values: Array, cuts: Sequence[float] | None, at_most: int) -> Array:
    if cuts is not None:
        if isinstance(cuts, Mapping):
            raise InputError(expected="the same cuts for all groups", got="cuts by group")
        return np.array([checked_cut(cut) for cut in cuts])
    distinct = np.unique(values)
    if len(distinct) <= at_most:
        return distinct
    ranks = np.linspace(0, len(values) - 1, at_most).round().astype(int)
    return np.unique(np.sort(values)[ranks])


def _differences(values: Array, place: Array, groups: int) -> Array:
    """(G, G) d of each group below each other, in pooled SD."""
    found = np.zeros((groups, groups))
    for g in range(groups):
        for h in range(groups):
            if g != h:
                d = score_difference(values[place == g], values[place == h]).estimate
                found[g, h] = -d
    return found


def _group_rows(
    g: int,
    *,
    cuts: Array,
    selected: Array,
    counts: Array,
    best: Array,
    differences: Array,
    names: Sequence[str],
) -> pd.DataFrame:
    """A row per cut of one group g against the one with the highest rate, h.

    Args:
        g: number of the group.
        cuts: (C,).
        selected: (C, G) people of each group at or above each cut.
        counts: (G,) people of each group.
        best: (C,) number of the group with the highest rate.
        differences: (G,) d of g below each group.
        names: G.
    """
    s_h = selected[np.arange(len(cuts)), best]
    s_g, n_g, n_h = selected[:, g], counts[g], counts[best]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(s_h > 0, (s_g / n_g) / (s_h / n_h), np.nan)
        ends = [np.where(best != g, end, np.nan) for end in ratio_limits(s_g, n_g, s_h, n_h)]
        pair = (s_g + s_h) / (n_g + n_h)
    low, high = wilson_limits(s_g, n_g)
    tests = [
        exact(Group(names[g], int(a), int(n_g)), Group("h", int(b), int(n)))
        if b_is != g
        else (1.0, 1.0)
        for a, b, n, b_is in zip(s_g, s_h, n_h, best, strict=True)
    ]
    return pd.DataFrame(
        {
            "cut": cuts,
            "selection_rate": selected.sum(axis=1) / counts.sum(),
            "group": names[g],
            "reference": [names[b] for b in best],
            "n": n_g,
            "selected": s_g,
            "rate": s_g / n_g,
            "low": low,
            "high": high,
            "ratio": ratio,
            "ratio_low": ends[0],
            "ratio_high": ends[1],
            "ratio_expected": _expected_ratio(differences[best], pair, n_g / (n_g + n_h)),
            "below_four_fifths": 5 * s_g * n_h < 4 * s_h * n_g,
            "fisher": [p for p, _ in tests],
            "mid_p": [p for _, p in tests],
            "shortfall": np.where(best == g, 0.0, n_g * pair - s_g),
        }
    )


def _expected_ratio(d: Array, rate: Array, share: Array) -> Array:
    """Ratios of normal distributions d apart at the pair's rate; NaN where nobody or all pass."""
    told = (rate > 0) & (rate < 1) & np.isfinite(d)
    cut = expected_cuts(np.where(told, d, 0.0), np.where(told, rate, 0.5), share)
    ratio = stats.norm.sf(cut + np.where(told, d, 0.0)) / stats.norm.sf(cut)
    return np.where(told, ratio, np.nan)

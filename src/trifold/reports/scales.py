"""Scores, intervals, norms and distributions as places on a drawn scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trifold.contracts import Target
from trifold.reports.wording import label
from trifold.scoring.rows import Row

Norms = Mapping[str, Sequence[float]]  # target to the scores of the norm group, sorted
FEWEST_FOR_HISTOGRAM = 5
BINS = 20


def scales(
    row: Row, targets: Sequence[Target], norms: Norms | None = None
) -> list[dict[str, object]]:
    """Score, interval and norm of each target; none for a row without scores.

    Places are percent of the scale's width. ``norm`` is None where the target has no norms.
    """
    if row["status"] != "scored":
        return []
    return [_scale(row, target, (norms or {}).get(target.name)) for target in targets]


def _scale(row: Row, target: Target, group: Sequence[float] | None) -> dict[str, object]:
    score, low, high = (number(row[f"{target.name}{end}"]) for end in ("", "_low", "_high"))
    spread = row.get(f"{target.name}_spread")
    return {
        "name": target.name,
        "label": label(target.name),
        "score": score,
        "low": low,
        "high": high,
        "spread": None if spread is None else number(spread),
        "ends": (target.low, target.high),
        "x": place(score, target),
        "x_low": place(low, target),
        "x_high": place(high, target),
        "norm": None if group is None else _norm(score, low, high, target, group),
    }


def _norm(
    score: float, low: float, high: float, target: Target, group: Sequence[float]
) -> dict[str, float]:
    """Where score and interval lie among the norm group, and where its middle half lies."""
    first, middle, third = np.quantile(group, [0.25, 0.5, 0.75])
    return {
        "percentile": percentile(score, group),
        "percentile_low": percentile(low, group),
        "percentile_high": percentile(high, group),
        "x_first": place(float(first), target),
        "x_middle": place(float(middle), target),
        "x_third": place(float(third), target),
    }


def percentile(value: float, group: Sequence[float]) -> float:
    """Mid-rank of a value among the sorted scores of a group, in percent: ties count half."""
    below, up_to = (int(np.searchsorted(group, value, side)) for side in ("left", "right"))
    return 50.0 * (below + up_to) / len(group)


def place(value: float, target: Target) -> float:
    """Percent of the scale's width at which a value lies, its ends included."""
    share = (value - target.low) / (target.high - target.low)
    return round(100.0 * min(max(share, 0.0), 1.0), 2)


def distributions(
    rows: Sequence[Row], targets: Sequence[Target], norms: Norms | None = None
) -> list[dict[str, object]]:
    """One histogram per target; none for so few people that it would show only them."""
    if len(rows) < FEWEST_FOR_HISTOGRAM:
        return []
    return [_distribution(rows, target, (norms or {}).get(target.name)) for target in targets]


def _distribution(
    rows: Sequence[Row], target: Target, group: Sequence[float] | None
) -> dict[str, object]:
    """Histogram of one target over the scored candidates, heights in percent of the highest."""
    values = np.array([number(row[target.name]) for row in rows])
    counts, _ = np.histogram(values.clip(target.low, target.high), BINS, (target.low, target.high))
    first, middle, third = np.quantile(values, [0.25, 0.5, 0.75])
    norm = None if group is None else float(np.median(group))
    return {
        "label": label(target.name),
        "heights": [round(100.0 * int(count) / int(counts.max()), 1) for count in counts],
        "n": len(values),
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)),
        "quartiles": (float(first), float(middle), float(third)),
        "x_middle": place(float(middle), target),
        "norm_middle": norm,
        "x_norm": None if norm is None else place(norm, target),
        "ends": (target.low, target.high),
    }


def number(value: object) -> float:
    """A cell that must hold a number.

    Raises:
        TypeError: when it does not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a score column holds a number, got {type(value).__name__}")
    return float(value)

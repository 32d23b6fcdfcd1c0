"""Scores, bands, norms and distributions as places on a drawn scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from src.contracts import Target
from src.scoring.report_words import label
from src.scoring.rows import Row

Norms = Mapping[str, Sequence[float]]  # target to evenly spaced quantiles, lowest to highest
FEWEST_FOR_HISTOGRAM = 5
BINS = 20


def scales(
    row: Row, targets: Sequence[Target], norms: Norms | None = None
) -> list[dict[str, object]]:
    """Score, band and norm of each target; none for a row without scores.

    Places are percent of the scale's width. ``norm`` is None where the target has no norms.
    """
    if row["status"] != "scored":
        return []
    return [_scale(row, target, (norms or {}).get(target.name)) for target in targets]


def _scale(row: Row, target: Target, quantiles: Sequence[float] | None) -> dict[str, object]:
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
        "norm": None if quantiles is None else _norm(score, low, high, target, quantiles),
    }


def _norm(
    score: float, low: float, high: float, target: Target, quantiles: Sequence[float]
) -> dict[str, float]:
    """Where score and band lie among the norm group, and where its middle half lies."""
    first, middle, third = np.quantile(quantiles, [0.25, 0.5, 0.75])
    return {
        "percentile": percentile(score, quantiles),
        "percentile_low": percentile(low, quantiles),
        "percentile_high": percentile(high, quantiles),
        "x_first": place(float(first), target),
        "x_middle": place(float(middle), target),
        "x_third": place(float(third), target),
    }


def percentile(value: float, quantiles: Sequence[float]) -> float:
    """Share of the norm group below a value, in percent: ties count half."""
    table = np.asarray(quantiles, dtype=np.float64)
    share = np.linspace(0.0, 100.0, len(table))
    below, above = np.searchsorted(table, value, "left"), np.searchsorted(table, value, "right")
    if below < above:  # the value itself is in the table, perhaps several times
        return float((share[below] + share[above - 1]) / 2)
    return float(np.interp(value, table, share))


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
    rows: Sequence[Row], target: Target, quantiles: Sequence[float] | None
) -> dict[str, object]:
    """Histogram of one target over the scored candidates, heights in percent of the highest."""
    values = np.array([number(row[target.name]) for row in rows])
    counts, _ = np.histogram(values.clip(target.low, target.high), BINS, (target.low, target.high))
    first, middle, third = np.quantile(values, [0.25, 0.5, 0.75])
    norm = None if quantiles is None else float(np.median(quantiles))
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

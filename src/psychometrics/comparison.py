"""Two sets of predictions on the same candidates: is one better, or is it chance?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from src.contracts import Array
from src.psychometrics.intervals import bootstrap_rows, percentile_interval
from src.psychometrics.metrics import METRICS, Metric

COMPARED = ("spearman", "mse")


def paired_differences(
    first: Array,
    second: Array,
    target: Array,
    *,
    resamples: int = 1000,
    seed: int = 0,
    groups: Sequence[str] | None = None,
) -> dict[str, dict[str, Any]]:
    """First minus second, mean over targets, with 95 % intervals by resampling candidates.

    The same candidates are drawn for both, so what makes them hard or easy cancels out.

    Args:
        first: (S, B, K) or (B, K) predictions; S repeats of one protocol are averaged.
        second: the same shape or with another S.
        target: (B, K) labels, NaN where unlabelled.
        resamples: bootstrap replicates.
        seed: of the bootstrap.
        groups: (B,) person of each row, where rows are single answers.

    Returns:
        metric name to ``difference``, ``low`` and ``high``; None where a metric is undefined.
    """
    draws = list(bootstrap_rows(len(target), resamples=resamples, seed=seed, groups=groups))
    result = {}
    for name in COMPARED:
        point = _mean(first, target, METRICS[name]) - _mean(second, target, METRICS[name])
        replicates = [
            _mean(first[..., rows, :], target[rows], METRICS[name])
            - _mean(second[..., rows, :], target[rows], METRICS[name])
            for rows in draws
        ]
        low, high = percentile_interval(np.array(replicates)[:, None])
        values = {"difference": point, "low": float(low[0]), "high": float(high[0])}
        result[name] = {k: v if np.isfinite(v) else None for k, v in values.items()}
    return result


def _mean(preds: Array, target: Array, metric: Metric) -> float:
    """Mean of a metric over repeats and targets; NaN when it is undefined for one of them."""
    repeats = preds if preds.ndim == 3 else preds[None]
    values = [
        metric(scores[seen, k], target[seen, k])
        for scores in repeats
        for k in range(target.shape[1])
        if (seen := np.isfinite(target[:, k])).any()
    ]
    return float(np.mean(values)) if values else float("nan")

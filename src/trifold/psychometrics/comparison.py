"""Two sets of predictions on the same candidates: is one better, or is it chance?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.intervals import bootstrap_rows, percentile_interval
from trifold.psychometrics.metrics import METRICS, ORDERING, Metric, constant_columns

COMPARED = ("spearman", "mse")


def paired_differences(
    first: Array,
    second: Array,
    target: Array,
    *,
    resamples: int = 1000,
    seed: int = 0,
    groups: Sequence[str] | None = None,
    constant: Array | None = None,
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
        constant: (K,) bool, True where one of the two gives everybody the same score of a target;
            see ``evaluation.evaluate``.

    Returns:
        metric name to ``difference``, ``low`` and ``high``; None where a metric is undefined. The
        mean is over the targets for which the metric of both is defined.
    """
    pair = [one if one.ndim == 3 else one[None] for one in (first, second)]
    draws = list(bootstrap_rows(len(target), resamples=resamples, seed=seed, groups=groups))
    return {name: _one(name, pair, target, draws, constant) for name in COMPARED}


def _one(
    name: str, pair: list[Array], target: Array, draws: list[Array], constant: Array | None
) -> dict[str, float | None]:
    """Difference, low and high of one metric."""
    metric, compared = METRICS[name], np.arange(target.shape[1])
    each = [_per_target(preds, target, metric, compared) for preds in pair]
    defined = np.isfinite(each[0]) & np.isfinite(each[1])
    if name in ORDERING:
        flat = [constant_columns(preds, target) for preds in pair]
        defined &= ~(flat[0] | flat[1] | (False if constant is None else constant))
    compared = np.flatnonzero(defined)
    if not len(compared):
        return dict.fromkeys(("difference", "low", "high"))
    point = float((each[0] - each[1])[compared].mean())
    replicates = [
        float(
            np.subtract(*(_per_target(p[:, r], target[r], metric, compared) for p in pair)).mean()
        )
        for r in draws
    ]
    low, high = percentile_interval(np.array(replicates or [np.nan])[:, None])
    values = {"difference": point, "low": float(low[0]), "high": float(high[0])}
    return {k: v if np.isfinite(v) else None for k, v in values.items()}


def _per_target(preds: Array, target: Array, metric: Metric, targets: Array) -> Array:
    """The metric of (S, B, K) predictions for chosen targets, averaged over repeats."""
    values = []
    for k in targets:
        seen = np.isfinite(target[:, k])
        each = [metric(scores[seen, k], target[seen, k]) for scores in preds] if seen.any() else []
        values.append(float(np.mean(each)) if each else float("nan"))
    return np.array(values)

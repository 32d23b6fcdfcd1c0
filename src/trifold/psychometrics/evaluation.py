"""All metrics of a set of predictions, per target and averaged, with intervals by person."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from trifold.contracts import Array, TargetSchema
from trifold.psychometrics.intervals import bootstrap_rows, percentile_interval
from trifold.psychometrics.metrics import (
    METRICS,
    ORDERING,
    Metric,
    constant_columns,
    one_minus_mae,
)

Table = dict[str, dict[str, Any]]


def evaluate(
    preds: Array,
    target: Array,
    schema: TargetSchema,
    *,
    resamples: int = 1000,
    seed: int = 0,
    groups: Sequence[str] | None = None,
    constant: Array | None = None,
) -> Table:
    """Every metric for every target, with 95 % percentile intervals bootstrapped by person.

    Args:
        preds: (B, K) scores on the schema's scale, or (S, B, K) for S repeats of one protocol,
            such as cross-validation with other folds: metrics are averaged over them.
        target: (B, K) labels, NaN where unlabelled.
        schema: the K targets.
        resamples: bootstrap replicates; 0 leaves the intervals out.
        seed: of the bootstrap.
        groups: (B,) person of each row, where rows are single answers.
        constant: (K,) bool, True where every model behind the scores gives everybody the same, as
            the training mean does. Pooled over folds such scores differ and correlate, by a law of
            arithmetic negatively, though they order nobody; see ``metrics.ORDERING``.

    Returns:
        metric name to ``mean`` over targets with ``low`` and ``high``, ``per_target`` and its
        ``per_target_low`` and ``per_target_high``. Undefined values are None: of metrics of order
        for constant scores, of all for a target that nobody rated.
    """
    repeats = preds if preds.ndim == 3 else preds[None]
    flat = constant_columns(repeats, target)
    flat = flat if constant is None else flat | constant
    point = _averaged(repeats, target, schema, flat)
    rows = bootstrap_rows(len(target), resamples=resamples, seed=seed, groups=groups)
    samples = [_averaged(repeats[:, index], target[index], schema, flat) for index in rows]
    return {
        name: _summary(point[name], [sample[name] for sample in samples], schema.names)
        for name in point
    }


def _averaged(repeats: Array, target: Array, schema: TargetSchema, flat: Array) -> dict[str, Array]:
    """Metric name to (K,) values, averaged over (S, B, K) repeats; no order where ``flat``."""
    tables = [_metric_table(preds, target, schema) for preds in repeats]
    means = {name: np.mean([table[name] for table in tables], axis=0) for name in tables[0]}
    return {n: np.where(flat, np.nan, v) if n in ORDERING else v for n, v in means.items()}


def _metric_table(preds: Array, target: Array, schema: TargetSchema) -> dict[str, Array]:
    """Metric name to (K,) values."""
    columns = []
    for k, spec in enumerate(schema.targets):
        metrics: dict[str, Metric] = {
            **METRICS,
            "one_minus_mae": partial(one_minus_mae, low=spec.low, high=spec.high),
        }
        seen = np.isfinite(target[:, k])
        column_preds, column_target = preds[seen, k], target[seen, k]
        columns.append(
            {
                name: metric(column_preds, column_target) if seen.any() else float("nan")
                for name, metric in metrics.items()
            }
        )
    return {name: np.array([column[name] for column in columns]) for name in columns[0]}


def _summary(point: Array, samples: list[Array], names: tuple[str, ...]) -> dict[str, Any]:
    """One metric as JSON-ready numbers."""
    summary: dict[str, Any] = {
        "mean": _number(_mean(point)),
        "per_target": _by_name(names, point),
    }
    if samples:
        stacked = np.stack(samples)
        low, high = percentile_interval(np.array([[_mean(row)] for row in stacked]))
        summary["low"], summary["high"] = _number(low[0]), _number(high[0])
        low, high = percentile_interval(stacked)
        summary["per_target_low"] = _by_name(names, low)
        summary["per_target_high"] = _by_name(names, high)
    return summary


def _mean(values: Array) -> float:
    """Mean over targets where the metric is defined; NaN where it is nowhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(np.nanmean(values))


def _by_name(names: tuple[str, ...], values: Array) -> dict[str, float | None]:
    return {name: _number(value) for name, value in zip(names, values, strict=True)}


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return float(value) if np.isfinite(value) else None

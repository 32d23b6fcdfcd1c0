"""All metrics of a set of predictions, per target and averaged, with intervals by person."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trifold.contracts import Array, TargetSchema
from trifold.psychometrics.counted import counted_metrics, within_folds
from trifold.psychometrics.metrics import METRICS, ORDERING, constant_columns
from trifold.psychometrics.replicates import Draws, Replicates, draws_of, replicate

Table = dict[str, dict[str, Any]]
WITHIN = "spearman_within"  # mean over the folds of a cross-validation
ALL = (*METRICS, "one_minus_mae")
RESAMPLES = 5000  # fewer leave the ends of an interval loose


@dataclass(frozen=True)
class Measured:
    """Metrics of one method, of everybody and of every draw.

    Attributes:
        metrics: name to replicates of K values and, last, of their mean over targets.
    """

    metrics: Mapping[str, Replicates]

    def table(self, names: Sequence[str]) -> Table:
        """As ``evaluate`` gives it, of K targets with these names."""
        return {metric: summary(one, names) for metric, one in self.metrics.items()}


def evaluate(
    preds: Array,
    target: Array,
    schema: TargetSchema,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    groups: Sequence[str] | None = None,
    constant: Array | None = None,
    folds: Array | None = None,
) -> Table:
    """Every metric for every target, with 95 % BCa intervals bootstrapped by person and repeat.

    Args:
        preds: (B, K) scores on the schema's scale, or (S, B, K) for S repeats of one protocol,
            such as cross-validation with other folds: metrics are averaged over them, and each draw
            of people takes one of them (see ``replicates``).
        target: (B, K) labels, NaN where unlabelled.
        schema: the K targets.
        resamples: bootstrap replicates; 0 leaves the intervals out.
        seed: of the bootstrap.
        groups: (B,) person of each row, where rows are single answers.
        constant: (K,) bool, True where every model behind the scores gives everybody the same, as
            the training mean does. Pooled over folds such scores differ and correlate, by a law of
            arithmetic negatively, though they order nobody; see ``metrics.ORDERING``.
        folds: (S, B) number of each row's fold; with it there is ``spearman_within`` too.

    Returns:
        metric name to ``mean`` over targets with ``low``, ``high`` and ``seed_sd``, the standard
        deviation between repeats; ``per_target`` and its ``per_target_low`` and
        ``per_target_high``. Undefined values are None: of metrics of order for constant scores, of
        all for a target that nobody rated.
    """
    draws = draws_of(len(target), resamples=resamples, seed=seed, groups=groups)
    found = measured(preds, target, draws, spans=spans_of(schema), constant=constant, folds=folds)
    return found.table(schema.names)


def spans_of(schema: TargetSchema) -> Array:
    """(K,) length of the rating scales."""
    return np.array([spec.high - spec.low for spec in schema.targets], dtype=float)


def measured(
    preds: Array,
    target: Array,
    draws: Draws,
    *,
    metrics: Sequence[str] = ALL,
    spans: Array | None = None,
    constant: Array | None = None,
    folds: Array | None = None,
) -> Measured:
    """Metrics in every draw.

    Args:
        preds: as the others, see ``evaluate``.
        target: of the same rows.
        draws: of the people of these rows.
        metrics: their names.
        spans: (K,) of the rating scales; 1 where none is given.
        constant: where the same score for all is known of.
        folds: of the rows.
    """
    repeats = preds if preds.ndim == 3 else preds[None]
    flat = constant_columns(repeats, target)
    flat = flat if constant is None else flat | constant
    wide = np.ones(target.shape[1]) if spans is None else spans
    names = [*metrics, *([] if folds is None else [WITHIN])]

    def statistic(s: int, counts: Array) -> Array:
        columns = []
        for k, y in enumerate(target.T):
            seen = np.isfinite(y)
            x, rows = repeats[s, seen, k], counts if seen.all() else counts[seen]
            found = counted_metrics(x, y[seen], rows, metrics, span=float(wide[k]))
            if folds is not None:
                found[WITHIN] = within_folds(x, y[seen], rows, folds[s, seen])
            columns.append([_ordered(name, found[name], flat[k]) for name in names])
        tables = [with_mean(np.stack(each, axis=1)) for each in zip(*columns, strict=True)]
        return np.concatenate(tables, axis=1)

    found, width = replicate(statistic, draws, repeats=len(repeats)), target.shape[1] + 1
    return Measured(
        {name: found.columns(slice(i * width, (i + 1) * width)) for i, name in enumerate(names)}
    )


def summary(found: Replicates, names: Sequence[str]) -> dict[str, Any]:
    """One metric as JSON-ready numbers.

    Args:
        found: replicates of K values and, last, of their mean.
        names: K.
    """
    point = found.point
    told: dict[str, Any] = {
        "mean": number(point[-1]),
        "per_target": by_name(names, point[:-1]),
        "seed_sd": number(found.between[-1]),
    }
    if len(found.drawn):
        low, high = found.interval()
        told["low"], told["high"] = number(low[-1]), number(high[-1])
        told["per_target_low"] = by_name(names, low[:-1])
        told["per_target_high"] = by_name(names, high[:-1])
    return told


def with_mean(values: Array) -> Array:
    """(r, K) to (r, K + 1): their mean beside them, over those that are defined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.column_stack([values, np.nanmean(values, axis=1)])


def by_name(names: Sequence[str], values: Array) -> dict[str, float | None]:
    """Names to numbers, None where there is none."""
    return {name: number(value) for name, value in zip(names, values, strict=True)}


def number(value: float) -> float | None:
    """JSON has no NaN."""
    return float(value) if np.isfinite(value) else None


def _ordered(name: str, values: Array, flat: bool) -> Array:
    """The same, but no order of people where all have the same score."""
    return np.full_like(values, np.nan) if flat and name in (*ORDERING, WITHIN) else values

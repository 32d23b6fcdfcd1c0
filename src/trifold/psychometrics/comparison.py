"""Two sets of predictions on the same candidates: is one better, or is it chance?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.evaluation import RESAMPLES, Measured, measured, number, with_mean
from trifold.psychometrics.replicates import Replicates, draws_of

COMPARED = ("spearman", "mse")
Differences = dict[str, dict[str, Any]]


def paired_differences(
    first: Array,
    second: Array,
    target: Array,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    groups: Sequence[str] | None = None,
    constant: Array | None = None,
) -> Differences:
    """First minus second, mean over targets, with 95 % BCa intervals.

    The same candidates are drawn for both, so what makes them hard or easy cancels out; and the
    same repeat, so that both are compared on the same folds and what another seed would change is
    in the interval (see ``replicates``).

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
    draws = draws_of(len(target), resamples=resamples, seed=seed, groups=groups)
    one, other = (
        measured(preds, target, draws, metrics=COMPARED, constant=constant)
        for preds in (first, second)
    )
    return difference(one, other)


def difference(first: Measured, second: Measured) -> Differences:
    """The same of two methods that were measured in the same draws."""
    return {name: _difference(first.metrics[name], second.metrics[name]) for name in COMPARED}


def _difference(first: Replicates, second: Replicates) -> dict[str, float | None]:
    """Mean over the targets of which both are defined; the last column, a mean, is made anew."""
    apart = first.minus(second)
    defined = np.flatnonzero(np.isfinite(apart.point[:-1]))
    if not len(defined):
        return dict.fromkeys(("difference", "low", "high"))
    mean = apart.but(lambda x: with_mean(x[:, defined])[:, -1:])
    low, high = mean.interval()
    ends = {"difference": mean.point[0], "low": low[0], "high": high[0]}
    return {name: number(value) for name, value in ends.items()}

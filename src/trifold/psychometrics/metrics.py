"""Agreement between predicted and rated scores, one target at a time.

Every function takes ``preds`` (n,) and ``target`` (n,) without NaN and returns a float; NaN means
that the metric is undefined there, as rank correlation is for a constant prediction.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from trifold.contracts import Array

Metric = Callable[[Array, Array], float]


def pearson(preds: Array, target: Array) -> float:
    """Product-moment correlation; NaN when either side is constant."""
    if len(preds) < 2 or is_constant(preds) or is_constant(target):
        return float("nan")
    return float(np.corrcoef(preds, target)[0, 1])


def spearman(preds: Array, target: Array) -> float:
    """Rank correlation with average ranks for ties; NaN when either side is constant."""
    return pearson(stats.rankdata(preds), stats.rankdata(target))


def ccc(preds: Array, target: Array) -> float:
    """Concordance correlation, Lin (1989), eq. 1, with population (1/n) moments.

    2 s_xy / (s_x² + s_y² + (x̄ − ȳ)²); 0 for a constant prediction, NaN for a constant target.
    """
    if len(preds) < 2 or is_constant(target):
        return float("nan")
    covariance = float(np.mean((preds - preds.mean()) * (target - target.mean())))
    spread = float(preds.var() + target.var() + (preds.mean() - target.mean()) ** 2)
    return 2.0 * covariance / spread


def c_index(preds: Array, target: Array) -> float:
    """Share of comparable pairs in the right order, Harrell et al. (1982).

    Pairs with equal targets do not count; equal predictions count one half.
    """
    truth = np.sign(target[:, None] - target[None, :])
    guess = np.sign(preds[:, None] - preds[None, :])
    comparable = np.count_nonzero(truth)
    if comparable == 0:
        return float("nan")
    return float(0.5 + 0.5 * np.sum(truth * guess) / comparable)


def r2(preds: Array, target: Array) -> float:
    """1 − SS_residual / SS_total about the mean of ``target``; NaN for a constant target."""
    if is_constant(target):
        return float("nan")
    total = float(np.sum((target - target.mean()) ** 2))
    return 1.0 - float(np.sum((target - preds) ** 2)) / total


def mse(preds: Array, target: Array) -> float:
    """Mean squared error on the label scale."""
    return float(np.mean((preds - target) ** 2))


def mae(preds: Array, target: Array) -> float:
    """Mean absolute error on the label scale."""
    return float(np.mean(np.abs(preds - target)))


def one_minus_mae(preds: Array, target: Array, *, low: float, high: float) -> float:
    """1 − MAE on scores rescaled to [0, 1] by the rating scale: the "mean accuracy" of ChaLearn.

    Not comparable between label scales, and high for any constant near the mean.
    """
    return 1.0 - mae(preds, target) / (high - low)


ORDERING = ("spearman", "pearson", "ccc", "c_index")  # what equal scores for all leave undefined
METRICS: dict[str, Metric] = {
    "spearman": spearman,
    "pearson": pearson,
    "ccc": ccc,
    "c_index": c_index,
    "r2": r2,
    "mse": mse,
    "mae": mae,
}


def constant_columns(preds: Array, target: Array) -> Array:
    """(K,) bool: all labelled rows of (S, B, K) predictions have the same score, in every repeat.

    Args:
        preds: (S, B, K).
        target: (B, K), NaN where unlabelled.
    """
    seen = np.isfinite(target)
    columns = [preds[:, rows, k] for k, rows in enumerate(seen.T)]
    return np.array([all(len(one) and is_constant(one) for one in each) for each in columns])


def is_constant(values: Array) -> bool:
    """True when the spread is nothing but rounding."""
    return bool(np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())))

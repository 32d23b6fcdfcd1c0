"""The trivial predictors that every model must stand beside.

Each takes training rows and rows to predict and returns (n, K) predictions on the label scale;
targets are fitted one by one on their labelled rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from src.contracts import Array

RIDGE_ALPHAS = np.logspace(-1, 5, 13)


def train_mean(train_labels: Array, n_rows: int) -> Array:
    """Every candidate gets the mean of the training labels."""
    return np.tile(np.nanmean(train_labels, axis=0), (n_rows, 1))


def ridge(train_x: Array, train_labels: Array, test_x: Array) -> Array:
    """Ridge regression on standardised features, missing ones at the training mean.

    The penalty is chosen per target by generalised cross-validation on the training rows.
    """
    model = RidgeCV(alphas=RIDGE_ALPHAS)
    return _per_target(model, train_x, train_labels, test_x)


def linear(train_x: Array, train_labels: Array, test_x: Array) -> Array:
    """Ordinary least squares, for a handful of features such as answer length."""
    return _per_target(LinearRegression(), train_x, train_labels, test_x)


def answer_length(counts: Mapping[str, Array]) -> Array:
    """The length of what was said: log1p of words and of seconds, summed over answers.

    Args:
        counts: ``words`` and ``seconds``, each (B,); NaN where unknown.

    Returns:
        (B, 2).
    """
    return np.log1p(np.stack([counts["words"], counts["seconds"]], axis=1))


def _per_target(
    model: RidgeCV | LinearRegression, train_x: Array, train_labels: Array, test_x: Array
) -> Array:
    columns = []
    for labels in train_labels.T:
        seen = np.isfinite(labels)
        pipeline = _pipeline(model).fit(train_x[seen], labels[seen])
        columns.append(pipeline.predict(test_x))
    return np.stack(columns, axis=1)


def _pipeline(model: RidgeCV | LinearRegression) -> Pipeline:
    return make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), model)


def run_baselines(
    pooled: Array, length: Array, labels: Array, *, fit_rows: Array, test_rows: Array
) -> dict[str, Array]:
    """All baselines, fitted on ``fit_rows`` and applied to ``test_rows``.

    Args:
        pooled: (B, F) pooled features.
        length: (B, 2) answer length.
        labels: (B, K).
        fit_rows: training and validation rows: baselines choose their penalty within them.
        test_rows: rows to predict.

    Returns:
        name to (n, K) predictions.
    """
    fit_labels = labels[fit_rows]
    return {
        "train_mean": train_mean(fit_labels, len(test_rows)),
        "answer_length": linear(length[fit_rows], fit_labels, length[test_rows]),
        "ridge_pooled": ridge(pooled[fit_rows], fit_labels, pooled[test_rows]),
    }

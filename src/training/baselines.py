"""The trivial predictors that every model must stand beside.

Each takes training rows and rows to predict and returns (n, K) predictions on the label scale;
targets are fitted one by one on their labelled rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from src.contracts import Array
from src.errors import InputError
from src.training.simple_methods import METHODS, Views, side_by_side

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


@dataclass(frozen=True)
class Baselines:
    """The chosen simple methods, ready for any training and test rows.

    Attributes:
        names: among ``train_mean``, ``answer_length``, ``ridge_pooled`` and those of
            ``src.training.simple_methods``.
        views: stream name to (B, D) pooled features.
        length: (B, 2) answer length.
        labels: (B, K).
    """

    names: tuple[str, ...]
    views: Views
    length: Array
    labels: Array

    def __call__(self, fit_rows: Array, test_rows: Array) -> dict[str, Array]:
        """Fit on some rows, choosing penalties within them, and predict others.

        Returns:
            name to (n, K) predictions.
        """
        return {name: self._one(name, fit_rows, test_rows) for name in self.names}

    def _one(self, name: str, fit_rows: Array, test_rows: Array) -> Array:
        labels = self.labels[fit_rows]
        if name == "train_mean":
            return train_mean(labels, len(test_rows))
        if name == "answer_length":
            return linear(self.length[fit_rows], labels, self.length[test_rows])
        train = {stream: x[fit_rows] for stream, x in self.views.items()}
        test = {stream: x[test_rows] for stream, x in self.views.items()}
        if name == "ridge_pooled":
            return ridge(side_by_side(train), labels, side_by_side(test))
        return METHODS[name](train, labels, test)


def make_baselines(
    names: Sequence[str], *, views: Views, length: Array, labels: Array
) -> Baselines:
    """Check the names.

    Raises:
        InputError: for an unknown one.
    """
    known = ("train_mean", "answer_length", "ridge_pooled", *METHODS)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(expected=f"baselines among {', '.join(known)}", got=repr(unknown[0]))
    return Baselines(tuple(names), views, length, labels)

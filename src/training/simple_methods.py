"""The simple methods that a fusion network must beat, by scikit-learn on pooled features.

Every stream is averaged over tokens and answers. Hyper-parameters are chosen per target by
cross-validation inside the training rows. Streams wider than 2,048 columns, such as hashed words,
are left to methods that weight them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.svm import SVR

from src.contracts import Array

Views = Mapping[str, Array]  # stream name to (B, D) pooled features
INNER = KFold(5, shuffle=True, random_state=0)
ALPHAS = np.logspace(-1.5, 2, 8)


def kernel_ridge(train: Views, labels: Array, test: Views) -> Array:
    """RBF kernel ridge on all streams side by side, numbers rank-gaussianised."""
    x, z = _ranked(side_by_side(train), side_by_side(test))
    grid = {"alpha": ALPHAS, "gamma": np.array([0.3, 1, 3]) / x.shape[1]}
    model = GridSearchCV(KernelRidge(kernel="rbf"), grid, cv=INNER, scoring=MSE)
    return _each_target(model, x, labels, z)


def sum_of_kernels(train: Views, labels: Array, test: Views) -> Array:
    """Kernel ridge on the mean of one RBF kernel per stream, each of median width."""
    grams, crosses = zip(*(_median_rbf(train[s], test[s]) for s in train), strict=True)
    model = GridSearchCV(
        KernelRidge(kernel="precomputed"), {"alpha": ALPHAS}, cv=INNER, scoring=MSE
    )
    return _each_target(model, np.mean(grams, axis=0), labels, np.mean(crosses, axis=0))


def support_vectors(train: Views, labels: Array, test: Views) -> Array:
    """RBF support vector regression on all streams side by side."""
    x, z = _ranked(side_by_side(train), side_by_side(test))
    model = GridSearchCV(SVR(gamma="scale"), {"C": [0.1, 0.3, 1, 3]}, cv=INNER, scoring=MSE)
    return _each_target(model, x, labels, z)


def random_forest(train: Views, labels: Array, test: Views) -> Array:
    """300 trees on all streams side by side."""
    forest = RandomForestRegressor(300, min_samples_leaf=3, max_features="sqrt", random_state=0)
    model = make_pipeline(SimpleImputer(keep_empty_features=True), forest)
    return _each_target(model, side_by_side(train), labels, side_by_side(test))


def stack(train: Views, labels: Array, test: Views) -> Array:
    """Mean of ridge-like members with its variance corrected by inner out-of-fold scores."""
    members: list[Method] = [kernel_ridge, sum_of_kernels, support_vectors]
    inner = np.full(labels.shape, np.nan)
    for fit, held in INNER.split(labels):
        inner[held] = _mean_of(members, _rows(train, fit), labels[fit], _rows(train, held))
    scores = _mean_of(members, train, labels, test)
    for k, column in enumerate(labels.T):
        seen = np.isfinite(column)
        slope, offset = np.polyfit(inner[seen, k], column[seen], 1)
        scores[:, k] = offset + slope * scores[:, k]
    return scores


Method = Callable[[Views, Array, Views], Array]
METHODS: dict[str, Method] = {
    "kernel_ridge": kernel_ridge,
    "sum_of_kernels": sum_of_kernels,
    "support_vectors": support_vectors,
    "random_forest": random_forest,
    "stack": stack,
}
MSE = "neg_mean_squared_error"


def _mean_of(members: list[Method], train: Views, labels: Array, test: Views) -> Array:
    return np.mean([member(train, labels, test) for member in members], axis=0)


def _rows(views: Views, rows: Array) -> dict[str, Array]:
    return {stream: x[rows] for stream, x in views.items()}


def side_by_side(views: Views) -> Array:
    """All streams in one (B, sum of D) matrix."""
    return np.concatenate(list(views.values()), axis=1)


def _ranked(train: Array, test: Array) -> tuple[Array, Array]:
    """Columns as normal scores of their ranks among the training rows, then standardised."""
    quantiles = min(len(train) // 2, 200)
    pipeline = make_pipeline(
        SimpleImputer(keep_empty_features=True),
        QuantileTransformer(n_quantiles=quantiles, output_distribution="normal"),
        StandardScaler(),
    )
    return pipeline.fit_transform(train), pipeline.transform(test)


def _median_rbf(train: Array, test: Array) -> tuple[Array, Array]:
    """Kernels of (n, D) with itself and of (m, D) with it."""
    x, z = _ranked(train, test)
    squared = euclidean_distances(x, squared=True)
    width = np.median(squared[squared > 0]) if (squared > 0).any() else 1.0
    return np.exp(-squared / width), np.exp(-euclidean_distances(z, x, squared=True) / width)


def _each_target(model: BaseEstimator, x: Array, labels: Array, z: Array) -> Array:
    """Fit a clone per standardised target on its labelled rows; a Gram matrix is cut both ways."""
    square = x.shape[0] == x.shape[1] and np.allclose(x, x.T)
    columns = []
    for y in labels.T:
        seen = np.isfinite(y)
        centre, spread = y[seen].mean(), y[seen].std() or 1.0
        one = clone(model).fit(x[seen][:, seen] if square else x[seen], (y[seen] - centre) / spread)
        columns.append(centre + spread * one.predict(z[:, seen] if square else z))
    return np.stack(columns, axis=1)

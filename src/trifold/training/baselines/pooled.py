"""The simple methods that a fusion network must beat, by scikit-learn on pooled features.

Every stream is averaged over tokens and answers. Hyper-parameters are chosen per target by
cross-validation inside the training rows, in which all rows of a person are held out together.
Streams wider than 2,048 columns, such as hashed words,
are left to methods that weight them. A target with fewer than three labels, or equal ones, gets the
mean of its labels from every method.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn.decomposition import KernelPCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.svm import SVR

from trifold.contracts import Array
from trifold.training.baselines.targets import (
    LEAST_LABELS,
    by_target,
    inner_folds,
    penalised,
    together,
)

Views = Mapping[str, Array]  # stream name to (B, D) pooled features
Kernel = tuple[Array, Array]  # (n, n) among training rows, (m, n) of test with training rows
PENALTIES = np.logspace(-1, 5, 13)  # of ridge on features
ALPHAS = np.logspace(-1.5, 2, 8)  # of ridge on kernels


def ridge_pooled(train: Views, labels: Array, test: Views, people: Array) -> Array:
    """Ridge regression on all streams side by side."""
    return ridge(side_by_side(train), labels, side_by_side(test), people)


def ridge(x: Array, labels: Array, z: Array, people: Array) -> Array:
    """Ridge regression on standardised (n, D) features, missing ones at the training mean.

    The penalty is chosen per target, by generalised cross-validation on the training rows where
    each is another person, (n,) numbers of whom are ``people``.
    """

    def predict(y: Array, seen: Array) -> Array:
        prepared = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
        known, new = prepared.fit_transform(x[seen]), prepared.transform(z)
        return penalised(known, y, new, PENALTIES, people[seen])[0]

    return together(labels, predict, n_rows=len(z))


def kernel_ridge(train: Views, labels: Array, test: Views, people: Array) -> Array:
    """RBF kernel ridge on all streams side by side, numbers rank-gaussianised."""
    x, z = _ranked(side_by_side(train), side_by_side(test))
    widths = x.shape[1] / np.array([0.3, 1, 3])
    kernels = [_rbf(x, z, width) for width in widths]
    return together(
        labels, lambda y, seen: ridge_on_kernels(kernels, y, seen, people), n_rows=len(z)
    )


def sum_of_kernels(train: Views, labels: Array, test: Views, people: Array) -> Array:
    """Kernel ridge on the mean of one RBF kernel per stream, each of median width."""
    kernels = [_median_rbf(train[stream], test[stream]) for stream in train]
    gram, cross = (np.mean(one, axis=0) for one in zip(*kernels, strict=True))
    pair = [(gram, cross)]
    return together(
        labels, lambda y, seen: ridge_on_kernels(pair, y, seen, people), n_rows=len(cross)
    )


def support_vectors(train: Views, labels: Array, test: Views, people: Array) -> Array:
    """RBF support vector regression on all streams side by side."""
    x, z = _ranked(side_by_side(train), side_by_side(test))
    gram, cross = _rbf(x, z, x.shape[1] * x.var() or 1.0)
    grid = {"C": [0.1, 0.3, 1, 3]}

    def predict(y: Array, seen: Array) -> Array:
        folds = inner_folds(people[seen])
        if not folds:
            return np.zeros(len(z))  # of one person nothing is learned about others
        model = GridSearchCV(SVR(kernel="precomputed"), grid, cv=folds, scoring=MSE)
        found: Array = model.fit(gram[seen][:, seen], y).predict(cross[:, seen])
        return found

    return by_target(labels, predict, n_rows=len(z))


def random_forest(train: Views, labels: Array, test: Views, people: Array) -> Array:
    """300 trees on all streams side by side; nothing is chosen, so nobody is held out."""
    forest = RandomForestRegressor(300, min_samples_leaf=3, max_features="sqrt", random_state=0)
    model = make_pipeline(SimpleImputer(keep_empty_features=True), forest)
    x, z = side_by_side(train), side_by_side(test)
    return by_target(labels, lambda y, seen: model.fit(x[seen], y).predict(z), n_rows=len(z))


def stack(train: Views, labels: Array, test: Views, people: Array) -> Array:
    """Ridge, kernel ridge and sum of kernels by non-negative least squares on inner scores.

    Stacking of Breiman (1996); the weights' sum also gives back the spread that an average loses.
    """
    members: list[Method] = [ridge_pooled, kernel_ridge, sum_of_kernels]
    inner = np.full((len(members), *labels.shape), np.nan)
    for fit, held in inner_folds(people):
        part = _rows(train, fit), labels[fit], _rows(train, held), people[fit]
        inner[:, held] = _each(members, *part)
    scores = _each(members, train, labels, test, people)
    columns = []
    for k, y in enumerate(labels.T):
        seen = np.isfinite(y) & np.isfinite(inner[:, :, k]).all(axis=0)
        if seen.sum() < LEAST_LABELS:
            columns.append(scores[:, :, k].mean(axis=0))
            continue
        weights = LinearRegression(positive=True).fit(inner[:, seen, k].T, y[seen])
        columns.append(weights.predict(scores[:, :, k].T))
    return np.stack(columns, axis=1)


Method = Callable[[Views, Array, Views, Array], Array]
METHODS: dict[str, Method] = {
    "ridge_pooled": ridge_pooled,
    "kernel_ridge": kernel_ridge,
    "sum_of_kernels": sum_of_kernels,
    "support_vectors": support_vectors,
    "random_forest": random_forest,
    "stack": stack,
}
MSE = "neg_mean_squared_error"


def _each(members: list[Method], train: Views, labels: Array, test: Views, people: Array) -> Array:
    """(M, n, K)."""
    return np.stack([member(train, labels, test, people) for member in members])


def _rows(views: Views, rows: Array) -> dict[str, Array]:
    return {stream: x[rows] for stream, x in views.items()}


def side_by_side(views: Views) -> Array:
    """All streams in one (B, sum of D) matrix."""
    return np.concatenate(list(views.values()), axis=1)


def _ranked(train: Array, test: Array) -> tuple[Array, Array]:
    """Columns as normal scores of their ranks among the training rows, then standardised."""
    quantiles = max(1, min(len(train) // 2, 200))
    pipeline = make_pipeline(
        SimpleImputer(keep_empty_features=True),
        QuantileTransformer(n_quantiles=quantiles, output_distribution="normal"),
        StandardScaler(),
    )
    return pipeline.fit_transform(train), pipeline.transform(test)


def _median_rbf(train: Array, test: Array) -> Kernel:
    x, z = _ranked(train, test)
    squared = euclidean_distances(x, squared=True)
    return _rbf(x, z, np.median(squared[squared > 0]) if (squared > 0).any() else 1.0)


def _rbf(x: Array, z: Array, width: float) -> Kernel:
    """exp(−‖·‖²/width) of (n, D) with itself and of (m, D) with it."""
    gram, cross = (np.exp(-euclidean_distances(a, x, squared=True) / width) for a in (x, z))
    return gram, cross


def ridge_on_kernels(kernels: Sequence[Kernel], y: Array, seen: Array, people: Array) -> Array:
    """(m, k) predictions of (n, k) labels by the kernel and penalty that err least, per target.

    Ridge on all kernel principal components is kernel ridge, with leave-one-out in closed form.
    """
    fits = []
    for gram, cross in kernels:
        components = KernelPCA(kernel="precomputed").fit(gram[seen][:, seen])
        if not len(components.eigenvalues_):  # all rows alike
            fits.append((np.zeros((len(cross), y.shape[1])), np.full(y.shape[1], np.inf)))
            continue
        known, new = components.transform(gram[seen][:, seen]), components.transform(cross[:, seen])
        fits.append(penalised(known, y, new, ALPHAS, people[seen]))
    best = np.argmin([error for _, error in fits], axis=0)
    return np.stack([fits[kernel][0][:, k] for k, kernel in enumerate(best)], axis=1)

"""How well each layer of an encoder reads each target: ridge regression, nested by candidate."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from trifold.contracts import Array
from trifold.corpora.splits import k_folds
from trifold.features.records import ClipRecord
from trifold.features.samples import by_candidate
from trifold.features.store import FeatureStore
from trifold.features.stored import load_tokens
from trifold.psychometrics.metrics import constant_columns
from trifold.training.baselines.pooled import PENALTIES
from trifold.training.baselines.targets import LEAST_LABELS
from trifold.training.baselines.trivial import Baselines

PICKED = "picked"


@dataclass(frozen=True)
class Probe:
    """Out-of-fold predictions by layer.

    Attributes:
        layers: n layer numbers.
        preds: layer number, ``picked`` or a baseline's name to (S, B, K) predictions of candidates
            by models that never saw them, over S seeds of the folds.
        layer: the one that reads best over all targets, by leave-one-out error on all candidates.
        target_layer: (K,) the same for each target alone.
        error: (n, K) leave-one-out squared error on all candidates over the targets' variance.
        constant: a baseline's name to (K,) bool: in every fold it gives everybody the same score.
    """

    layers: tuple[int, ...]
    preds: Mapping[str, Array]
    layer: int
    target_layer: tuple[int, ...]
    error: Array
    constant: Mapping[str, Array] = field(default_factory=dict)


def pooled_layers(
    records: Sequence[ClipRecord],
    candidates: Sequence[str],
    stream: str,
    fingerprint: str,
    store: FeatureStore,
    *,
    n_layers: int,
) -> Array:
    """Mean over tokens, then over answers, of a stream whose tokens hold all layers side by side.

    Args:
        records: of all clips.
        candidates: B ids, in the order of the rows.
        stream: name of the stream.
        fingerprint: of its encoder.
        store: where the tokens lie.
        n_layers: n layers in a token.

    Returns:
        (n, B, D) float32; NaN for candidates of whom nothing could be encoded.
    """
    groups = by_candidate(records)
    means = [_candidate_mean(groups[c], stream, fingerprint, store) for c in candidates]
    width = max((len(mean) for mean in means if mean is not None), default=0)
    rows = [np.full(width, np.nan, np.float32) if mean is None else mean for mean in means]
    stacked = np.stack(rows).reshape(len(rows), n_layers, -1)
    return np.ascontiguousarray(stacked.transpose(1, 0, 2))


def probe_layers(
    values: Array,
    layers: Sequence[int],
    labels: Array,
    people: Sequence[str],
    *,
    folds: int,
    seeds: Sequence[int],
    baselines: Baselines,
    progress: Callable[[], None] = lambda: None,
) -> Probe:
    """Cross-validate a ridge regression on every layer, penalty and layer chosen inside the folds.

    In each outer fold the penalty of a layer, and for ``picked`` the layer of a target, are those
    with the least leave-one-out error on the fold's training candidates, so that neither the choice
    nor what it promises has seen the candidates that it is judged by.

    Args:
        values: (n, B, D) by layer; a candidate with NaN is at the training mean.
        layers: n layer numbers.
        labels: (B, K), NaN where unlabelled.
        people: B, whose the candidates are.
        folds: outer folds.
        seeds: of the folds.
        baselines: the simple methods on the same folds.
        progress: called after every fold and layer.
    """
    preds = {
        name: np.full((len(seeds), *labels.shape), np.nan)
        for name in (*map(str, layers), PICKED, *baselines.names)
    }
    constant = {name: np.ones(labels.shape[1], dtype=bool) for name in baselines.names}
    for s, seed in enumerate(seeds):
        for train, test in k_folds(people, folds=folds, seed=seed):
            for name, scores in _fold(values, layers, labels, train, test, progress).items():
                preds[name][s, test] = scores
            looked_at = np.concatenate([test, train])
            for name, scores in baselines(train, looked_at).items():
                preds[name][s, test] = scores[: len(test)]
                constant[name] &= constant_columns(scores[None], np.zeros_like(scores))
    error = np.stack([ridge_by_target(x, labels, x[:1])[1] for x in values])
    best = np.argmin(error, axis=0)
    return Probe(
        layers=tuple(layers),
        preds=preds,
        layer=layers[int(np.argmin(error.mean(axis=1)))],
        target_layer=tuple(layers[i] for i in best),
        error=error,
        constant=constant,
    )


def _fold(
    values: Array,
    layers: Sequence[int],
    labels: Array,
    train: Array,
    test: Array,
    progress: Callable[[], None],
) -> dict[str, Array]:
    """Layer number and ``picked`` to (n, K) predictions of the test rows of a fold."""
    errors, found = [], []
    for x in values:
        scores, error = ridge_by_target(x[train], labels[train], x[test])
        errors.append(error)
        found.append(scores)
        progress()
    chosen = np.argmin(errors, axis=0)  # (K,)
    picked = [found[layer][:, k] for k, layer in enumerate(chosen)]
    return {**dict(zip(map(str, layers), found, strict=True)), PICKED: np.stack(picked, axis=1)}


def ridge_by_target(train_x: Array, train_labels: Array, test_x: Array) -> tuple[Array, Array]:
    """Ridge regression on standardised features, the penalty per target by leave-one-out error.

    Returns:
        (n, K) predictions of the test rows, and (K,) leave-one-out squared errors on the training
        rows over the variance of their labels. A target with fewer than three labels gets their
        mean and an error of 1; NaN where there is none.
    """
    present = np.isfinite(train_x).all(axis=1)
    scaler = StandardScaler().fit(train_x[present] if present.any() else np.zeros_like(train_x))
    x, z = (np.nan_to_num(scaler.transform(rows)) for rows in (train_x, test_x))
    preds, errors = [], []
    for columns in _same_rows(train_labels):
        seen = np.isfinite(train_labels[:, columns[0]])
        if seen.sum() < LEAST_LABELS:
            preds.append(np.tile(_means(train_labels[:, columns]), (len(z), 1)))
            errors.append(np.ones(len(columns)))
            continue
        y = train_labels[np.ix_(seen, columns)]
        model = RidgeCV(alphas=PENALTIES, alpha_per_target=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # constant targets
            model.fit(x[seen], y)
        preds.append(np.asarray(model.predict(z)).reshape(len(z), -1))
        errors.append(-np.atleast_1d(model.best_score_) / np.maximum(y.var(axis=0), 1e-12))
    return np.concatenate(preds, axis=1), np.concatenate(errors)


def _means(labels: Array) -> Array:
    """Mean of each column's labels, NaN without any."""
    count = np.isfinite(labels).sum(axis=0)
    return np.where(count > 0, np.nansum(labels, axis=0) / np.maximum(count, 1), np.nan)


def _same_rows(labels: Array) -> list[list[int]]:
    """Columns in order, neighbours with the same labelled rows together: they share a fit."""
    groups: list[list[int]] = []
    for k in range(labels.shape[1]):
        seen = np.isfinite(labels[:, k])
        if groups and np.array_equal(seen, np.isfinite(labels[:, groups[-1][0]])):
            groups[-1].append(k)
        else:
            groups.append([k])
    return groups


def _candidate_mean(
    records: Sequence[ClipRecord], stream: str, fingerprint: str, store: FeatureStore
) -> Array | None:
    """(n·D,) float32, or None when there is no token."""
    answers = [load_tokens(record, {stream: fingerprint}, store).get(stream) for record in records]
    sound = [a.values[np.isfinite(a.values).all(axis=1)] for a in answers if a is not None]
    means = [values.mean(axis=0) for values in sound if len(values)]
    if not means:
        return None
    mean: Array = np.stack(means).astype(np.float64).mean(axis=0)
    return mean.astype(np.float32)

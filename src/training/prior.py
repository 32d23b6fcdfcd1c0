"""Where each target can be read: the start of the routing's priors, from training rows alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from src.contracts import Array, FeatureBatch, Modality
from src.features.pooling import pooled_features
from src.network.routing import PATHS
from src.training.simple_methods import INNER, ridge, side_by_side

LEAST_SKILL = 0.01


def path_skill(
    batch: FeatureBatch, labels: Array, stream_modality: Mapping[str, Modality]
) -> list[list[float]]:
    """Log max(R², 0.01) of every target on every path, by ridge on pooled features in five folds.

    Args:
        batch: the n training candidates.
        labels: (n, K), NaN where unlabelled.
        stream_modality: stream name to modality.

    Returns:
        K rows of 6, in the order of ``routing.PATHS``; log 0.01 where a path has no stream.
    """
    views = pooled_features(batch)
    columns = []
    for path in PATHS:
        modalities = path.split("+")
        chosen = {s: x for s, x in views.items() if stream_modality[s] in modalities}
        skill = _skill(side_by_side(chosen), labels) if chosen else np.zeros(labels.shape[1])
        columns.append(np.log(np.maximum(skill, LEAST_SKILL)))
    return np.stack(columns, axis=1).tolist()


def _skill(x: Array, labels: Array) -> Array:
    """(K,) out-of-fold R²."""
    preds = np.full(labels.shape, np.nan)
    for fit, held in INNER.split(x):
        preds[held] = ridge(x[fit], labels[fit], x[held])
    error = np.nanmean((labels - preds) ** 2, axis=0)
    skill: Array = 1 - error / np.maximum(np.nanvar(labels, axis=0), 1e-12)
    return skill

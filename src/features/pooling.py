"""Fixed-size statistics of a candidate's tokens, for simple baselines and quick looks."""

from __future__ import annotations

import numpy as np

from src.contracts import Array, FeatureBatch


def pooled_features(batch: FeatureBatch) -> Array:
    """Mean of every stream over tokens and answers, streams side by side.

    Returns:
        (B, sum of D) float64; NaN where a candidate has no token of a stream.
    """
    return np.concatenate([_mean(batch, stream) for stream in batch.tokens], axis=1)


def _mean(batch: FeatureBatch, stream: str) -> Array:
    """(B, D) mean over all tokens of all answers."""
    mask = batch.token_mask[stream].numpy()[..., None]  # (B, T, L, 1)
    total = (batch.tokens[stream].numpy().astype(np.float64) * mask).sum(axis=(1, 2))
    count = mask.sum(axis=(1, 2))
    mean: Array = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean

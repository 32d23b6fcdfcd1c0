"""Fixed-size statistics of a candidate's tokens, for simple baselines and quick looks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trifold.contracts import QUESTION, Array, FeatureBatch

WIDEST = 2048


def pooled_features(batch: FeatureBatch) -> dict[str, Array]:
    """Mean of every stream over tokens and answers.

    Left out are the question, which is no answer, and streams wider than ``WIDEST``.

    Returns:
        stream name to (B, D) float64; NaN where a candidate has no token of the stream.
    """
    return {
        stream: _mean(batch, stream)
        for stream, tokens in batch.tokens.items()
        if stream != QUESTION and tokens.shape[-1] <= WIDEST
    }


def narrow(batch: FeatureBatch) -> FeatureBatch:
    """Without the streams that ``pooled_features`` leaves out."""
    kept = [s for s, x in batch.tokens.items() if s != QUESTION and x.shape[-1] <= WIDEST]
    return replace(
        batch,
        tokens={s: batch.tokens[s] for s in kept},
        token_mask={s: batch.token_mask[s] for s in kept},
    )


def _mean(batch: FeatureBatch, stream: str) -> Array:
    """(B, D) mean over all tokens of all answers."""
    mask = batch.token_mask[stream].numpy()[..., None]  # (B, T, L, 1)
    total = (batch.tokens[stream].numpy().astype(np.float64) * mask).sum(axis=(1, 2))
    count = mask.sum(axis=(1, 2))
    mean: Array = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean

"""Token sequences of candidates to padded tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array, FeatureBatch, TokenSequence

Answer = Mapping[str, TokenSequence]


@dataclass(frozen=True)
class CandidateSample:
    """The answers of one candidate, each a map from stream to tokens (absent = missing).

    ``target`` is (K,) on the schema's scale, or None when scoring.
    """

    candidate_id: str
    answers: tuple[Answer, ...]
    target: Array | None = None


def collate(samples: Sequence[CandidateSample], stream_dims: Mapping[str, int]) -> FeatureBatch:
    """Pad B candidates to the longest sequence and the most answers among them.

    Args:
        samples: candidates, in row order; each has at least one answer.
        stream_dims: stream name to token width; other streams in the samples are ignored.

    Returns:
        A batch on the CPU; every axis has length 1 at least, so shapes stay valid when empty.
        Tokens with a number that is not finite, as of a damaged file, are masked like padding.
    """
    rows, most = len(samples), max(1, *(len(sample.answers) for sample in samples))
    answer_mask = torch.zeros(rows, most, dtype=torch.bool)
    for row, sample in enumerate(samples):
        answer_mask[row, : len(sample.answers)] = True
    padded = {stream: _pad(samples, stream, dim, most) for stream, dim in stream_dims.items()}
    return FeatureBatch(
        tokens={stream: tokens for stream, (tokens, _) in padded.items()},
        token_mask={stream: mask for stream, (_, mask) in padded.items()},
        answer_mask=answer_mask,
        targets=_targets(samples),
        candidate_ids=tuple(sample.candidate_id for sample in samples),
    )


def select(batch: FeatureBatch, rows: Tensor) -> FeatureBatch:
    """The candidates at ``rows`` (n,) int64, in that order."""
    return FeatureBatch(
        tokens={stream: values[rows] for stream, values in batch.tokens.items()},
        token_mask={stream: mask[rows] for stream, mask in batch.token_mask.items()},
        answer_mask=batch.answer_mask[rows],
        targets=None if batch.targets is None else batch.targets[rows],
        candidate_ids=tuple(batch.candidate_ids[row] for row in rows.tolist()),
    )


def to_device(batch: FeatureBatch, device: torch.device) -> FeatureBatch:
    """The same batch with its tensors on ``device``."""
    return FeatureBatch(
        tokens={stream: values.to(device) for stream, values in batch.tokens.items()},
        token_mask={stream: mask.to(device) for stream, mask in batch.token_mask.items()},
        answer_mask=batch.answer_mask.to(device),
        targets=None if batch.targets is None else batch.targets.to(device),
        candidate_ids=batch.candidate_ids,
    )


def _pad(
    samples: Sequence[CandidateSample], stream: str, dim: int, most: int
) -> tuple[Tensor, Tensor]:
    """One stream as (B, T, L, D) values and (B, T, L) mask."""
    sequences = {
        (row, column): answer[stream].values
        for row, sample in enumerate(samples)
        for column, answer in enumerate(sample.answers)
        if stream in answer
    }
    longest = max([1, *(len(values) for values in sequences.values())])
    tokens = np.zeros((len(samples), most, longest, dim), dtype=np.float32)
    mask = np.zeros(tokens.shape[:3], dtype=bool)
    for (row, column), values in sequences.items():
        sound = np.isfinite(values).all(axis=1)
        tokens[row, column, : len(values)] = (
            values if sound.all() else np.where(sound[:, None], values, 0)
        )
        mask[row, column, : len(values)] = sound
    return torch.from_numpy(tokens), torch.from_numpy(mask)


def _targets(samples: Sequence[CandidateSample]) -> Tensor | None:
    labels = [sample.target for sample in samples]
    if any(label is None for label in labels):
        return None
    return torch.as_tensor(np.stack([np.asarray(label) for label in labels]), dtype=torch.float32)

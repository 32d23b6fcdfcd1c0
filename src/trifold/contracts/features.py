"""What encoders make of answers, what a network reads, and the scores that come out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trifold.contracts.kinds import Array, Modality

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TokenSequence:
    """What one encoder makes of one modality of a clip. Time never gets lost.

    Attributes:
        values: (L, D) float32; L may be 0 when there was nothing to encode.
        start_s: (L,) float32 start of each token.
        end_s: (L,) float32 end of each token.
        modality: text, audio, video, or question.
        fingerprint: the encoder's fingerprint.
        quality: plain numbers about the input, such as ``face_fraction`` or ``speech_s``.
    """

    values: Array
    start_s: Array
    end_s: Array
    modality: Modality
    fingerprint: str
    quality: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FeatureBatch:
    """Padded tensors of B candidates with up to T answers.

    Attributes:
        tokens: stream name to (B, T, L, D) float32, zeros where masked.
        token_mask: stream name to (B, T, L) bool; all False means a missing modality.
        answer_mask: (B, T) bool.
        targets: (B, K) float32 on the schema's scale, NaN where unlabelled, or None when scoring.
        candidate_ids: B ids in row order.
    """

    tokens: dict[str, Tensor]
    token_mask: dict[str, Tensor]
    answer_mask: Tensor
    targets: Tensor | None
    candidate_ids: tuple[str, ...]


@dataclass(frozen=True)
class TraitScores:
    """Scores of one candidate or one answer, on the schema's scale.

    Attributes:
        target_names: K names.
        score: (K,) float64.
        low: (K,) float64 lower end of the interval.
        high: (K,) float64 upper end of the interval.
        coverage: nominal coverage of the interval, e.g. 0.9.
        spread: (K,) float64 standard deviation over the members of an ensemble, None where there
            is one model alone.
    """

    target_names: tuple[str, ...]
    score: Array
    low: Array
    high: Array
    coverage: float
    spread: Array | None = None


def scored_targets(columns: Collection[str]) -> list[str]:
    """Which columns of a row or table of scores are scores, in their order.

    Those that have an interval and a spread: a percentile has an interval too.
    """
    return [c for c in columns if f"{c}_low" in columns and f"{c}_spread" in columns]

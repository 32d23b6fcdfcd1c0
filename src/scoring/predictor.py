"""A bundle applied to one candidate at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from src.contracts import Array, TraitScores
from src.features.collate import CandidateSample, collate
from src.scoring.bundle import Bundle
from src.scoring.doubts import doubts, rank_of


@dataclass(frozen=True)
class CandidateScores:
    """Scores of the candidate and of each of the T answers alone, in their order.

    Attributes:
        candidate: over all answers.
        answers: T.
        reasons: codes for which the scores are to be withheld, e.g. ``OUT_OF_DISTRIBUTION``.
        distance: of the candidate's features from the training candidates, as the share of those
            that lie nearer to the rest, 0 to 1; None where the bundle has no reference.
        percentile: (K,) of the candidate's scores among the held-out scores of the training
            candidates, 0 to 100, NaN where there are too few of them; None without a reference.
    """

    candidate: TraitScores
    answers: tuple[TraitScores, ...]
    reasons: tuple[str, ...] = ()
    distance: float | None = None
    percentile: Array | None = None


class Predictor:
    """Scores candidates with a loaded bundle.

    One candidate at a time, so that a score never depends on who else is in the batch.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._dims = bundle.description.stream_dims

    @torch.inference_mode()
    def score(self, sample: CandidateSample) -> CandidateScores:
        """Score the answers of one candidate; missing streams are allowed."""
        batch = collate([sample], self._dims)
        output = self.bundle.network(batch.tokens, batch.token_mask, batch.answer_mask)
        candidate = self.bundle.scaler(output.candidate)[0].numpy()
        answers = self.bundle.scaler(output.answer)[0].numpy()
        reference, limits = self.bundle.reference, self.bundle.description.limits
        distance = rank_of(batch, reference)
        return CandidateScores(
            candidate=self._with_interval(candidate, "candidate", self._spread(output.members)),
            answers=tuple(self._with_interval(answer, "answer") for answer in answers),
            reasons=doubts(sample, distance, limits),
            distance=distance,
            percentile=None if reference is None else reference.percentiles(candidate),
        )

    def _spread(self, members: Tensor | None) -> Array | None:
        """(1, K, M) to (K,) standard deviation over the members, on the schema's scale."""
        if members is None or members.shape[-1] < 2:
            return None
        scores = self.bundle.scaler(members[0].mT).double()  # (M, K)
        spread: Array = scores.std(dim=0).numpy()
        return spread

    def _with_interval(self, score: Array, level: str, spread: Array | None = None) -> TraitScores:
        """(K,) scores with their conformal band, cut at the ends of the rating scale."""
        description = self.bundle.description
        targets = description.schema.targets
        widths = [np.inf if w is None else w for w in description.half_width[level]]
        return TraitScores(
            target_names=description.schema.names,
            score=score.astype(np.float64),
            low=np.maximum(score - np.array(widths), [t.low for t in targets]),
            high=np.minimum(score + np.array(widths), [t.high for t in targets]),
            coverage=description.coverage,
            spread=spread,
        )


def score_all(
    predictor: Predictor, samples: Sequence[CandidateSample]
) -> tuple[Array, list[Array]]:
    """Score many candidates.

    Returns:
        (B, K) candidate scores and, per candidate, its (T, K) answer scores.
    """
    scored = [predictor.score(sample) for sample in samples]
    candidate = np.stack([scores.candidate.score for scores in scored])
    return candidate, [np.stack([a.score for a in scores.answers]) for scores in scored]

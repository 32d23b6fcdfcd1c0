"""What comes of scoring one candidate; apart from models, so that who reads rows loads none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trifold.contracts import Array, TraitScores


@dataclass(frozen=True)
class CandidateScores:
    """Scores of the candidate and of each of the T answers alone, in their order.

    Attributes:
        candidate: over all answers.
        answers: T.
        reasons: codes for which the scores are to be withheld, e.g. ``OUT_OF_DISTRIBUTION``.
        distance: of the candidate's features from the training candidates, as the share of those
            that lie nearer to the rest, 0 to 1; None where the bundle has no reference.
        answer_reasons: T tuples of codes, ``reasons`` and those of the answer alone.
        half_width: (K,) of the candidate's interval before it is cut at the ends of the scale;
            infinite where there is none.
        percentile: (K,) of the candidate's scores among the held-out scores of the training
            candidates, 0 to 100, NaN where there are too few of them; None without a reference.
    """

    candidate: TraitScores
    answers: tuple[TraitScores, ...]
    reasons: tuple[str, ...] = ()
    answer_reasons: tuple[tuple[str, ...], ...] = ()
    half_width: Array = field(default_factory=lambda: np.zeros(0))
    distance: float | None = None
    percentile: Array | None = None


@dataclass(frozen=True)
class ScoredCandidate:
    """What one person's files came to, JSON-ready.

    Attributes:
        answers: a row per file, in the order given.
        candidate: the row over all files.
        evidence: what moved the scores, None where nobody asked or there are no scores.
    """

    answers: list[dict[str, object]]
    candidate: dict[str, object]
    evidence: dict[str, Any] | None = None

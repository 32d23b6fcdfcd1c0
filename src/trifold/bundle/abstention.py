"""Reasons to withhold a candidate's scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trifold.bundle.reference import Reference
from trifold.codes import Code
from trifold.contracts import FeatureBatch
from trifold.errors import InputError
from trifold.features.collate import CandidateSample
from trifold.features.pooling import pooled_features
from trifold.forms import Form

AMOUNTS = {"words": "n_words", "speech_s": "speech_s"}  # limit: number that encoders report


def limits_of(settings: Mapping[str, float | None]) -> dict[str, float]:
    """The limits that are set; None leaves one out.

    Raises:
        InputError: for an unknown limit or one below 0.
    """
    known = (*AMOUNTS, "distance")
    for name, value in settings.items():
        if name not in known or (value is not None and value < 0):
            raise InputError(
                expected=f"limits from 0 for {', '.join(known)}", got=f"{name}: {value}"
            )
    return {name: float(value) for name, value in settings.items() if value is not None}


def doubts(
    sample: CandidateSample, distance: float | None, limits: Mapping[str, float]
) -> tuple[str, ...]:
    """Codes of what makes the scores doubtful.

    ``TOO_SHORT`` when of words and seconds of speech, as far as they are known and limited, none
    reaches its limit: a recording without a transcript is judged by its sound, a text by its words.

    Args:
        sample: the candidate's answers.
        distance: rank among the training candidates, see ``rank_of``.
        limits: of the bundle.
    """
    found = too_far(distance, limits)
    known = {name: amount_of(sample, column) for name, column in AMOUNTS.items() if name in limits}
    enough = [amount >= limits[name] for name, amount in known.items() if amount is not None]
    return (*found, Code.TOO_SHORT) if enough and not any(enough) else tuple(found)


def amount_of(sample: CandidateSample, column: str) -> float | None:
    """Sum over answers of a quality number, from whichever stream tells; None if none does."""
    amounts = [
        next((s.quality[column] for s in answer.values() if column in s.quality), None)
        for answer in sample.answers
    ]
    told = [amount for amount in amounts if amount is not None]
    return float(sum(told)) if told else None


def rank_of(
    batch: FeatureBatch, reference: Reference | None, *, form: Form | None = None
) -> float | None:
    """Share of training candidates that lie nearer to the others than the one in the batch.

    Args:
        batch: of one candidate.
        reference: of the bundle.
        form: what the candidate shows: training candidates show no more than that then.
    """
    if reference is None or reference.distribution is None:
        return None
    key = None if form is None else form.key
    rank = float(reference.distribution.rank(pooled_features(batch), form=key)[0])
    return rank if np.isfinite(rank) else None


def too_far(distance: float | None, limits: Mapping[str, float]) -> tuple[str, ...]:
    """``OUT_OF_DISTRIBUTION`` when the distance is known and beyond its limit."""
    limit = limits.get("distance")
    known = distance is not None and limit is not None
    return (Code.OUT_OF_DISTRIBUTION,) if known and distance > limit else ()  # type: ignore[operator]

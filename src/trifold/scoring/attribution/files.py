"""Evidence of a candidate whose files are at hand: their names, words and lengths."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from trifold.contracts import Clip, Transcript
from trifold.errors import TrifoldError
from trifold.features.collate import CandidateSample
from trifold.features.source import Source
from trifold.scoring.attribution.explain import explain
from trifold.scoring.predictor import Predictor


def explain_files(
    predictor: Predictor, sample: CandidateSample, clips: Sequence[Clip]
) -> dict[str, Any]:
    """``Evidence.to_dict()`` of a candidate.

    Args:
        predictor: of the bundle that gives the scores.
        sample: the candidate's T usable answers.
        clips: of the same answers, in the same order.
    """
    sources = [Source(clip) for clip in clips]
    found = explain(
        predictor,
        sample,
        clip_ids=[clip.clip_id for clip in clips],
        transcripts=[_words(source) for source in sources],
        durations_s=[_length_s(source) for source in sources],
    )
    return found.to_dict()


def _words(source: Source) -> Transcript | None:
    """None where there are none, or none that can be read: the row says why."""
    with suppress(Exception):  # evidence without words, never a person without scores
        return source.transcript
    return None


def _length_s(source: Source) -> float | None:
    with suppress(TrifoldError):
        return source.info.duration_s
    return None

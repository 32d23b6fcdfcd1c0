"""Which of the voices that were told apart is the candidate's, where somebody said when they speak.

A moment holds for longer than a voice's number: however voices are told apart, it means whoever
speaks then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trifold.codes import Code
from trifold.contracts import Clip, Span, Turns
from trifold.features.turns.words import share_within

NEAR_S = 0.5  # from a moment that somebody named to the turn that it means


def moments_of(clip: Clip) -> tuple[float, ...]:
    """Seconds at which the candidate speaks, as somebody said; none where nobody did."""
    return (clip.chosen.voice_at if clip.chosen else None) or ()


def voice_at(moment_s: float, voices: Sequence[Sequence[Span]]) -> int | None:
    """Number of the voice that speaks at a moment, or next to it; None where nobody does."""
    far = [
        min((max(start - moment_s, moment_s - end, 0.0) for start, end in spans), default=np.inf)
        for spans in voices
    ]
    nearest = int(np.argmin(far))
    return nearest if far[nearest] <= NEAR_S else None


def in_doubt_where_chosen(turns: Turns, clip: Clip) -> Turns:
    """Turns that labels told, with a doubt where somebody says otherwise."""
    against = [f"{at:g}" for at in moments_of(clip) if share_within((at, at), turns.others)]
    if not against:
        return turns
    line = f"by its labels somebody else than the candidate speaks at {', '.join(against)} s"
    return replace(turns, remarks={Code.SEVERAL_SPEAKERS: line})

"""Measures that can be named in words: what is heard or seen when one lies far from the usual.

Words are of sound and geometry, never of feelings. What is here loads no model: pages read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FAR = 2.0  # deviations of training people, from which on a moment lies far from them too
MOST = 2  # cues of a moment


@dataclass(frozen=True)
class Named:
    """A column of tokens in words.

    Attributes:
        more: said of values above the usual; empty where nothing is said.
        less: of values below it.
        floor: smallest spread by which a difference is divided, in the column's units: what varies
            less in a recording varies no more than one hears or sees.
        from_before: the usual is what came before in the recording, not all of it.
        of_the_place: it hangs on camera, microphone or seat, so no other person is compared.
    """

    more: str
    less: str
    floor: float
    from_before: bool = False
    of_the_place: bool = False


UP, DOWN = "corners of the mouth higher than usual", "corners of the mouth lower than usual"
MOUTH = "mouth more open than usual"
NAMED: Mapping[str, Named] = {
    # sound: dB, log Hz, syllables and seconds
    "speech_db": Named("louder than usual", "quieter than usual", 2.0, of_the_place=True),
    "log_f0_mean": Named("a higher voice than usual", "a lower voice than usual", 0.08),
    "log_f0_range": Named("a livelier melody than usual", "a flatter melody than usual", 0.12),
    "syllable_rate_hz": Named(
        "speaks faster than before", "speaks more slowly than before", 0.6, from_before=True
    ),
    "longest_pause_s": Named("a longer pause than usual", "", 0.2),
    "harmonicity": Named("a clearer voice than usual", "a rougher voice than usual", 0.06),
    # picture: degrees, shares of the picture, ratios to the distance of the eyes
    "yaw": Named("head turned away", "head turned away", 8.0),
    "pitch": Named("head raised", "head lowered", 8.0),
    "roll": Named("head tilted", "head tilted", 5.0),
    "turning": Named("head turns to and fro", "", 4.0),
    "nodding": Named("head nods", "", 4.0),
    "head_speed": Named("head moves more than usual", "head moves less than usual", 0.1),
    "gaze_x": Named("eyes turned aside", "eyes turned aside", 0.08),
    "gaze_y": Named("eyes lowered", "eyes raised", 0.08),
    "smile_strength": Named("corners of the mouth up", "", 0.2),
    "mouth_curvature": Named(UP, DOWN, 0.03),
    "corner_lift": Named(UP, DOWN, 0.04),
    "mouth_opening": Named(MOUTH, "", 0.1),
    "mouth_openness": Named(MOUTH, "", 0.05),
    "brow_raise": Named("brows raised", "brows lowered", 0.03),
    "eye_closure": Named("eyes more closed than usual", "", 0.1),
    "blink_rate": Named("more blinks than usual", "", 15.0),
    "body_motion": Named("body moves more than usual", "body moves less than usual", 0.2),
    "face_size": Named(
        "nearer to the camera than usual",
        "farther from the camera than usual",
        0.02,
        of_the_place=True,
    ),
    "face_present": Named("", "face out of the picture", 0.2, of_the_place=True),
}
BESIDE_TRAINING = "also beside the people of training"


def every_text() -> tuple[str, ...]:
    """All that may be said, each once, for translations."""
    said = (text for one in NAMED.values() for text in (one.more, one.less))
    return (*dict.fromkeys(filter(None, said)), BESIDE_TRAINING)


def cues_between(
    cues: Sequence[Mapping[str, Any]],
    *,
    answer: int,
    modality: str,
    start_s: float,
    end_s: float,
    most: int = MOST,
) -> list[dict[str, Any]]:
    """The farthest cues of some seconds, each in its words once.

    Args:
        cues: ``cues`` of ``Evidence.to_dict()``.
        answer: number of the answer.
        modality: of the moment.
        start_s: its start.
        end_s: its end.
        most: how many.

    Returns:
        ``words``, the ``start_s`` and ``end_s`` that lie in the moment, and ``far``: whether people
        of training do not usually do so either.
    """
    chosen: dict[str, Mapping[str, Any]] = {}
    for cue in sorted(cues, key=lambda cue: -abs(cue["size"])):
        shared_s = min(cue["end_s"], end_s) - max(cue["start_s"], start_s)
        if cue["answer"] == answer and cue["modality"] == modality and shared_s > 0:
            chosen.setdefault(cue["words"], cue)
    return [
        {
            "words": words,
            "start_s": max(cue["start_s"], start_s),
            "end_s": min(cue["end_s"], end_s),
            "far": is_far(cue),
        }
        for words, cue in list(chosen.items())[:most]
    ]


def is_far(cue: Mapping[str, Any]) -> bool:
    """Whether a cue lies far from the people of training too, on the same side."""
    beside = cue["beside_training"]
    if beside is None or abs(beside) < FAR:
        return False
    named = NAMED.get(cue["measure"])
    either = named is not None and named.more == named.less
    return either or (beside > 0) == (cue["size"] > 0)

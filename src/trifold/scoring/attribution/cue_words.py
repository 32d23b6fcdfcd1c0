"""Measures that can be named in words: what is heard or seen when one lies far from the usual.

Words are of sound and geometry, never of feelings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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

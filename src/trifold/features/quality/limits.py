"""From which numbers of a quality card on a recording is doubtful, and by which code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from trifold.codes import Code
from trifold.contracts import QualityCard
from trifold.errors import InputError, unknown

Limits = Mapping[str, float]  # field of the card to the last number that leaves no doubt


@dataclass(frozen=True)
class Limit:
    """When one number of the card is a doubt.

    Attributes:
        code: of the doubt.
        default: the last number that leaves no doubt.
        below: whether numbers below it are doubtful; else those above.
        of_face: only said of recordings with a face.
        unseen: whether nothing at all is doubtful, however low the limit.
    """

    code: Code
    default: float
    below: bool = False
    of_face: bool = False
    unseen: bool = False

    def is_passed(self, value: float, limit: float) -> bool:
        """Whether the number is doubtful."""
        if self.unseen and value == 0:
            return True
        return value < limit if self.below else value > limit


# configs/quality/default.yaml says the same of each to people, and a test holds the two together
LIMITS = {
    "face_fraction": Limit(Code.LITTLE_FACE, 0.5, below=True, of_face=True),
    "brightness": Limit(Code.LOW_LIGHT, 0.15, below=True, of_face=True),
    "several_faces_fraction": Limit(Code.SEVERAL_FACES, 0.5, of_face=True),
    "face_scenes": Limit(Code.SEVERAL_FACES, 1, of_face=True),
    "still_fraction": Limit(Code.FROZEN_VIDEO, 0.5),
    "clipped_fraction": Limit(Code.CLIPPED_AUDIO, 0.01),
    "speech_level_db": Limit(Code.QUIET_SPEECH, -45.0, below=True),
    "snr_db": Limit(Code.NOISY_SOUND, 10.0, below=True),
    "codec_share": Limit(Code.OTHER_CODEC, 0.01, below=True, unseen=True),
}
DEFAULT_LIMITS: Limits = {name: limit.default for name, limit in LIMITS.items()}


def quality_limits(settings: Mapping[str, float | None] | None = None) -> dict[str, float]:
    """The limits, with some changed; None takes one away.

    Args:
        settings: field of the card to limit; those that are not named keep their default.

    Raises:
        InputError: for a field that has no limit, or a limit that is no number.
    """
    given = dict(settings or {})
    for name, value in given.items():
        if name not in LIMITS:
            raise unknown(name, LIMITS, what="limits of quality")
        wrong = isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value)
        if value is not None and wrong:
            raise InputError(expected="a number or null", got=repr(value), where=f"quality.{name}")
    merged = {**DEFAULT_LIMITS, **given}
    return {name: float(value) for name, value in merged.items() if value is not None}


def passed(card: QualityCard, limits: Limits) -> tuple[Code, ...]:
    """Codes of the limits that a card passes, each once, in the order of ``Code``."""
    faces = (card.face_fraction or 0.0) > 0
    found = set()
    for name, limit in LIMITS.items():
        value = getattr(card, name)
        if name not in limits or value is None or (limit.of_face and not faces):
            continue
        if limit.is_passed(value, limits[name]):
            found.add(limit.code)
    return tuple(code for code in Code if code in found)

"""From when on the quality of a recording is doubtful, and what follows."""

from trifold.features.quality.codecs import Codecs, added_up, codecs_of
from trifold.features.quality.doubts import (
    CLOSED,
    LEFT_OUT,
    MEDIA_CODES,
    check_codes,
    flags,
    with_other_words,
    withheld,
)
from trifold.features.quality.limits import (
    DEFAULT_LIMITS,
    LIMITS,
    Limit,
    Limits,
    passed,
    quality_limits,
)

__all__ = [
    "CLOSED",
    "DEFAULT_LIMITS",
    "LEFT_OUT",
    "LIMITS",
    "MEDIA_CODES",
    "Codecs",
    "Limit",
    "Limits",
    "added_up",
    "check_codes",
    "codecs_of",
    "flags",
    "passed",
    "quality_limits",
    "with_other_words",
    "withheld",
]

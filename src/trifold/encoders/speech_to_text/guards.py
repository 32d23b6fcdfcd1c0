"""Signs that a recogniser wrote what nobody said: silence, loops, and text that packs too well."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_PHRASE = 8  # words that may form a loop


@dataclass(frozen=True)
class Guards:
    """Thresholds, as published with Whisper (Radford et al. 2022, section 4.5) but the last.

    Attributes:
        no_speech: probability of silence above which an unsure utterance is dropped.
        log_probability: mean per token below which an utterance is unsure.
        compression: text that packs better than this is repetitive.
        repeats: times in a row that a phrase may be said.
    """

    no_speech: float = 0.6
    log_probability: float = -1.0
    compression: float = 2.4
    repeats: int = 3

    def is_silence(self, no_speech: float, log_probability: float) -> bool:
        """Whether the model hears nothing and is not sure of what it wrote."""
        return no_speech > self.no_speech and log_probability < self.log_probability

    def is_repetitive(self, words: Sequence[str]) -> bool:
        """Whether the words go round in circles."""
        text = " ".join(words)
        return compression_ratio(text) > self.compression or longest_loop(words) > self.repeats


def compression_ratio(text: str) -> float:
    """Bytes of the text over bytes of its zlib compression; 0 for no text.

    Short texts do not pack: fewer than some 60 letters never reach Whisper's threshold.
    """
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def longest_loop(words: Sequence[str]) -> int:
    """How often in a row a phrase of up to eight words comes at most; 1 where nothing repeats."""
    plain = [word.strip(".,!?;:").lower() for word in words]
    most = 1 if words else 0
    for length in range(1, LONGEST_PHRASE + 1):
        run = 0
        for i in range(length, len(plain)):
            run = run + 1 if plain[i] == plain[i - length] else 0
            most = max(most, 1 + run // length)
    return most

"""One recording while it is recognised: words that are kept, and what they leave in doubt."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trifold.codes import Code
from trifold.contracts import Segment, Transcript
from trifold.encoders.speech_to_text.guards import Guards, without_invented_endings
from trifold.encoders.speech_to_text.onsets import from_onsets
from trifold.encoders.speech_to_text.recordings import (
    Attempt,
    LaterRecording,
    Recognition,
    Recording,
    Word,
)

COUNTS = ("utterances", "silence", "repetition", "tried_again", "unsure", "invented")
ANOTHER = 0.25  # share of the speech that sounds like another language: one stretch in four
SOURCE = "asr"


class Hearing:
    """Collects what was understood of one recording.

    Args:
        recording: of which.
        guards: that say what is kept.

    Attributes:
        languages: code to share of the speech that sounds like it, the first for all of it.
        error: what reading it raised.
    """

    def __init__(self, recording: Recording | LaterRecording, guards: Guards) -> None:
        self.recording, self.guards = recording, guards
        self.languages: Mapping[str, float] = {}
        self.error: Exception | None = None
        self._words: list[Word] = []
        self._probable: list[tuple[float, float]] = []  # mean per token, and seconds of speech
        self._dropped_s = 0.0
        self._counts = dict.fromkeys(COUNTS, 0)

    @property
    def language(self) -> str | None:
        """That is recognised; None where nobody speaks."""
        return next(iter(self.languages), None)

    def add(self, attempt: Attempt, *, seconds: float, tried_again: bool) -> None:
        """The words of the next utterance, or none if the guards object.

        Args:
            attempt: the last of them.
            seconds: length of the utterance.
            tried_again: whether there was one before.
        """
        self._counts["utterances"] += 1
        self._counts["tried_again"] += tried_again
        kept = self._kept(attempt)
        if not kept:
            self._dropped_s += seconds
            return
        self._counts["invented"] += len(kept) < len(attempt.words)
        self._counts["unsure"] += self.guards.is_unsure(attempt)
        self._words += from_onsets(kept, self.recording.onsets)
        self._probable.append((attempt.log_probability, seconds))

    def _kept(self, attempt: Attempt) -> tuple[Word, ...]:
        if self.guards.is_silence(attempt):
            self._counts["silence"] += 1
            return ()
        if self.guards.is_repetitive(attempt):
            self._counts["repetition"] += 1
            return ()
        return without_invented_endings(attempt.words, mean=self.guards.invented)

    def recognition(self, recogniser: str) -> Recognition:
        """All that was kept.

        Args:
            recogniser: fingerprint of who recognised it.
        """
        segments = tuple(Segment(word.text, word.start_s, word.end_s) for word in self._words)
        return Recognition(
            transcript=Transcript(
                segments,
                SOURCE,
                words_timed=bool(segments),
                remarks=self._remarks(),
                language=self.language,
                recogniser=recogniser,
            ),
            confidence=tuple(word.probability for word in self._words),
            counts=self._counts,
            log_probability=self._mean(),
            languages=self.languages,
        )

    def _mean(self) -> float:
        if not self._probable:
            return float("nan")
        values, weights = zip(*self._probable, strict=True)
        return float(np.average(values, weights=weights))

    def _remarks(self) -> dict[str, str]:
        """Doubts about the words, code to one line for people."""
        found: dict[str, str] = {}
        heard_s = sum(seconds for _, seconds in self._probable)
        mean = self._mean()
        if self._dropped_s > heard_s:
            found[Code.UNCLEAR_SPEECH] = (
                f"of {self._dropped_s + heard_s:.0f} s of speech {heard_s:.0f} s were understood"
            )
        elif mean < self.guards.unclear:
            found[Code.UNCLEAR_SPEECH] = (
                f"words were recognised with a mean probability of {np.exp(mean):.2f}; it may be "
                "noise, an accent, or a language that the recogniser does not know"
            )
        others = {c: s for c, s in list(self.languages.items())[1:] if s >= ANOTHER}
        if others and self._words:
            told = ", ".join(f"{code} ({share:.0%})" for code, share in others.items())
            found[Code.OTHER_LANGUAGE] = f"recognised as {self.language}, but parts sound {told}"
        return found

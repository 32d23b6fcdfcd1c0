"""Signs that a recogniser wrote what nobody said: silence, loops, and endings out of nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trifold.encoders.speech_to_text.recordings import Attempt, Word

LONGEST_PHRASE = 8  # words that may form a loop
SENTENCE_ENDS = (".", "?", "!", "。", "\uff1f", "\uff01")  # the last two: full-width ? and !
PLAIN_WORDS = 8  # of a sentence, that are looked at


@dataclass(frozen=True)
class Guards:
    """Thresholds; the first three as published with Whisper (Radford et al. 2022, section 4.5).

    Attributes:
        no_speech: probability of silence above which an unsure utterance is dropped.
        log_probability: mean per token below which an utterance is unsure.
        compression: text that packs better than this is repetitive.
        repeats: times in a row that a phrase may be said.
        invented: mean score of a last sentence's words from which on it was not said, see
            ``without_invented_endings``.
        unclear: mean per token over a recording below which its speech is unclear.
    """

    no_speech: float = 0.6
    log_probability: float = -1.0
    compression: float = 2.4
    repeats: int = 3
    invented: float = 1.0
    unclear: float = -0.5

    def is_silence(self, attempt: Attempt) -> bool:
        """Whether the model hears nothing and is not sure of what it wrote."""
        return attempt.no_speech > self.no_speech and self.is_unsure(attempt)

    def is_unsure(self, attempt: Attempt) -> bool:
        """Whether the words are improbable."""
        return attempt.log_probability < self.log_probability

    def is_repetitive(self, attempt: Attempt) -> bool:
        """Whether the words go round in circles."""
        loop = longest_loop([word.text for word in attempt.words])
        return attempt.compression > self.compression or loop > self.repeats


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


def without_invented_endings(words: Sequence[Word], *, mean: float = 1.0) -> tuple[Word, ...]:
    """An utterance's words without last sentences whose words are improbable, or far too short.

    Whisper writes "Thank you." where a recording fades out. What such sentences have in common is
    measured as OpenAI's Whisper measures it (``hallucination_silence_threshold``, 2023): a word
    scores 1 below a probability of 0.15, 15 for every second that it is shorter than 0.133 s, and 1
    for every second beyond 2; a sentence is invented when its first eight words score 3, or 1 each.

    Args:
        words: of one utterance, in order.
        mean: score from which on it counts as invented; three times as much in all is enough too.
    """
    kept = list(words)
    while kept:
        ends = [i for i, word in enumerate(kept[:-1]) if word.text.endswith(SENTENCE_ENDS)]
        first = ends[-1] + 1 if ends else 0
        if not _is_invented(kept[first:], mean):
            break
        del kept[first:]
    return tuple(kept)


def _is_invented(sentence: Sequence[Word], mean: float) -> bool:
    scores = [_oddness(word) for word in sentence[:PLAIN_WORDS]]
    return sum(scores) >= 3 * mean or sum(scores) + 0.01 >= mean * len(scores)


def _oddness(word: Word) -> float:
    improbable = 1.0 if word.probability < 0.15 else 0.0
    too_short = max(0.0, 0.133 - word.duration_s) * 15
    return improbable + too_short + max(0.0, word.duration_s - 2.0)

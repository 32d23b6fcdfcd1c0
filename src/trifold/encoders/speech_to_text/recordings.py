"""What is heard and what is understood: stretches of speech, their words, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from trifold.contracts import Array, Transcript

SAMPLE_RATE_HZ = 16000
Span = tuple[float, float]  # start and end in seconds


class Utterance(NamedTuple):
    """A stretch of speech: ``samples`` (N,) float32 at 16 kHz, from ``start_s`` on."""

    start_s: float
    samples: Array

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return len(self.samples) / SAMPLE_RATE_HZ


class Word(NamedTuple):
    """A word with its times on the recording's clock and its probability, 0 to 1."""

    text: str
    start_s: float
    end_s: float
    probability: float

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Recording:
    """The speech of one file, read when it is needed, so that memory does not grow with it.

    Attributes:
        spans: where somebody speaks, in order, none longer than the recogniser's window.
        read: spans to their utterances, in the same order.
        onsets: seconds at which a voice sets in after a pause, in order.
    """

    spans: Sequence[Span]
    read: Callable[[Sequence[Span]], Iterator[Utterance]]
    onsets: Sequence[float] = ()


class LaterRecording:
    """A recording that is listened to when its turn comes, as that takes its time.

    Args:
        listen: finds its speech; what it raises is raised where somebody asks for that.
    """

    def __init__(self, listen: Callable[[], Recording]) -> None:
        self._listen = listen

    @cached_property
    def _heard(self) -> Recording:
        return self._listen()

    @property
    def spans(self) -> Sequence[Span]:
        """See ``Recording``."""
        return self._heard.spans

    @property
    def onsets(self) -> Sequence[float]:
        """See ``Recording``."""
        return self._heard.onsets

    def read(self, spans: Sequence[Span]) -> Iterator[Utterance]:
        """See ``Recording``."""
        return self._heard.read(spans)


@dataclass(frozen=True)
class Attempt:
    """One utterance decoded once.

    Attributes:
        words: with times.
        no_speech: probability of silence.
        log_probability: mean per token.
        compression: bytes of the text over bytes of its compression.
    """

    words: tuple[Word, ...] = ()
    no_speech: float = 0.0
    log_probability: float = float("-inf")
    compression: float = 0.0


@dataclass(frozen=True)
class Recognition:
    """What was understood.

    Attributes:
        transcript: one segment per word.
        confidence: probability of each word, 0 to 1.
        counts: utterances heard, dropped for silence or repetition, tried again, and sentences
            dropped as invented.
        log_probability: mean per token, weighted by seconds; NaN where nothing was kept.
        languages: code to share of the speech that sounds like it; empty where nobody asked.
    """

    transcript: Transcript
    confidence: tuple[float, ...]
    counts: Mapping[str, int]
    log_probability: float
    languages: Mapping[str, float] = field(default_factory=dict)


def spread(spans: Sequence[Span], most: int) -> list[Span]:
    """So many of the spans, at equal distances, from the first to the last."""
    if len(spans) <= most:
        return list(spans)
    return [spans[round(i * (len(spans) - 1) / (most - 1))] for i in range(most)]

"""Utterances to words by faster-whisper, each as if it were alone in its batch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trifold.contracts import Array
from trifold.encoders.speech_to_text.recordings import (
    SAMPLE_RATE_HZ,
    Attempt,
    Utterance,
    Word,
)

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment

FRAME = 160  # samples between two columns of the spectrum: faster-whisper counts in them
APART_S = 3.0
DIGITS = 3  # of times, as WebVTT has them


class WhisperDecoder:
    """Batches of utterances through ``faster_whisper.BatchedInferencePipeline``.

    Nothing is sampled, and no text of one utterance leads to that of another.

    Args:
        model: as ``load_whisper`` gives it.
        beam_size: hypotheses that are followed at a time.
    """

    def __init__(self, model: WhisperModel, *, beam_size: int) -> None:
        from faster_whisper import BatchedInferencePipeline

        self.model, self.beam_size = model, beam_size
        self.pipeline = BatchedInferencePipeline(model)

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of those that the model knows."""
        return tuple(self.model.supported_languages)

    def language_probabilities(self, samples: Array) -> dict[str, float]:
        """Code to probability.

        Args:
            samples: (N,) float32 at 16 kHz; what is beyond 30 s does not count.
        """
        _, _, found = self.model.detect_language(audio=samples)
        return dict(found)

    def decode(
        self, utterances: Sequence[Utterance], language: str, **options: Any
    ) -> list[Attempt]:
        """Decode a batch.

        Args:
            utterances: none longer than 30 s.
            language: code.
            options: that replace those of ``BatchedInferencePipeline.transcribe``.
        """
        samples, starts = laid_apart([utterance.samples for utterance in utterances])
        ends = [s + len(u.samples) for s, u in zip(starts, utterances, strict=True)]
        clips = [
            {"start": start / SAMPLE_RATE_HZ, "end": end / SAMPLE_RATE_HZ}
            for start, end in zip(starts, ends, strict=True)
        ]
        segments, _ = self.pipeline.transcribe(
            samples,
            **{
                "language": language,
                "clip_timestamps": clips,
                "batch_size": len(utterances),
                "beam_size": self.beam_size,
                "temperature": 0.0,
                "word_timestamps": True,
                **options,
            },
        )
        frames = [start // FRAME for start in starts]
        attempts = [Attempt() for _ in utterances]
        for segment in segments:
            row = bisect_right(frames, segment.seek + 1) - 1  # it rounds down, and may be one short
            attempts[row] = _attempt(segment, utterances[row])
        return attempts


def laid_apart(parts: Sequence[Array]) -> tuple[Array, list[int]]:
    """One waveform that holds all, and the sample at which each begins.

    faster-whisper shortens the first word after a pause of more than four median words, which it
    takes for 0.7 s at most. With 3 s of silence before each, none depends on the one before.

    Args:
        parts: (N,) float32 at 16 kHz each.
    """
    starts, at = [], 0
    for part in parts:
        at += round(APART_S * SAMPLE_RATE_HZ)
        starts.append(at)
        at += -(-len(part) // FRAME) * FRAME
    samples = np.zeros(at, dtype=np.float32)
    for start, part in zip(starts, parts, strict=True):
        samples[start : start + len(part)] = part
    return samples, starts


def _attempt(segment: Segment, utterance: Utterance) -> Attempt:
    """One utterance's words on the recording's clock, not falling and within the utterance."""
    offset_s = segment.seek * FRAME / SAMPLE_RATE_HZ
    words, earliest_s = [], 0.0
    for word in segment.words or ():
        start_s = min(max(float(word.start) - offset_s, earliest_s), utterance.duration_s)
        end_s = min(max(float(word.end) - offset_s, start_s), utterance.duration_s)
        earliest_s = start_s
        text = word.word.strip()
        if text:
            begin_s, finish_s = (round(utterance.start_s + at, DIGITS) for at in (start_s, end_s))
            words.append(Word(text, begin_s, finish_s, float(word.probability)))
    return Attempt(
        words=tuple(words),
        no_speech=float(segment.no_speech_prob),
        log_probability=float(segment.avg_logprob),
        compression=float(segment.compression_ratio),
    )


def weighted_languages(
    probabilities: Sequence[Mapping[str, float]], weights: Sequence[float]
) -> dict[str, float]:
    """Code to mean probability over several stretches, the most probable first.

    Args:
        probabilities: code to probability of each stretch.
        weights: their lengths.
    """
    total = sum(weights)
    codes = {code for found in probabilities for code in found}
    means = {
        code: sum(w * p.get(code, 0.0) for p, w in zip(probabilities, weights, strict=True)) / total
        for code in codes
    }
    return dict(sorted(means.items(), key=lambda item: (-item[1], item[0])))

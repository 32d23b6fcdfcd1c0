"""What every encoder offers, and how its fingerprint is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from trifold.contracts import AudioChunk, Frame, Modality, TokenSequence, Transcript


class Encoder(Protocol):
    """Common to all encoders: a stream of D-wide tokens with times, and a fingerprint."""

    modality: Modality
    dim: int

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change whenever the tokens could change."""
        ...


class MeasureEncoder(Encoder, Protocol):
    """Picks published measurements of a clip, for corpora that come without media."""

    columns: tuple[str, ...]

    def encode(self, measures: Mapping[str, float]) -> TokenSequence:
        """Return one token that stands for the whole clip."""
        ...


class QuestionEncoder(Encoder, Protocol):
    """Reads the text of the question, not the answer."""

    def encode(self, question: str) -> TokenSequence:
        """Return the tokens of the question; their times are 0."""
        ...


class TextEncoder(Encoder, Protocol):
    """Reads a transcript.

    One that has ``reads_question`` takes the text of the question, if known, as ``question``; one
    that has ``languages`` gets no words that are known to be in another.
    """

    def encode(
        self, transcript: Transcript, *, duration_s: float | None = None, **extra: str
    ) -> TokenSequence:
        """Return tokens in spoken order; times are spread over ``duration_s`` where untimed."""
        ...


class BatchTextEncoder(TextEncoder, Protocol):
    """Reads many transcripts faster together than one by one, with the same result.

    An encoder with ``reads_question`` also takes ``question`` here and ``questions`` in a batch.
    """

    def encode_batch(
        self,
        transcripts: Sequence[Transcript],
        durations_s: Sequence[float | None],
        questions: Sequence[str | None] | None = None,
    ) -> list[TokenSequence]:
        """The tokens of each."""
        ...


class AudioEncoder(Encoder, Protocol):
    """Reads a stream of mono audio at ``sample_rate_hz``, with speech probabilities attached."""

    sample_rate_hz: int

    def encode(self, chunks: Iterable[AudioChunk]) -> TokenSequence:
        """Consume the stream once; memory must not grow with its length (tokens aside)."""
        ...


class VideoEncoder(Encoder, Protocol):
    """Reads a stream of frames sampled at ``frame_rate_hz``, ``max_side_px`` at most."""

    frame_rate_hz: float
    max_side_px: int

    def encode(self, frames: Iterable[Frame]) -> TokenSequence:
        """Consume the stream once; memory must not grow with its length (tokens aside)."""
        ...


def fingerprint(name: str, version: int, settings: Mapping[str, object]) -> str:
    """Hash an encoder's identity: name, version, settings, weight hash and package versions.

    Args:
        name: class name of the encoder.
        version: raised by hand whenever the code changes what comes out.
        settings: JSON-ready values; include weight hashes and the package versions that matter.

    Returns:
        16 hex digits of SHA-256 over the canonical JSON.
    """
    text = json.dumps([name, version, dict(settings)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]

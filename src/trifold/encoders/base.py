"""Encoders by what they read of a clip, and how a fingerprint is made.

Each base class below reads one part of a clip: it knows whether that is there, what its content
hash is, and how it is handed to ``encode``, which is all that an encoder adds.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from trifold.contracts import QUESTION, AudioChunk, Frame, Modality, TokenSequence, Transcript
from trifold.contracts.turns import Turns
from trifold.encoders.keys import hash_text, hash_transcript
from trifold.encoders.series import without_spans
from trifold.encoders.source import ClipSource
from trifold.errors import InputError


class Encoder(ABC):
    """Common to all encoders: a stream of D-wide tokens with times, and a fingerprint.

    Attributes:
        modality: of the tokens.
        dim: D.
        resolution: (D,) smallest standard deviation by which a column is divided; none for no
            limit. Steps of a codec are not to be magnified because training people are alike.
    """

    modality: Modality
    dim: int
    resolution: tuple[float, ...] = ()

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """16 hex digits that change whenever the tokens could change."""

    @abstractmethod
    def available(self, source: ClipSource) -> bool:
        """Whether what it reads is there at all."""

    @abstractmethod
    def key(self, source: ClipSource) -> str:
        """Content hash of what it reads; tokens are stored under it and the fingerprint."""

    @abstractmethod
    def read(self, source: ClipSource) -> TokenSequence:
        """The tokens of a clip; what it reads must be there."""


class MeasureEncoder(Encoder):
    """Picks published measurements of a clip, for corpora that come without media."""

    columns: tuple[str, ...]

    @abstractmethod
    def encode(self, measures: Mapping[str, float]) -> TokenSequence:
        """Return one token that stands for the whole clip."""

    def available(self, source: ClipSource) -> bool:
        """Whether anything is published about the clip."""
        return bool(source.measures)

    def key(self, source: ClipSource) -> str:
        """Over names and numbers."""
        return hash_text(repr(sorted(source.measures.items())))

    def read(self, source: ClipSource) -> TokenSequence:
        """One token."""
        return self.encode(source.measures)


class QuestionEncoder(Encoder):
    """Reads the text of the question, not the answer."""

    modality: Modality = QUESTION

    @abstractmethod
    def encode(self, question: str) -> TokenSequence:
        """Return the tokens of the question; their times are 0."""

    def available(self, source: ClipSource) -> bool:
        """Whether the question is known."""
        return bool(source.question.strip())

    def key(self, source: ClipSource) -> str:
        """Over the question's text."""
        return hash_text(source.question)

    def read(self, source: ClipSource) -> TokenSequence:
        """The tokens of the question."""
        return self.encode(source.question)


class TextEncoder(Encoder):
    """Reads a transcript.

    Attributes:
        reads_question: the answer is read together with its question, if that is known; then
            ``encode`` takes the text of it as ``question``.
        languages: codes of those that it reads; None where any will do. Words that are known to be
            in another are not there for it.
        languages_stated: False where nobody said which those are.
    """

    modality: Modality = "text"
    reads_question: bool = False
    languages: tuple[str, ...] | None = None
    languages_stated: bool = True

    @abstractmethod
    def encode(self, transcript: Transcript, *, duration_s: float | None = None) -> TokenSequence:
        """Return tokens in spoken order; times are spread over ``duration_s`` where untimed."""

    def available(self, source: ClipSource) -> bool:
        """Whether there is a transcript, in a language that it reads as far as that is known."""
        return source.transcript is not None and self.unread_language(source) is None

    def unread_language(self, source: ClipSource) -> str | None:
        """The language of the words, where it is known and not read here."""
        if self.languages is None or source.transcript is None:
            return None
        language = source.transcript.language
        return language if language not in self.languages else None

    def leaves_open(self, source: ClipSource) -> bool:
        """Whether the language of the words is known, and not whether it is read here."""
        said = source.transcript
        return not self.languages_stated and said is not None and said.language is not None

    def key(self, source: ClipSource) -> str:
        """Over words and times, and the question where that is read too."""
        said = hash_transcript(_transcript(source), source.info.duration_s)
        asked = self._asked(source)
        return said if asked is None else hash_text(f"{said} {asked}")

    def read(self, source: ClipSource) -> TokenSequence:
        """The tokens of the answer."""
        asked = self._asked(source)
        extra = {} if asked is None else {"question": asked}
        return self.encode(_transcript(source), duration_s=source.info.duration_s, **extra)

    def _asked(self, source: ClipSource) -> str | None:
        return source.question.strip() or None if self.reads_question else None


class BatchTextEncoder(TextEncoder):
    """Reads many transcripts faster together than one by one, with the same result."""

    @abstractmethod
    def encode_batch(
        self, transcripts: Sequence[Transcript], durations_s: Sequence[float | None]
    ) -> list[TokenSequence]:
        """The tokens of each.

        One with ``reads_question`` also takes ``questions``, None where one is not known.
        """

    def read_batch(self, sources: Sequence[ClipSource]) -> list[TokenSequence]:
        """The tokens of several clips, all with a transcript."""
        said = [_transcript(source) for source in sources]
        durations_s = [source.info.duration_s for source in sources]
        asked = {"questions": [self._asked(source) for source in sources]}
        return self.encode_batch(said, durations_s, **(asked if self.reads_question else {}))


class MediaEncoder(Encoder):
    """Reads the media file itself, which is decoded for it."""

    @abstractmethod
    def part(self, turns: Turns) -> str:
        """What tells the part that is read from others of the file; empty for all of it."""

    def key(self, source: ClipSource) -> str:
        """Over the bytes of the media file, and the part of it that is the candidate's."""
        part = self.part(source.turns)
        return hash_text(f"{source.media_hash} {part}") if part else source.media_hash


class AudioEncoder(MediaEncoder):
    """Reads a stream of mono audio at ``sample_rate_hz``, with speech probabilities attached."""

    modality: Modality = "audio"
    sample_rate_hz: int

    @abstractmethod
    def encode(self, chunks: Iterable[AudioChunk]) -> TokenSequence:
        """Consume the stream once; memory must not grow with its length (tokens aside)."""

    def part(self, turns: Turns) -> str:
        """Of the sound."""
        return turns.sound_key

    def available(self, source: ClipSource) -> bool:
        """Whether the file has sound."""
        return source.info.has_audio

    def read(self, source: ClipSource) -> TokenSequence:
        """The tokens of the sound, without those of others' turns."""
        sequence = self.encode(source.sound(self.sample_rate_hz))
        return without_spans(sequence, source.turns.others)


class VideoEncoder(MediaEncoder):
    """Reads a stream of frames sampled at ``frame_rate_hz``, ``max_side_px`` at most."""

    modality: Modality = "video"
    frame_rate_hz: float
    max_side_px: int

    @abstractmethod
    def encode(self, frames: Iterable[Frame]) -> TokenSequence:
        """Consume the stream once; memory must not grow with its length (tokens aside)."""

    def part(self, turns: Turns) -> str:
        """Of the picture."""
        return turns.picture_key

    def available(self, source: ClipSource) -> bool:
        """Whether the file has a video."""
        return source.info.has_video

    def read(self, source: ClipSource) -> TokenSequence:
        """The tokens of the picture, with what was noticed about it."""
        frames = source.frames(self.frame_rate_hz, self.max_side_px)
        sequence = self.encode(frames)
        return replace(sequence, quality={**frames.quality, **sequence.quality})


def fingerprint(name: str, version: int, settings: Mapping[str, object]) -> str:
    """16 hex digits of SHA-256 over an encoder's identity, as canonical JSON.

    Args:
        name: class name of the encoder.
        version: raised by hand whenever the code changes what comes out.
        settings: JSON-ready values; include weight hashes and the package versions that matter.
    """
    text = json.dumps([name, version, dict(settings)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _transcript(source: ClipSource) -> Transcript:
    """The words of a clip of which ``available`` said that there are some."""
    if source.transcript is None:
        raise InputError(expected="a transcript", got="none")
    return source.transcript

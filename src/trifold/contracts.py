"""The dataclasses that cross module borders, one per arrow of the data flow.

Shape legend, used in every docstring of the project:

    ``B`` candidates    ``T`` answers of a candidate    ``L`` tokens of one stream
    ``D`` width         ``K`` targets                   ``E`` experts    ``M`` ensemble members

Masks are bool and True means real data. Times are seconds (``*_s``), rates Hertz (``*_hz``).
A *stream* is what one encoder makes of one modality; several streams may share a modality.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

Modality = Literal["text", "audio", "video", "question"]
MODALITIES: tuple[Modality, ...] = ("text", "audio", "video")  # what a candidate shows
QUESTION: Modality = "question"  # context: what was asked; never missing, hidden or scored alone
Split = Literal["train", "val", "test"]
Array = np.ndarray


@dataclass(frozen=True)
class Segment:
    """A stretch of transcript; a single word when ``Transcript.words_timed`` is true.

    ``start_s`` and ``end_s`` are None where the source file carries no times, ``speaker`` where it
    does not say who speaks.
    """

    text: str
    start_s: float | None = None
    end_s: float | None = None
    speaker: str | None = None


@dataclass(frozen=True)
class Transcript:
    """What was said in one answer, in order.

    Attributes:
        segments: cues, lines or words, in the order spoken.
        source: where the text came from: a format such as ``vtt`` or ``whisper``, or ``asr``.
        words_timed: True when each segment is one word with its own times.
        unit_known: False where times are bare numbers that may be seconds or milliseconds.
        remarks: what was noticed in reading, code to one line for people.
        language: code of the language that is spoken, where it is known.
        recogniser: fingerprint of what recognised the words; None where they were given.
    """

    segments: tuple[Segment, ...]
    source: str
    words_timed: bool = False
    unit_known: bool = True
    remarks: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    recogniser: str | None = None

    @property
    def text(self) -> str:
        """All segments joined by single spaces."""
        return " ".join(segment.text for segment in self.segments)


@dataclass(frozen=True)
class Clip:
    """One answer: one media file, with its transcript, question and candidate.

    ``transcript`` wins over ``transcript_path``; both None means that text is a missing modality.
    A plain string is parsed when it is needed, so that one bad line stops only its own clip.
    ``speaker`` is the candidate's name, or a pattern of it, among the labels of the transcript;
    ``transcript_doubt`` names those of which nothing tells the right one, ``transcript_outside``
    one that was not opened, as it lies outside of the folder. ``left_out`` is a code
    and a line about why the file is no answer of its own, as another view of a meeting is.
    ``path`` may be None in corpora that publish features or transcripts only; ``measures`` holds
    such published features, column name to number.
    ``person_id`` says whose answer it is where candidates are single answers; None where the
    candidate is the person. Nothing is read out of an id.
    """

    clip_id: str
    candidate_id: str
    path: Path | None
    transcript_path: Path | None = None
    transcript: Transcript | str | None = None
    speaker: str | None = None
    transcript_doubt: str | None = None
    transcript_outside: str | None = None
    left_out: tuple[str, str] | None = None
    question: str | None = None
    question_id: str | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    person_id: str | None = None

    @property
    def person(self) -> str:
        """Whose answer it is."""
        return self.candidate_id if self.person_id is None else self.person_id


@dataclass(frozen=True)
class MediaInfo:
    """What a media file holds and which of it is read.

    Attributes:
        duration_s: seconds that can really be played; None where unknown.
        declared_s: seconds that the header states; None where it states none.
        audio_stream: index of the stream that is read as the candidate's voice.
        audio_channel: of that stream; None where it has only one.
        video_stream: index of the stream that is read as the candidate's picture.
        remarks: what is odd about it, code to one line for people.
    """

    duration_s: float | None
    has_audio: bool
    has_video: bool
    width_px: int | None = None
    height_px: int | None = None
    rotation_deg: int = 0
    frame_rate_hz: float | None = None
    sample_rate_hz: int | None = None
    declared_s: float | None = None
    audio_stream: int | None = None
    audio_channel: int | None = None
    video_stream: int | None = None
    remarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """One upright video frame: ``image`` (H, W, 3) uint8 RGB, shown at ``time_s``."""

    image: Array
    time_s: float


@dataclass(frozen=True)
class AudioChunk:
    """A consecutive piece of mono waveform.

    Attributes:
        samples: (N,) float32 in [-1, 1].
        start_s: time of the first sample.
        sample_rate_hz: rate of ``samples``.
        speech: (ceil(N / window),) speech probability per voice-activity window of 32 ms, or None
            where voice activity has not been run.
    """

    samples: Array
    start_s: float
    sample_rate_hz: int
    speech: Array | None = None


@dataclass(frozen=True)
class TokenSequence:
    """What one encoder makes of one modality of a clip. Time never gets lost.

    Attributes:
        values: (L, D) float32; L may be 0 when there was nothing to encode.
        start_s: (L,) float32 start of each token.
        end_s: (L,) float32 end of each token.
        modality: text, audio, video, or question.
        fingerprint: the encoder's fingerprint.
        quality: plain numbers about the input, such as ``face_fraction`` or ``speech_s``.
    """

    values: Array
    start_s: Array
    end_s: Array
    modality: Modality
    fingerprint: str
    quality: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """One regressed quantity.

    Attributes:
        name: lower-case identifier, e.g. ``extraversion``.
        low: lowest value of the rating scale.
        high: highest value of the rating scale.
        source: who rated: ``observer``, ``self_report`` or ``synthetic``; never mixed.
        polarity: +1, or -1 when a high value means little of the named construct.
    """

    name: str
    low: float
    high: float
    source: Literal["observer", "self_report", "synthetic"] = "observer"
    polarity: Literal[1, -1] = 1


@dataclass(frozen=True)
class TargetSchema:
    """The K targets of a corpus or model, in column order."""

    name: str
    targets: tuple[Target, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The K target names in column order."""
        return tuple(target.name for target in self.targets)


@dataclass(frozen=True)
class Finding:
    """What one check of a corpus found.

    Attributes:
        check: short name, e.g. ``missing_media``.
        count: how often; 0 where the check found nothing.
        total: of how many.
        what: what was found, as it reads after the numbers.
        action: what becomes of it: ``kept``, ``left out`` or the like.
        examples: a few ids.
    """

    check: str
    count: int
    total: int
    what: str
    action: str = "kept"
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for people."""
        named = f": {', '.join(self.examples)}" if self.examples else ""
        return f"{self.count} of {self.total} {self.what} ({self.action}){named}"


@dataclass(frozen=True)
class Corpus:
    """A labelled data set as read and checked.

    A *candidate* is what carries one row of labels. Where every answer has ratings of its own, each
    is a candidate, its clip says whose it is, and splits and folds keep a person's together.

    Attributes:
        name: short identifier.
        clips: every answer of every candidate.
        labels: candidate id to (K,) float64 on the schema's scale, NaN where unlabelled.
        schema: the K targets.
        splits: candidate id to ``train``, ``val`` or ``test``.
        terms: what the licence allows; it travels into runs and bundles.
        synthetic: True when people and labels are generated.
        findings: what the reader's checks found and kept or left out, one entry per check.
    """

    name: str
    clips: tuple[Clip, ...]
    labels: Mapping[str, Array]
    schema: TargetSchema
    splits: Mapping[str, Split]
    terms: str
    synthetic: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def people(self) -> dict[str, str]:
        """Candidate id to the person's, for every candidate with a clip."""
        return {clip.candidate_id: clip.person for clip in self.clips}


@dataclass(frozen=True)
class FeatureBatch:
    """Padded tensors of B candidates with up to T answers.

    Attributes:
        tokens: stream name to (B, T, L, D) float32, zeros where masked.
        token_mask: stream name to (B, T, L) bool; all False means a missing modality.
        answer_mask: (B, T) bool.
        targets: (B, K) float32 on the schema's scale, NaN where unlabelled, or None when scoring.
        candidate_ids: B ids in row order.
    """

    tokens: dict[str, Tensor]
    token_mask: dict[str, Tensor]
    answer_mask: Tensor
    targets: Tensor | None
    candidate_ids: tuple[str, ...]


@dataclass(frozen=True)
class TraitScores:
    """Scores of one candidate or one answer, on the schema's scale.

    Attributes:
        target_names: K names.
        score: (K,) float64.
        low: (K,) float64 lower end of the interval.
        high: (K,) float64 upper end of the interval.
        coverage: nominal coverage of the interval, e.g. 0.9.
        spread: (K,) float64 standard deviation over the members of an ensemble, None where there
            is one model alone.
    """

    target_names: tuple[str, ...]
    score: Array
    low: Array
    high: Array
    coverage: float
    spread: Array | None = None

"""An answer as it is on disk: what was said, and what picture and sound hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from trifold.contracts.kinds import Array
from trifold.contracts.turns import Turns


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
        confidence: mean probability of recognised words, 0 to 1; None where it is not known.
    """

    segments: tuple[Segment, ...]
    source: str
    words_timed: bool = False
    unit_known: bool = True
    remarks: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    recogniser: str | None = None
    confidence: float | None = None

    @property
    def text(self) -> str:
        """All segments joined by single spaces."""
        return " ".join(segment.text for segment in self.segments)


class Chosen(NamedTuple):
    """What of a file is the candidate's, as somebody said; None leaves it to the file.

    Attributes:
        audio_track: number of the sound track, from 1 on, in the order of the file.
        audio_channel: of that track, from 1 on.
        video_track: number of the picture, likewise.
        voice_at: seconds at which the candidate speaks, one at least for each voice that is the
            candidate's of those which one channel holds.
    """

    audio_track: int | None = None
    audio_channel: int | None = None
    video_track: int | None = None
    voice_at: tuple[float, ...] | None = None

    @property
    def of_sound(self) -> bool:
        """Whether anything is said of the track or channel."""
        return self.audio_track is not None or self.audio_channel is not None


@dataclass(frozen=True)
class Clip:
    """One answer: one media file, with its transcript, question and candidate.

    ``transcript`` wins over ``transcript_path``; both None means that text is a missing modality.
    A plain string is parsed when it is needed, so that one bad line stops only its own clip.
    ``speaker`` is the candidate's name, or a pattern of it, among the labels of the transcript;
    ``transcript_doubt`` names those of which nothing tells the right one, ``transcript_outside``
    one that was not opened, as it lies outside of the folder, ``words_lost`` is a line about why
    recognition left no words. ``left_out`` is a code
    and a line about why the file is no answer of its own, as another view of a meeting is.
    ``path`` may be None in corpora that publish features or transcripts only; ``measures`` holds
    such published features, column name to number.
    ``person_id`` says whose answer it is where candidates are single answers; None where the
    candidate is the person. Nothing is read out of an id. ``turns`` says what of the recording is
    the candidate's where several people are in it; None takes all of it. ``session`` says which of
    several interviews of one person it is of, where each has ratings of its own. ``chosen`` says
    which tracks, pictures and voices are the candidate's, where somebody said it.
    """

    clip_id: str
    candidate_id: str
    path: Path | None
    transcript_path: Path | None = None
    transcript: Transcript | str | None = None
    speaker: str | None = None
    transcript_doubt: str | None = None
    transcript_outside: str | None = None
    words_lost: str | None = None
    left_out: tuple[str, str] | None = None
    question: str | None = None
    question_id: str | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    person_id: str | None = None
    turns: Turns | None = None
    session: str | None = None
    chosen: Chosen | None = None

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
        sound_codec: of the stream that is read, in FFmpeg's words (``aac``).
        picture_codec: likewise (``h264``).
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
    sound_codec: str | None = None
    picture_codec: str | None = None
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

"""Which stream of a file is the candidate's picture, and which could be the candidate's sound."""

from __future__ import annotations

import re

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from trifold.media.container.forms import can_be_read

PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
ASIDE = (
    Disposition.comment
    | Disposition.lyrics
    | Disposition.karaoke
    | Disposition.visual_impaired
    | Disposition.clean_effects
    | Disposition.descriptions
    | Disposition.dub
)
TITLES = ("title", "handler_name", "name", "comment", "track_name")
CANDIDATE = re.compile(
    r"candidate|interviewee|applicant|participant|respondent|guest|\bspeaker\b|presenter|\bmics?\b|microphone"
    r"|webcam|bewerber|kandidat|candidat|entrevistad|proband",
    re.IGNORECASE,
)
OTHERS = re.compile(
    r"interviewer|recruiter|\bhost\b|moderat|examiner|commentary|musi[ck]|\bbgm\b|descri|desktop"
    r"|system|computer|background|\beffects?\b|\bsfx\b|game|noise|ambien|translat|interpret"
    r"|instrumental|screen|\bslides?\b|present(ation|ing)|entrevistador",
    re.IGNORECASE,
)


def video_streams(container: InputContainer) -> list[VideoStream]:
    """Streams that can be decoded and are no cover picture, the likeliest first.

    Titles count most, then the default flag, then the order in the file.
    """
    known = [s for s in container.streams.video if can_be_read(s)]
    moving = [s for s in known if not s.disposition & PICTURES]
    return sorted(moving, key=lambda s: (-standing(s), not is_default(s), s.index))


def video_stream(container: InputContainer, index: int | None = None) -> VideoStream | None:
    """The stream of an index, or the likeliest; None where there is none that can be decoded."""
    found = video_streams(container)
    return next((s for s in found if index in (None, s.index)), None)


def audio_streams(container: InputContainer) -> list[AudioStream]:
    """Streams that can be decoded, the likeliest first by their titles and flags alone."""
    known = [s for s in container.streams.audio if can_be_read(s)]
    return sorted(known, key=lambda s: (-standing(s), not is_default(s), s.index))


def audio_stream(container: InputContainer, index: int | None = None) -> AudioStream | None:
    """The stream of an index, or the likeliest; None where there is none that can be decoded."""
    found = audio_streams(container)
    return next((s for s in found if index in (None, s.index)), None)


def standing(stream: Stream) -> int:
    """1 for a stream that says it is the candidate's, -1 for one that says it is not, else 0."""
    title = title_of(stream)
    if OTHERS.search(title) or stream.disposition & ASIDE:
        return -1
    return 1 if CANDIDATE.search(title) else 0


def title_of(stream: Stream) -> str:
    """All that a stream is called, for matching; empty where it has no name of its own."""
    lower = {key.lower(): value for key, value in stream.metadata.items()}
    return " ".join(lower[key] for key in TITLES if key in lower)


def is_default(stream: Stream) -> bool:
    """Whether a stream is flagged as the one to play."""
    return bool(stream.disposition & Disposition.default)

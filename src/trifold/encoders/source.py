"""What a clip offers to encoders, wherever it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from trifold.contracts import AudioChunk, Frame, MediaInfo, Transcript, Turns


class Frames(Protocol):
    """The frames of a clip, once through."""

    def __iter__(self) -> Iterator[Frame]:
        """Itself."""
        ...

    def __next__(self) -> Frame:
        """The next frame, in the order shown."""
        ...

    @property
    def quality(self) -> Mapping[str, float]:
        """What was noticed about the picture in the frames that have gone by."""
        ...


class ClipSource(Protocol):
    """The parts of one clip, each looked at when it is first asked for.

    Whatever cannot be read raises there, as a ``TrifoldError``.
    """

    @property
    def info(self) -> MediaInfo:
        """What the media file holds; neither sound nor picture where there is no file."""
        ...

    @property
    def media_hash(self) -> str:
        """Content hash of the media file; an ``InputError`` where there is none."""
        ...

    @property
    def transcript(self) -> Transcript | None:
        """The candidate's words; None where there is no transcript."""
        ...

    @property
    def turns(self) -> Turns:
        """What of the recording is the candidate's; without spans and views all of it."""
        ...

    @property
    def question(self) -> str:
        """What was asked, as it is written; empty where that is not known."""
        ...

    @property
    def measures(self) -> Mapping[str, float]:
        """Published features, column name to number."""
        ...

    def sound(self, sample_rate_hz: int) -> Iterable[AudioChunk]:
        """The candidate's voice at this rate, with speech probabilities; others are silent."""
        ...

    def frames(self, frame_rate_hz: float, max_side_px: int) -> Frames:
        """The candidate's picture at this rate, no side longer than ``max_side_px``.

        Where others are seen, frames are cut to the candidate's part or left out.
        """
        ...

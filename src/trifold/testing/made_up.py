"""A recording that nobody made, offered to encoders as a clip's parts are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from trifold.contracts import AudioChunk, Frame, MediaInfo, Segment, Transcript, Turns

SECONDS = 4.0
WORDS = "I like to plan ahead. Most days I finish what I began, and then I rest for a while."


class MadeUpFrames(Iterator[Frame]):
    """Noise that changes from frame to frame.

    Args:
        rate_hz: frames per second.
        n: how many.
    """

    def __init__(self, rate_hz: float, n: int) -> None:
        generator = np.random.default_rng(0)
        self.quality: Mapping[str, float] = {}
        self._frames = (
            Frame(generator.integers(0, 255, (120, 160, 3), np.uint8), number / rate_hz)
            for number in range(n)
        )

    def __next__(self) -> Frame:
        """The next frame."""
        return next(self._frames)


class MadeUpClip:
    """A recording that nobody made, as ``ClipSource``.

    Args:
        pieces: that its sound comes in; 0 makes an empty recording, in which nothing is said.
        columns: that have a number.
    """

    media_hash = "0" * 32
    question = "How do you plan your work?"
    turns = Turns()
    info = MediaInfo(duration_s=SECONDS, has_audio=True, has_video=True)

    def __init__(self, *, pieces: int, columns: Sequence[str] = ()) -> None:
        self.pieces, self.measures = pieces, dict.fromkeys(columns, 0.5)
        segments = (Segment(WORDS, 0.0, SECONDS),) if pieces else ()
        self.transcript: Transcript | None = Transcript(segments, "test")

    def sound(self, sample_rate_hz: int) -> Iterator[AudioChunk]:
        """A tone that swells, with the chunks' edges on windows of voice activity."""
        n = int(SECONDS * sample_rate_hz)
        time_s = np.arange(n) / sample_rate_hz
        wave = 0.3 * np.sin(2 * np.pi * 180 * time_s) * np.sin(np.pi * time_s / SECONDS) ** 2
        window = round(0.032 * sample_rate_hz)
        step = int(np.ceil(n / max(self.pieces, 1) / window)) * window
        for start in range(0, n if self.pieces else 0, step):
            part = wave[start : start + step].astype(np.float32)
            speech = np.full(int(np.ceil(len(part) / window)), 0.9, np.float32)
            yield AudioChunk(part, start / sample_rate_hz, sample_rate_hz, speech)

    def frames(self, frame_rate_hz: float, max_side_px: int) -> MadeUpFrames:
        """Noise of 160 x 120 pixels, no side of which is cut to ``max_side_px``."""
        return MadeUpFrames(frame_rate_hz, int(SECONDS * frame_rate_hz) if self.pieces else 0)

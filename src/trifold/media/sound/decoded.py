"""Sound that was decoded to look at a file, kept for who reads it next."""

from __future__ import annotations

from collections.abc import Sequence

import av

MOST_SAMPLES = 1 << 24  # over all channels, 64 MB: three minutes of two channels at 44.1 kHz


class DecodedSound:
    """The frames of a short recording's tracks; those of a longer one are decoded anew."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Let go of all of them."""
        self._frames: dict[int, list[av.AudioFrame]] = {}
        self._room = MOST_SAMPLES
        self._whole = False

    def add(self, stream: int, frame: av.AudioFrame) -> None:
        """Keep the next frame of a track, by its index in the file."""
        self._room -= frame.samples * frame.layout.nb_channels
        if self._room >= 0:
            self._frames.setdefault(stream, []).append(frame)
        else:
            self._frames.clear()

    def finish(self) -> None:
        """Say that the file has no more of it."""
        self._whole = True

    def frames(self, stream: int) -> Sequence[av.AudioFrame] | None:
        """All frames of a track; None where they were not decoded or not kept."""
        return self._frames.get(stream) if self._whole else None

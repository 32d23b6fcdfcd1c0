"""The waveform itself, for audio models that are trained together with the fusion network."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from trifold.contracts import Array, AudioChunk
from trifold.encoders.audio.speech import SpeechEncoder
from trifold.encoders.audio.stream import SAMPLE_RATE_HZ
from trifold.encoders.audio.windowed import cut
from trifold.encoders.base import fingerprint
from trifold.errors import InputError


class Waveform(SpeechEncoder):
    """One token per window: its samples at 16 kHz, the last one filled up with NaN.

    ``trifold.network.wrappers.lora`` turns them into features. Unlike features, samples are the
    voice itself: the cache holds recordings then, 64 kB per second.

    Args:
        window_s: seconds per token.

    Raises:
        InputError: when a window is shorter than 0.1 s.
    """

    version = 2

    def __init__(self, *, window_s: float = 5.0) -> None:
        if window_s < 0.1:
            raise InputError(expected="window_s of 0.1 at least", got=str(window_s))
        self.window_s, self.dim = window_s, round(window_s * SAMPLE_RATE_HZ)

    @property
    def fingerprint(self) -> str:
        """Changes with the window."""
        return fingerprint("Waveform", self.version, {"window_s": self.window_s})

    def tokens(self, chunks: Iterable[AudioChunk]) -> tuple[Array, Array, Array]:
        """One token per window."""
        windows = list(cut(chunks, self.dim))
        values = np.full((len(windows), self.dim), np.nan, dtype=np.float32)
        for row, window in zip(values, windows, strict=True):
            row[: len(window)] = window
        start_s = np.arange(len(windows), dtype=np.float32) * np.float32(self.window_s)
        return values, start_s, start_s + np.float32(self.window_s)

"""A stream of audio chunks: counted as it goes by, and cut to the length of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from trifold.contracts import Array, AudioChunk
from trifold.encoders.audio.measures.background import Background, snr_db
from trifold.encoders.audio.measures.rhythm import SPEECH_THRESHOLD
from trifold.errors import InputError

SAMPLE_RATE_HZ = 16000
HOP_S, FRAME_S = 0.01, 0.04
SPEECH_WINDOW = 512  # samples per speech probability


class Tally:
    """Counts what goes by, for the quality numbers."""

    def __init__(self) -> None:
        self.n = self.n_clipped = 0
        self.energy = self.speech_s = self.speech_energy = 0.0
        self.background = Background()

    def watch(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        """Pass chunks on, counting them.

        Raises:
            InputError: when the rate is another than 16 kHz or ``speech`` is missing.
        """
        for chunk in chunks:
            if chunk.sample_rate_hz != SAMPLE_RATE_HZ or chunk.speech is None:
                raise InputError(
                    expected="16000 Hz audio with speech probabilities",
                    got=f"{chunk.sample_rate_hz} Hz, speech {'no' if chunk.speech is None else ''}",
                )
            self._count(chunk, chunk.speech)
            yield chunk

    def _count(self, chunk: AudioChunk, speech: Array) -> None:
        spoken = np.repeat(speech >= SPEECH_THRESHOLD, SPEECH_WINDOW)[: len(chunk.samples)]
        squares = np.square(chunk.samples, dtype=np.float64)
        self.n += len(chunk.samples)
        self.n_clipped += int((np.abs(chunk.samples) >= 0.999).sum())
        self.energy += float(squares.sum())
        self.speech_energy += float(squares[spoken].sum())
        self.speech_s += float(spoken.sum()) / chunk.sample_rate_hz
        whole = len(squares) // SPEECH_WINDOW
        windows = squares[: whole * SPEECH_WINDOW].reshape(whole, SPEECH_WINDOW)
        self.background.add(windows.mean(axis=1), speech[:whole])

    def quality(self) -> dict[str, float]:
        """What the encoder reports about the recording; all finite."""
        duration_s = self.n / SAMPLE_RATE_HZ
        return {
            "duration_s": duration_s,
            "speech_s": self.speech_s,
            "speech_fraction": self.speech_s / max(duration_s, 1e-9),
            "level_db": 10 * float(np.log10(self.energy / max(self.n, 1) + 1e-10)),
            "clipped_fraction": self.n_clipped / max(self.n, 1),
            **self._voice(),
        }

    def _voice(self) -> dict[str, float]:
        """How loud the voice is and how far above the noise, as far as there are any."""
        if not self.speech_s:
            return {}
        heard = self.speech_energy / (self.speech_s * SAMPLE_RATE_HZ)
        found = {"speech_level_db": 10 * float(np.log10(heard + 1e-10))}
        noise = self.background.power
        return found if noise is None else {**found, "snr_db": snr_db(heard, noise)}


def token_pieces(chunks: Iterable[AudioChunk], size: int) -> Iterator[tuple[Array, Array]]:
    """Token-long stretches with the overlap that their last frames need, and their speech.

    Pieces do not depend on how the stream was cut into chunks. A rest of less than half a token
    belongs to the last piece, so that no token stands for a moment; what is shorter than a frame is
    left out.
    """
    overlap = round((FRAME_S - HOP_S) * SAMPLE_RATE_HZ)
    longest = size + size // 2 + overlap
    samples, speech, first = np.zeros(0, np.float32), np.zeros(0, np.float32), 0
    done = 0
    for chunk in chunks:
        samples = np.concatenate([samples, chunk.samples])
        speech = np.concatenate([speech, chunk.speech])
        while len(samples) >= longest:
            yield samples[: size + overlap], _speech_of(speech, first, done, size)
            samples, done = samples[size:], done + size
        drop = done // SPEECH_WINDOW - first
        speech, first = speech[drop:], first + drop
    if len(samples) >= size + size // 2:  # the last full token lacks its overlap only
        yield samples[: size + overlap], _speech_of(speech, first, done, size)
        samples, done = samples[size:], done + size
    if len(samples) >= round(FRAME_S * SAMPLE_RATE_HZ):
        yield samples, _speech_of(speech, first, done, len(samples))


def _speech_of(speech: Array, first: int, start: int, size: int) -> Array:
    """(size,) speech probability per sample from ``start`` on."""
    windows = (np.arange(start, start + size) // SPEECH_WINDOW - first).clip(max=len(speech) - 1)
    per_sample: Array = speech[windows]
    return per_sample

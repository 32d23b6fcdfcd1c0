"""What encoders of a voice share: the recording is counted on the way; no tokens without speech."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

import numpy as np

from trifold.contracts import Array, AudioChunk, TokenSequence
from trifold.encoders.audio.stream import SAMPLE_RATE_HZ, Tally
from trifold.encoders.base import AudioEncoder

MIN_SPEECH_S = 0.25


class SpeechEncoder(AudioEncoder):
    """Base of encoders whose tokens follow each other from the start of a recording."""

    sample_rate_hz = SAMPLE_RATE_HZ

    @abstractmethod
    def tokens(self, chunks: Iterable[AudioChunk]) -> tuple[Array, Array, Array]:
        """Consume the stream: (L, D) float32 values, (L,) float32 starts and ends in seconds.

        An end may lie behind that of the recording, where it is cut.
        """

    def encode(self, chunks: Iterable[AudioChunk]) -> TokenSequence:
        """Tokens of one file; none when less than 0.25 s of it is speech.

        Args:
            chunks: consecutive chunks at 16 kHz with ``speech`` attached.

        Raises:
            InputError: when the rate is another or ``speech`` is missing.
        """
        tally = Tally()
        values, start_s, end_s = self.tokens(tally.watch(chunks))
        quality = tally.quality()
        keep = slice(None) if quality["speech_s"] >= MIN_SPEECH_S else slice(0, 0)
        return TokenSequence(
            values=values[keep],
            start_s=start_s[keep],
            end_s=np.minimum(end_s, np.float32(quality["duration_s"]))[keep],
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality=quality,
        )

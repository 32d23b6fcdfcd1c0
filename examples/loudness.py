"""An encoder of one's own: how loud each second is. ``trifold train … plugins=[loudness.py]``."""

import numpy as np

import trifold
from trifold.contracts import TokenSequence
from trifold.encoders.base import fingerprint


@trifold.plugin("encoder", "loudness")
class Loudness:
    modality, dim, sample_rate_hz = "audio", 1, 16000
    fingerprint = fingerprint("Loudness", 1, {})

    def encode(self, chunks):
        sound = np.concatenate([chunk.samples for chunk in chunks] or [np.zeros(0, np.float32)])
        seconds = [
            sound[i : i + self.sample_rate_hz] for i in range(0, len(sound), self.sample_rate_hz)
        ]
        values = np.array([[np.log10(np.mean(s**2) + 1e-9)] for s in seconds], np.float32).reshape(
            -1, 1
        )
        start = np.arange(len(values), dtype=np.float32)
        return TokenSequence(values, start, start + 1, self.modality, self.fingerprint)

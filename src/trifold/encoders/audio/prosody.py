"""Prosody tokens: pitch, loudness, voice quality, spectral shape and rhythm, second by second."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
import torchaudio

from trifold.contracts import Array, AudioChunk
from trifold.encoders.audio.columns import (
    LEVEL_NAMES,
    PITCH_NAMES,
    RHYTHM_NAMES,
    level_columns,
    loud_level_db,
    pitch_columns,
    ramp,
    rhythm_columns,
    weighted_mean,
    weighted_sd,
)
from trifold.encoders.audio.measures.pitch import track_pitch
from trifold.encoders.audio.measures.spectrum import (
    MFCC_NAMES,
    N_MFCC,
    SHAPE_NAMES,
    band_power,
    spectral_shape,
)
from trifold.encoders.audio.speech import SpeechEncoder
from trifold.encoders.audio.stream import FRAME_S, HOP_S, token_pieces
from trifold.encoders.base import fingerprint
from trifold.encoders.series import drawn_to_mean
from trifold.errors import InputError

SPOKEN = (0.3, 0.7)  # probability of speech from which a frame starts to count, and counts whole
VOICED = (0.35, 0.55)  # harmonic strength, likewise
AUDIBLE_DB, HEARD_DB = (-45.0, -35.0), (-32.0, -22.0)  # against the loud frames of the second
SILENT_DB = (-75.0, -65.0)
TRUSTED = 10.0  # frames; what rests on fewer is drawn to the clip's mean
MFCC = np.arange(len(SHAPE_NAMES), len(SHAPE_NAMES) + N_MFCC)


class Prosody(SpeechEncoder):
    """One token per second of audio.

    Pitch, level and spectral columns look at voiced or spoken frames only; where a second has few,
    they are drawn to the clip's mean, which stands where it has none, so that pauses do not pose as
    low voices. Levels are absolute, in dB re full scale, and so carry the recording's gain. A rest
    of less than half a token belongs to the token before.

    Args:
        token_s: seconds per token.
    """

    version = 3

    def __init__(self, *, token_s: float = 1.0) -> None:
        if not 0.25 <= token_s <= 10:
            raise InputError(expected="token_s between 0.25 and 10", got=str(token_s))
        self.token_s = token_s
        spectral = (*SHAPE_NAMES, *MFCC_NAMES)
        spread = tuple(f"{name}_sd" for name in MFCC_NAMES[:4])
        self.feature_names = (*PITCH_NAMES, *LEVEL_NAMES, *RHYTHM_NAMES, *spectral, *spread)
        self.dim = len(self.feature_names)

    @property
    def fingerprint(self) -> str:
        """Changes with the token length and the torchaudio version."""
        settings = {"token_s": self.token_s, "torchaudio": torchaudio.__version__}
        return fingerprint("Prosody", self.version, settings)

    def tokens(self, chunks: Iterable[AudioChunk]) -> tuple[Array, Array, Array]:
        """One token per stretch; a rest of less than half of one belongs to the last."""
        pieces = token_pieces(chunks, round(self.token_s * self.sample_rate_hz))
        rows = [self._token(samples, speech) for samples, speech in pieces]
        values, frames = (
            np.array(part).reshape(-1, self.dim)
            for part in (list(part) for part in (zip(*rows, strict=True) if rows else ([], [])))
        )
        values = drawn_to_mean(values, frames, trusted=TRUSTED)
        start_s = np.arange(len(rows), dtype=np.float32) * np.float32(self.token_s)
        end_s = np.append(start_s[1:], np.float32(np.inf))[: len(rows)]
        return values.astype(np.float32), start_s, end_s

    def _token(self, samples: Array, speech: Array) -> tuple[list[float], list[float]]:
        """The columns of one second, and how many frames each rests on."""
        frames = torch.from_numpy(samples).unfold(0, _frame_length(self), _hop_length(self))
        power = band_power(frames, self.sample_rate_hz)
        level = 10 * power.sum(dim=-1).clamp(min=1e-10).log10().numpy()
        spoken = ramp(_at_frames(speech, len(frames), self), *SPOKEN)
        loud_db = loud_level_db(level, spoken)
        spoken = spoken * ramp(level - loud_db, *AUDIBLE_DB)
        heard = spoken * ramp(level - loud_db, *HEARD_DB)
        f0, strength = (x.numpy() for x in track_pitch(frames, self.sample_rate_hz))
        voiced = heard * ramp(strength, *VOICED) * ramp(level, *SILENT_DB)
        shape = spectral_shape(power, _frame_length(self), self.sample_rate_hz).numpy()
        columns = [
            pitch_columns(f0, strength, voiced, heard),
            level_columns(level, heard),
            rhythm_columns(level, voiced, spoken),
            (weighted_mean(shape, heard).tolist(), heard.sum()),
            (weighted_sd(shape[:, MFCC[:4]], heard).tolist(), heard.sum()),
        ]
        values = [value for part, _ in columns for value in part]
        return values, [float(n) for part, n in columns for _ in part]


def _frame_length(encoder: Prosody) -> int:
    return round(FRAME_S * encoder.sample_rate_hz)


def _hop_length(encoder: Prosody) -> int:
    return round(HOP_S * encoder.sample_rate_hz)


def _at_frames(speech: Array, n_frames: int, encoder: Prosody) -> Array:
    """Speech probability at the middle of each frame."""
    middles = np.arange(n_frames) * _hop_length(encoder) + _frame_length(encoder) // 2
    per_frame: Array = speech[middles.clip(max=len(speech) - 1)]
    return per_frame

"""Prosody tokens: pitch, loudness, voice quality, spectral shape and rhythm, second by second."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
import torchaudio

from src.contracts import Array, AudioChunk, Modality, TokenSequence
from src.encoders.audio.pitch import track_pitch
from src.encoders.audio.rhythm import SPEECH_THRESHOLD, pause_structure, syllable_nuclei
from src.encoders.audio.spectrum import MFCC_NAMES, SHAPE_NAMES, spectral_shape
from src.encoders.audio.stream import FRAME_S, HOP_S, SAMPLE_RATE_HZ, Tally, token_pieces
from src.encoders.base import fingerprint
from src.encoders.series import fill_with_column_means
from src.errors import InputError

VOICED_STRENGTH = 0.45
SILENCE_DB = -70.0
MIN_SPEECH_S = 0.25

PITCH_NAMES = (
    "log_f0_mean",
    "log_f0_sd",
    "log_f0_range",
    "log_f0_slope",
    "f0_change",  # frame to frame, a jitter-like roughness
    "voiced_fraction",
    "harmonicity",
)
LEVEL_NAMES = ("speech_db", "level_db", "level_sd_db", "level_slope_db", "level_change_db")
RHYTHM_NAMES = ("speech_fraction", "n_pauses", "longest_pause_s", "syllable_rate_hz")


class Prosody:
    """One token per second of audio.

    Pitch, level and spectral columns look at voiced or spoken frames only; where a second has none,
    they take the clip's mean, so that pauses do not pose as low voices. Levels are absolute, in dB
    re full scale, and so carry the recording's gain.

    Args:
        token_s: seconds per token.
    """

    modality: Modality = "audio"
    sample_rate_hz = SAMPLE_RATE_HZ
    version = 2

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

    def encode(self, chunks: Iterable[AudioChunk]) -> TokenSequence:
        """Tokens of one file; none when less than 0.25 s of it is speech.

        Args:
            chunks: consecutive chunks at 16 kHz with ``speech`` attached.

        Raises:
            InputError: when the rate is another or ``speech`` is missing.
        """
        tally = Tally()
        pieces = token_pieces(tally.watch(chunks), round(self.token_s * self.sample_rate_hz))
        rows = [self._token(samples, speech) for samples, speech in pieces]
        quality = tally.quality()
        enough = quality["speech_s"] >= MIN_SPEECH_S
        values = fill_with_column_means(np.array(rows, dtype=np.float64).reshape(-1, self.dim))
        start_s = np.arange(len(rows), dtype=np.float32) * np.float32(self.token_s)
        end_s = np.minimum(start_s + self.token_s, quality["duration_s"]).astype(np.float32)
        keep = slice(None) if enough else slice(0, 0)
        return TokenSequence(
            values=values[keep].astype(np.float32),
            start_s=start_s[keep],
            end_s=end_s[keep],
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality=quality,
        )

    def _token(self, samples: Array, speech: Array) -> list[float]:
        """One second: NaN where a column has nothing to look at."""
        frames = torch.from_numpy(samples).unfold(0, _frame_length(self), _hop_length(self))
        level = 10 * frames.square().mean(dim=-1).clamp(min=1e-10).log10().numpy()
        spoken = _at_frames(speech, len(frames), self) >= SPEECH_THRESHOLD
        f0, strength = (x.numpy() for x in track_pitch(frames, self.sample_rate_hz))
        voiced = (strength >= VOICED_STRENGTH) & (level > SILENCE_DB) & spoken
        shape = spectral_shape(frames, self.sample_rate_hz).numpy()[spoken]
        return [
            *_pitch_columns(f0, strength, voiced, spoken),
            *_level_columns(level, spoken),
            *_rhythm_columns(level, voiced, spoken),
            *_mean(shape, shape.shape[1]),
            *_spread(shape[:, len(SHAPE_NAMES) : len(SHAPE_NAMES) + 4]),
        ]


def _frame_length(encoder: Prosody) -> int:
    return round(FRAME_S * encoder.sample_rate_hz)


def _hop_length(encoder: Prosody) -> int:
    return round(HOP_S * encoder.sample_rate_hz)


def _at_frames(speech: Array, n_frames: int, encoder: Prosody) -> Array:
    """Speech probability at the middle of each frame."""
    middles = np.arange(n_frames) * _hop_length(encoder) + _frame_length(encoder) // 2
    per_frame: Array = speech[middles.clip(max=len(speech) - 1)]
    return per_frame


def _pitch_columns(f0: Array, strength: Array, voiced: Array, spoken: Array) -> list[float]:
    log_f0 = np.log(f0[voiced])
    voiced_share = float(voiced.sum() / max(spoken.sum(), 1)) if spoken.any() else np.nan
    if len(log_f0) < 3:
        return [np.nan] * 5 + [voiced_share, np.nan]
    times = np.flatnonzero(voiced) * HOP_S
    low, high = np.percentile(log_f0, [10, 90])
    return [
        float(np.median(log_f0)),
        float(log_f0.std()),
        float(high - low),
        _slope(times, log_f0),
        float(np.median(np.abs(np.diff(log_f0)))),
        voiced_share,
        float(strength[voiced].mean()),
    ]


def _level_columns(level: Array, spoken: Array) -> list[float]:
    if spoken.sum() < 3:
        return [np.nan, float(level.mean()), np.nan, np.nan, np.nan]
    speech = level[spoken]
    return [
        float(speech.mean()),
        float(level.mean()),
        float(speech.std()),
        _slope(np.flatnonzero(spoken) * HOP_S, speech),
        float(np.abs(np.diff(speech)).mean()),
    ]


def _rhythm_columns(level: Array, voiced: Array, spoken: Array) -> list[float]:
    share, n_pauses, longest_s = pause_structure(spoken, hop_s=HOP_S)
    spoken_s = spoken.sum() * HOP_S
    rate = len(syllable_nuclei(level, voiced, hop_s=HOP_S)) / spoken_s if spoken_s > 0.2 else np.nan
    return [share, n_pauses, longest_s, float(rate)]


def _slope(times: Array, values: Array) -> float:
    """Least-squares slope per second; 0 when all times are equal."""
    centred = times - times.mean()
    spread = float(np.square(centred).sum())
    return float((centred * values).sum() / spread) if spread > 0 else 0.0


def _mean(values: Array, width: int) -> list[float]:
    return values.mean(axis=0).tolist() if len(values) else [np.nan] * width


def _spread(values: Array) -> list[float]:
    return values.std(axis=0).tolist() if len(values) else [np.nan] * values.shape[1]

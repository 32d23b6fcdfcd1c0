"""A voice with another pitch, another vocal tract or another tempo.

Pitch moves with the formants kept, and formants with the pitch kept: the spectral envelope (by
cepstral liftering, Oppenheim & Schafer 2010, chapter 13) is taken off, moved or put back.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import torch
from scipy import signal
from torchaudio import functional as audio

from trifold.contracts import Array

WINDOW_S, HOP_SHARE = 0.032, 0.25
STEPS = 40  # denominator of a pitch ratio at most: within 3 cents
LIFTER_S = 0.002  # cepstrum below it is the vocal tract's: pitch is under 500 Hz
FLOOR = 1e-6


def pitch(samples: Array, *, rate_hz: int, semitones: float) -> Array:
    """Pitch by semitones, formants where they were."""
    if len(samples) < rate_hz * WINDOW_S:
        return samples
    ratio = 2.0 ** (semitones / 12.0)
    longer = tempo(samples, rate_hz=rate_hz, factor=1.0 / ratio)
    steps = Fraction(ratio).limit_denominator(STEPS)
    moved = signal.resample_poly(longer, steps.denominator, steps.numerator)
    moved = np.pad(moved, (0, max(0, len(samples) - len(moved))))
    was, now = _spectrum(samples, rate_hz), _spectrum(moved[: len(samples)], rate_hz)
    shaped = now * _envelope(was, rate_hz) / np.maximum(_envelope(now, rate_hz), FLOOR)
    return _sound(shaped, rate_hz, like=samples)


def formants(samples: Array, *, rate_hz: int, factor: float) -> Array:
    """A vocal tract shorter by ``factor``: formants higher, pitch where it was."""
    if len(samples) < rate_hz * WINDOW_S:
        return samples
    spectrum = _spectrum(samples, rate_hz)
    envelope = _envelope(spectrum, rate_hz)
    bins = np.arange(len(envelope))
    moved = np.stack([np.interp(bins / factor, bins, column) for column in envelope.T], axis=1)
    return _sound(spectrum * moved / np.maximum(envelope, FLOOR), rate_hz, like=samples)


def tempo(samples: Array, *, rate_hz: int, factor: float) -> Array:
    """Faster by ``factor`` at the same pitch; shorter by it (phase vocoder)."""
    if len(samples) < rate_hz * WINDOW_S:
        return samples
    size = _size(rate_hz)
    hop = round(size * HOP_SHARE)
    window = torch.hann_window(size)
    wave = torch.from_numpy(np.ascontiguousarray(samples, np.float32))
    spectrum = torch.stft(wave, size, hop, window=window, return_complex=True)
    advance = torch.linspace(0, np.pi * hop, spectrum.shape[0])[:, None]
    stretched = audio.phase_vocoder(spectrum, factor, advance)
    length = round(len(samples) / factor)
    return torch.istft(stretched, size, hop, window=window, length=length).numpy()


def _size(rate_hz: int) -> int:
    return 2 ** round(np.log2(rate_hz * WINDOW_S))


def _spectrum(samples: Array, rate_hz: int) -> Array:
    """(F, frames) short-time spectrum."""
    size = _size(rate_hz)
    hop = round(size * HOP_SHARE)
    return signal.stft(samples, rate_hz, nperseg=size, noverlap=size - hop)[2]


def _envelope(spectrum: Array, rate_hz: int) -> Array:
    """(F, frames) smooth magnitude: the first part of each frame's cepstrum."""
    cepstrum = np.fft.irfft(np.log(np.abs(spectrum) + FLOOR), axis=0)
    keep = round(LIFTER_S * rate_hz)
    cepstrum[keep : len(cepstrum) - keep + 1] = 0.0
    return np.exp(np.fft.rfft(cepstrum, axis=0).real)


def _sound(spectrum: Array, rate_hz: int, *, like: Array) -> Array:
    """The waveform, as long and as loud as another."""
    size = _size(rate_hz)
    hop = round(size * HOP_SHARE)
    wave = signal.istft(spectrum, rate_hz, nperseg=size, noverlap=size - hop)[1][: len(like)]
    wave = np.pad(wave, (0, len(like) - len(wave)))
    level = np.sqrt(np.mean(like**2) / max(float(np.mean(wave**2)), FLOOR**2))
    return np.clip(wave * level, -1.0, 1.0)

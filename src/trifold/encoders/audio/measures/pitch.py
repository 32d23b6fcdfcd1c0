"""Fundamental frequency by autocorrelation, all frames at once."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from trifold.encoders.audio.measures.spectrum import squared

LOWEST_HZ, HIGHEST_HZ = 65.0, 420.0
OCTAVE_COST = 0.02
BAND_HZ = (50.0, 3000.0)  # of the harmonics that tell a period: codecs keep them best


def track_pitch(frames: Tensor, sample_rate_hz: int) -> tuple[Tensor, Tensor]:
    """Strongest period of each frame.

    Boersma (1993): the autocorrelation of the windowed frame is divided by that of the window, and
    a small cost per octave keeps the tracker off multiples of the period. The peak is refined by a
    parabola through its neighbours.

    Args:
        frames: (n, W) float32; W should span two periods of 65 Hz at least.
        sample_rate_hz: rate of the samples.

    Returns:
        f0 in Hz (n,) and harmonic strength (n,) in [0, 1]; strength 0 for a silent frame.
    """
    width = frames.shape[-1]
    window, of_window = _window(width)
    centred = (frames - frames.mean(dim=-1, keepdim=True)) * window
    shortest = int(sample_rate_hz / HIGHEST_HZ)
    longest = min(int(sample_rate_hz / LOWEST_HZ) + 1, width // 2)
    correlation = _autocorrelation(centred, longest + 2, sample_rate_hz)
    strength = correlation / of_window[:, : longest + 2]
    score = strength[:, shortest : longest + 1] - _cost(shortest, longest, sample_rate_hz)
    best = score.argmax(dim=-1) + shortest
    return _refine(strength, best, sample_rate_hz)


@lru_cache(maxsize=4)
def _window(width: int) -> tuple[Tensor, Tensor]:
    """(W,) window and (1, W // 2 + 2) its autocorrelation."""
    window = torch.hann_window(width, periodic=False)
    return window, _autocorrelation(window[None], width // 2 + 2)


def _autocorrelation(frames: Tensor, n_lags: int, sample_rate_hz: int | None = None) -> Tensor:
    """(n, n_lags) autocorrelation divided by lag 0, of ``BAND_HZ`` where a rate is given.

    Zeros for silent frames.
    """
    size = 1 << math.ceil(math.log2(frames.shape[-1] + n_lags))
    power = squared(torch.fft.rfft(frames, size))
    if sample_rate_hz is not None:
        power *= _in_band(size, sample_rate_hz)
    correlation = torch.fft.irfft(power, size)[:, :n_lags]
    energy = correlation[:, :1]
    return torch.where(energy > 1e-9, correlation / energy.clamp(min=1e-9), 0.0)


@lru_cache(maxsize=4)
def _in_band(size: int, sample_rate_hz: int) -> Tensor:
    """(size // 2 + 1,) 1 for the bins of ``BAND_HZ``, else 0."""
    hz = torch.fft.rfftfreq(size, 1 / sample_rate_hz)
    return ((hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])).float()


@lru_cache(maxsize=4)
def _cost(shortest: int, longest: int, sample_rate_hz: int) -> Tensor:
    """(longest - shortest + 1,) of each lag."""
    lags = torch.arange(shortest, longest + 1)
    return OCTAVE_COST * torch.log2(lags * (LOWEST_HZ / sample_rate_hz))


def _refine(strength: Tensor, best: Tensor, sample_rate_hz: int) -> tuple[Tensor, Tensor]:
    """Parabolic interpolation around the best lag."""
    left, mid, right = (strength.gather(1, (best + d)[:, None])[:, 0] for d in (-1, 0, 1))
    curve = left - 2 * mid + right
    shift = torch.where(curve.abs() > 1e-9, 0.5 * (left - right) / curve, 0.0).clamp(-0.5, 0.5)
    return sample_rate_hz / (best + shift), mid.clamp(0.0, 1.0)

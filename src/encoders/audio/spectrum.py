"""Spectral shape of frames: centroid, roll-off, slope, flux, band levels, MFCC."""

from __future__ import annotations

from functools import lru_cache

import torch
import torchaudio.functional as F
from torch import Tensor

N_MELS, N_MFCC = 26, 12
BANDS_HZ = ((0, 500), (500, 1000), (1000, 2000), (2000, 4000), (4000, 8000))
SHAPE_NAMES = (
    "centroid_khz",
    "rolloff_khz",
    "slope_db_per_khz",
    "flux",
    *(f"band_{low}_{high}_hz_db" for low, high in BANDS_HZ),
)
MFCC_NAMES = tuple(f"mfcc_{i}" for i in range(1, N_MFCC + 1))
_FLOOR = 1e-10


def spectral_shape(frames: Tensor, sample_rate_hz: int) -> Tensor:
    """Shape and MFCC of each frame.

    Args:
        frames: (n, W) float32, in order, neighbours overlapping.
        sample_rate_hz: rate of the samples.

    Returns:
        (n, len(SHAPE_NAMES) + 12): centroid and 85 % roll-off in kHz, spectral slope in dB/kHz,
        flux against the frame before (0 for the first), each band's share of the power in dB, then
        MFCC 1–12.
    """
    width = frames.shape[-1]
    power = torch.fft.rfft(frames * torch.hann_window(width), width).abs().square() + _FLOOR
    hz = torch.fft.rfftfreq(width, 1 / sample_rate_hz)
    share = power / power.sum(dim=-1, keepdim=True)
    shape = torch.stack(
        [
            (share * hz).sum(dim=-1) / 1000,
            _rolloff_khz(share, hz),
            _slope(power, hz),
            _flux(share),
            *_band_levels(share, hz),
        ],
        dim=-1,
    )
    return torch.cat([shape, _mfcc(power, sample_rate_hz)], dim=-1)


def _rolloff_khz(share: Tensor, hz: Tensor) -> Tensor:
    return hz[(share.cumsum(dim=-1) < 0.85).sum(dim=-1).clamp(max=len(hz) - 1)] / 1000


def _slope(power: Tensor, hz: Tensor) -> Tensor:
    """Least-squares slope of the level in dB over frequency in kHz."""
    level = 10 * power.log10()
    khz = hz / 1000 - hz.mean() / 1000
    return (level * khz).sum(dim=-1) / khz.square().sum()


def _flux(share: Tensor) -> Tensor:
    change = (share[1:].sqrt() - share[:-1].sqrt()).square().sum(dim=-1)
    return torch.cat([change.new_zeros(1), change]) if len(share) else change


def _band_levels(share: Tensor, hz: Tensor) -> list[Tensor]:
    bands = [(hz >= low) & (hz < high) for low, high in BANDS_HZ]
    return [10 * (share[:, band].sum(dim=-1) + 1e-6).log10() for band in bands]


def _mfcc(power: Tensor, sample_rate_hz: int) -> Tensor:
    """Coefficients 1–12 of the orthonormal DCT-II of log mel energies."""
    banks, dct = _mel_and_dct(power.shape[-1], sample_rate_hz)
    return (power @ banks).clamp(min=_FLOOR).log() @ dct


@lru_cache(maxsize=4)
def _mel_and_dct(n_bins: int, sample_rate_hz: int) -> tuple[Tensor, Tensor]:
    banks = F.melscale_fbanks(n_bins, 20.0, sample_rate_hz / 2, N_MELS, sample_rate_hz)
    return banks, F.create_dct(N_MFCC + 1, N_MELS, norm="ortho")[:, 1:]

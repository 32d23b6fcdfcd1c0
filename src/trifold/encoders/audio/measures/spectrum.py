"""Spectral shape of frames: centroid, roll-off, slope, flux, band levels, MFCC.

All of it looks at the band that microphones, resamplers and codecs keep, in bands wide enough to
average their noise, and at nothing that lies far below the frame's own power: the holes that codecs
leave there, and what they fill them with, say nothing about a voice.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torchaudio.functional as F
from torch import Tensor

BAND_HZ = (60.0, 7000.0)
SLOPE_HZ, SLOPE_STEP_HZ = (250, 5250), 500
N_MELS, N_MFCC = 26, 12
BANDS_HZ = ((60, 500), (500, 1000), (1000, 2000), (2000, 4000), (4000, 7000))
SHAPE_NAMES = (
    "centroid_khz",
    "rolloff_khz",
    "slope_db_per_khz",
    "flux",
    *(f"band_{low}_{high}_hz_db" for low, high in BANDS_HZ),
)
MFCC_NAMES = tuple(f"mfcc_{i}" for i in range(1, N_MFCC + 1))
FLOOR = 3e-4  # of the frame's power, in every band
_SILENCE = 1e-12


def band_power(frames: Tensor, sample_rate_hz: int) -> Tensor:
    """(n, W) frames to (n, F) mean square per bin of ``BAND_HZ``, as a Hann window sees them."""
    width = frames.shape[-1]
    window, scale = _window(width)
    return squared(torch.fft.rfft(frames * window, width)[:, _kept(width, sample_rate_hz)]) * scale


def squared(spectrum: Tensor) -> Tensor:
    """Squared magnitudes of complex numbers, without the root that ``abs`` takes."""
    return spectrum.real.square() + spectrum.imag.square()


def spectral_shape(power: Tensor, width: int, sample_rate_hz: int) -> Tensor:
    """Shape and MFCC of each frame.

    Args:
        power: (n, F) of frames in order, neighbours overlapping, as ``band_power`` gives them.
        width: samples of a frame.
        sample_rate_hz: rate of the samples.

    Returns:
        (n, len(SHAPE_NAMES) + 12): centroid and 85 % roll-off in kHz, spectral slope in dB/kHz,
        flux against the frame before (0 for the first), each band's share of the power in dB, then
        MFCC 1–12.
    """
    power = power + _SILENCE
    share = power / power.sum(dim=-1, keepdim=True)
    hz = _kept_hz(width, sample_rate_hz)
    mel, slope, bands, dct = _banks(width, sample_rate_hz)
    mels = share @ mel + FLOOR
    shape = torch.stack(
        [
            (share * hz).sum(dim=-1) / 1000,
            _rolloff_khz(share, hz),
            10 * (share @ slope + FLOOR).log10() @ _fit_of_slope(slope.shape[-1]),
            _flux(mels),
            *(10 * (share @ bands + FLOOR).log10()).unbind(dim=-1),
        ],
        dim=-1,
    )
    return torch.cat([shape, mels.log() @ dct], dim=-1)


def _rolloff_khz(share: Tensor, hz: Tensor) -> Tensor:
    return hz[(share.cumsum(dim=-1) < 0.85).sum(dim=-1).clamp(max=len(hz) - 1)] / 1000


def _flux(mels: Tensor) -> Tensor:
    root = (mels / mels.sum(dim=-1, keepdim=True)).sqrt()
    change = (root[1:] - root[:-1]).square().sum(dim=-1)
    return torch.cat([change.new_zeros(1), change]) if len(mels) else change


@lru_cache(maxsize=4)
def _window(width: int) -> tuple[Tensor, Tensor]:
    """(W,) window and what makes squares of its spectra mean squares."""
    window = torch.hann_window(width)
    return window, 2 / (width * window.square().sum())


@lru_cache(maxsize=4)
def _fit_of_slope(n: int) -> Tensor:
    """(n,) weights that make levels in dB their least-squares slope per kHz."""
    khz = torch.arange(n) * (SLOPE_STEP_HZ / 1000)
    khz = khz - khz.mean()
    return khz / khz.square().sum()


@lru_cache(maxsize=4)
def _kept_hz(width: int, sample_rate_hz: int) -> Tensor:
    return torch.fft.rfftfreq(width, 1 / sample_rate_hz)[_kept(width, sample_rate_hz)]


@lru_cache(maxsize=4)
def _kept(width: int, sample_rate_hz: int) -> slice:
    """The bins of ``BAND_HZ``."""
    hz = torch.fft.rfftfreq(width, 1 / sample_rate_hz)
    first, end = torch.searchsorted(hz, torch.tensor(BAND_HZ)).tolist()
    return slice(first, end)


@lru_cache(maxsize=4)
def _banks(width: int, sample_rate_hz: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What sums the kept bins: triangular mel bands, bands of the slope, ``BANDS_HZ``; the DCT."""
    hz, kept = torch.fft.rfftfreq(width, 1 / sample_rate_hz), _kept(width, sample_rate_hz)
    mel = F.melscale_fbanks(len(hz), *BAND_HZ, N_MELS, sample_rate_hz)[kept]
    edges = range(*SLOPE_HZ, SLOPE_STEP_HZ)
    slope = torch.stack([_between(hz[kept], low, low + SLOPE_STEP_HZ) for low in edges], dim=-1)
    bands = torch.stack([_between(hz[kept], *band) for band in BANDS_HZ], dim=-1)
    return mel, slope, bands, F.create_dct(N_MFCC + 1, N_MELS, norm="ortho")[:, 1:]


def _between(hz: Tensor, low: float, high: float) -> Tensor:
    return ((hz >= low) & (hz < high)).float()

"""Sound as it comes from other rooms, microphones, lines and codecs: (N,) in, (N,) out.

Every function takes a mono waveform in [-1, 1] and returns one of the same length unless it says
otherwise; what is random is drawn from the generator that is handed in.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from trifold.contracts import Array

Generator = np.random.Generator
PEAK = 1.0
QUIET = 1e-8  # of a power: nothing is added to silence


def gain(samples: Array, *, db: float) -> Array:
    """Louder or softer by ``db``, without clipping: a recorder's level."""
    louder = samples * 10.0 ** (db / 20.0)
    peak = np.abs(louder).max(initial=0.0)
    return louder / peak if peak > PEAK else louder


def clipping(samples: Array, *, share: float) -> Array:
    """Driven so far that ``share`` of the samples stand at full scale."""
    level = np.quantile(np.abs(samples), 1.0 - share)
    return np.clip(samples / max(level, QUIET), -PEAK, PEAK)


def edges(samples: Array, *, rate_hz: int, lead_s: float, tail_s: float) -> Array:
    """Silence before and after; longer by both."""
    return np.pad(samples, (round(lead_s * rate_hz), round(tail_s * rate_hz)))


def telephone(samples: Array, *, rate_hz: int, low_hz: float = 300, high_hz: float = 3400) -> Array:
    """What a telephone line lets through (ITU-T G.712)."""
    bands = signal.butter(6, (low_hz, high_hz), "bandpass", fs=rate_hz, output="sos")
    return signal.sosfiltfilt(bands, samples) if len(samples) > 64 else samples


def pink_noise(samples: Array, *, snr_db: float, generator: Generator) -> Array:
    """Noise whose power falls with frequency, like that of rooms, at a signal-to-noise ratio."""
    if not len(samples):
        return samples
    spectrum = np.fft.rfft(generator.standard_normal(len(samples)))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0))
    return _with_noise(samples, np.fft.irfft(spectrum, len(samples)), snr_db)


def babble(samples: Array, *, snr_db: float, generator: Generator, voices: int = 6) -> Array:
    """The same voice backwards at several delays: speech-like, and nobody's words."""
    if not len(samples):
        return samples
    delays = generator.integers(0, len(samples), voices)
    crowd = np.sum([np.roll(samples[::-1], delay) for delay in delays], axis=0)
    return _with_noise(samples, crowd, snr_db)


def reverberation(samples: Array, *, rate_hz: int, rt60_s: float, generator: Generator) -> Array:
    """A room whose echo falls by 60 dB in ``rt60_s`` (exponentially decaying noise)."""
    if not len(samples):
        return samples
    length = max(1, round(rt60_s * rate_hz))
    decay = 10.0 ** (-3.0 * np.arange(length) / length)
    response = 0.3 * decay * generator.standard_normal(length)
    response[0] = 1.0
    wet = signal.fftconvolve(samples, response)[: len(samples)]
    return _as_loud(wet, samples)


def resampled(samples: Array, *, rate_hz: int, through_hz: int) -> Array:
    """Down to another rate and back: what lies above half of that rate is gone."""
    there = signal.resample_poly(samples, through_hz, rate_hz)
    back: Array = signal.resample_poly(there, rate_hz, through_hz)[: len(samples)]
    return np.pad(back, (0, len(samples) - len(back)))


def first_half(samples: Array) -> Array:
    """Silent from the middle on."""
    kept = samples.copy()
    kept[len(kept) // 2 :] = 0.0
    return kept


def silenced(samples: Array) -> Array:
    """Nothing to hear."""
    return np.zeros_like(samples)


def _with_noise(samples: Array, noise: Array, snr_db: float) -> Array:
    powers = [float(np.mean(x**2)) if len(x) else 0.0 for x in (samples, noise)]
    if min(powers) < QUIET**2:
        return samples
    level = np.sqrt(powers[0] / powers[1] / 10.0 ** (snr_db / 10.0))
    mixed = samples + level * noise
    peak = np.abs(mixed).max(initial=0.0)
    return mixed / peak if peak > PEAK else mixed


def _as_loud(samples: Array, like: Array) -> Array:
    """At the other's root mean square, within full scale."""
    level = np.sqrt(np.mean(like**2) / max(float(np.mean(samples**2)), QUIET**2))
    return np.clip(samples * level, -PEAK, PEAK)

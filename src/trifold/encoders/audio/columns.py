"""Columns of prosody from the frames of one second, each frame counting by a weight.

Weights rise and fall where a threshold would jump: a frame that is just speech in one copy of a
recording and just none in another, encoded anew, then moves the columns as little as it moved
itself. Frames far below the loud ones of their second do not count at all: codecs fill them with
whatever costs least.
"""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array
from trifold.encoders.audio.measures.rhythm import pause_structure, syllable_count
from trifold.encoders.audio.stream import HOP_S

LOUD = 0.9  # quantile of the spoken frames that are loud
OCTAVE = float(np.log(2))
JUMP = 0.8  # octaves off the second's median, from which a pitch is the octave above or below

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

Columns = tuple[list[float], float]  # values, NaN where there are none, and the frames behind them


def ramp(values: Array, low: float, high: float) -> Array:
    """0 up to ``low``, 1 from ``high`` on, straight between."""
    share: Array = np.clip((values - low) / (high - low), 0.0, 1.0)
    return share


def loud_level_db(level_db: Array, spoken: Array) -> float:
    """Level of the loud spoken frames; of the loudest frame where nobody speaks."""
    if spoken.sum() <= 0:
        return float(level_db.max())
    return weighted_quantile(level_db, spoken, LOUD)


def pitch_columns(f0: Array, strength: Array, voiced: Array, heard: Array) -> Columns:
    """``PITCH_NAMES`` from pitch in Hz, its strength and weights of voiced and of all frames."""
    count = float(voiced.sum())
    share = count / float(heard.sum()) if heard.sum() > 0 else np.nan
    if count < 3:
        return [*[np.nan] * 5, share, np.nan], count
    log_f0 = np.log(f0)
    middle = weighted_quantile(log_f0, voiced, 0.5)
    octaves = np.rint((log_f0 - middle) / OCTAVE)
    far = np.abs(log_f0 - middle) > JUMP * OCTAVE
    log_f0 = np.where(far, log_f0 - octaves * OCTAVE, log_f0)
    low, high = (weighted_quantile(log_f0, voiced, q) for q in (0.1, 0.9))
    both = np.minimum(voiced[1:], voiced[:-1])
    steps = np.abs(np.diff(log_f0))
    return [
        middle,
        float(weighted_sd(log_f0[:, None], voiced)[0]),
        high - low,
        weighted_slope(log_f0, voiced),
        weighted_quantile(steps, both, 0.5) if both.sum() > 0 else 0.0,
        share,
        float(weighted_mean(strength[:, None], voiced)[0]),
    ], count


def level_columns(level_db: Array, heard: Array) -> Columns:
    """``LEVEL_NAMES``; levels are those of mean powers, which silence hardly moves."""
    power = 10 ** (level_db / 10)
    whole_db = float(10 * np.log10(power.mean()))
    count = float(heard.sum())
    if count < 3:
        return [np.nan, whole_db, np.nan, np.nan, np.nan], count
    both = np.minimum(heard[1:], heard[:-1])[:, None]
    return [
        float(10 * np.log10(weighted_mean(power[:, None], heard)[0])),
        whole_db,
        float(weighted_sd(level_db[:, None], heard)[0]),
        weighted_slope(level_db, heard),
        float(weighted_mean(np.abs(np.diff(level_db))[:, None], both[:, 0])[0]),
    ], count


def rhythm_columns(level_db: Array, voiced: Array, spoken: Array) -> Columns:
    """``RHYTHM_NAMES``."""
    share, n_pauses, longest_s = pause_structure(spoken, hop_s=HOP_S)
    spoken_s = float(spoken.sum()) * HOP_S
    nuclei = syllable_count(level_db, voiced, hop_s=HOP_S)
    return [share, n_pauses, longest_s, nuclei / spoken_s if spoken_s > 0.2 else np.nan], len(
        spoken
    )


def weighted_mean(values: Array, weight: Array) -> Array:
    """(n, C) over the first axis; NaN where no frame counts."""
    total = weight.sum()
    if total <= 0:
        return np.full(values.shape[1], np.nan)
    mean: Array = weight @ values / total
    return mean


def weighted_sd(values: Array, weight: Array) -> Array:
    """(n, C) over the first axis; NaN where no frame counts."""
    return np.sqrt(weighted_mean(np.square(values - weighted_mean(values, weight)), weight))


def weighted_quantile(values: Array, weight: Array, quantile: float) -> float:
    """Of (n,), between the middles of neighbours' weights; some weight must be positive."""
    order = np.argsort(values, kind="stable")
    ranks = np.cumsum(weight[order]) - 0.5 * weight[order]
    counts = weight[order] > 0
    return float(np.interp(quantile * weight.sum(), ranks[counts], values[order][counts]))


def weighted_slope(values: Array, weight: Array) -> float:
    """Least-squares slope of (n,) frames per second; 0 when all weight is at one time."""
    times = np.arange(len(values)) * HOP_S
    centred = times - (weight @ times) / weight.sum()
    spread = float(weight @ np.square(centred))
    return float((weight * centred) @ values / spread) if spread > 0 else 0.0

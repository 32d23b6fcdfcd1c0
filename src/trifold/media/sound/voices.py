"""Whether two recordings of the same time hold the same voice, from how loudness goes up and down.

Nobody is recognised. A voice that two microphones hear is loud and soft in both at the same time
and always by about the same difference, whatever their level, room or noise; two people are not.
"""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array

WINDOW_S = 0.032  # of the loudness, as voice activity has it
MOST_LAG = 20  # windows by which one microphone may be late, as wireless ones are
RANGE_DB = 30.0  # below the loud windows of a channel, all is background
LOUD_SHARE = 95  # percentile that stands for the loud windows
ALIKE = 0.6  # correlation of loudness: measured .86 and more for one voice, .5 and less for two
STRAYS_DB, STRAYS_S = 8.0, 0.9  # one channel alone goes up by so much for so long: another speaks
SECOND = 31  # windows


def same_voice(first: Array, second: Array, spoken: Array) -> bool:
    """Whether two channels carry one voice.

    Args:
        first: (n,) mean squares per window.
        second: (n,) of the other channel, at the same times.
        spoken: (n,) True where somebody speaks in either.
    """
    if spoken.sum() < 2:
        return True
    a, b = _loudness_db(first), _loudness_db(second)
    near = np.convolve(spoken, np.ones(2 * MOST_LAG + 1), mode="same") > 0
    lags = range(-MOST_LAG, MOST_LAG + 1)
    alike, lag = max((_correlation(a, np.roll(b, lag), near), lag) for lag in lags)
    return alike >= ALIKE and _strays_s(a - np.roll(b, lag), spoken) < STRAYS_S


def _loudness_db(energies: Array) -> Array:
    """Loudness smoothed over three windows, no lower than the channel's background."""
    smooth = np.convolve(energies, np.ones(3) / 3, mode="same")
    level = 10 * np.log10(smooth + 1e-12)
    top = np.percentile(level, LOUD_SHARE)
    loudness: Array = np.clip(level, top - RANGE_DB, top)
    return loudness


def _correlation(a: Array, b: Array, where: Array) -> float:
    a, b = a[where] - a[where].mean(), b[where] - b[where].mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else 0.0


def _strays_s(difference_db: Array, spoken: Array) -> float:
    """Seconds in which the difference of two channels, over a second of speech, is unusual."""
    second = np.ones(SECOND)
    n_spoken = np.convolve(spoken, second, mode="same")
    total = np.convolve(difference_db * spoken, second, mode="same")
    enough = n_spoken > SECOND / 2
    if not enough.any():
        return 0.0
    mean = total[enough] / n_spoken[enough]
    return float((np.abs(mean - np.median(mean)) > STRAYS_DB).sum()) * WINDOW_S

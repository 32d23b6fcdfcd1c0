"""The steady noise behind a voice, from the levels of the pauses, in memory that does not grow."""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array

PAUSE = 0.15  # probability of speech below which a window is a pause: breaths and word ends are not
ENOUGH = 10  # windows of 32 ms: what is known of fewer is chance
LOWEST_DB, STEP_DB = -90.0, 0.25  # 16-bit sound has no lower noise; width of a level's bin
WEAKEST = 0.01  # of the noise: a voice no louder than that cannot be told from it


class Background:
    """Levels of windows without speech, counted in bins.

    The noise is the median window, so that a cough or a word that voice activity missed is none.
    """

    def __init__(self) -> None:
        self._counts = np.zeros(round(-LOWEST_DB / STEP_DB) + 1, dtype=np.int64)

    def add(self, powers: Array, speech: Array) -> None:
        """Count some windows: (n,) mean squares and (n,) probabilities of speech."""
        quiet = powers[speech < PAUSE]
        levels = 10 * np.log10(np.maximum(quiet, 10 ** (LOWEST_DB / 10)))
        bins = np.round((np.minimum(levels, 0.0) - LOWEST_DB) / STEP_DB).astype(np.int64)
        self._counts += np.bincount(bins, minlength=len(self._counts))

    @property
    def power(self) -> float | None:
        """Mean square of the median window; None where there are too few pauses to know."""
        total = int(self._counts.sum())
        if total < ENOUGH:
            return None
        middle = int(np.searchsorted(np.cumsum(self._counts), (total + 1) // 2))
        return float(10 ** ((LOWEST_DB + STEP_DB * middle) / 10))


def snr_db(heard: float, noise: float) -> float:
    """Signal-to-noise ratio in dB, at least -20: the voice is what is heard beyond the noise.

    Args:
        heard: mean square of voice and noise together.
        noise: mean square of the noise, above 0.
    """
    return 10 * float(np.log10(max(heard - noise, WEAKEST * noise) / noise))

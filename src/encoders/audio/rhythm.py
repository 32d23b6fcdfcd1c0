"""When somebody speaks and how fast, from voice activity and the energy envelope."""

from __future__ import annotations

import numpy as np

from src.contracts import Array

SPEECH_THRESHOLD = 0.5
MIN_SYLLABLE_S = 0.08
MIN_DIP_DB = 2.0


def syllable_nuclei(level_db: Array, voiced: Array, *, hop_s: float) -> Array:
    """Frames that carry a syllable nucleus.

    De Jong and Wempe (2009): peaks of the energy envelope that stand at least 2 dB above the dips
    around them, counted only where the frame is voiced.

    Args:
        level_db: (n,) level per frame.
        voiced: (n,) bool.
        hop_s: seconds between frames.

    Returns:
        (m,) frame numbers.
    """
    from scipy.signal import find_peaks  # slow to load, and scoring from the cache does without

    distance = max(1, round(MIN_SYLLABLE_S / hop_s))
    smooth = np.convolve(level_db, np.full(5, 0.2), mode="same")
    peaks, _ = find_peaks(smooth, prominence=MIN_DIP_DB, distance=distance)
    nuclei: Array = peaks[voiced[peaks]]
    return nuclei


def pause_structure(speech: Array, *, hop_s: float) -> tuple[float, float, float]:
    """Speech share, number of pauses and the longest one in seconds.

    A pause is a stretch of non-speech of at least 0.1 s, wherever it lies.

    Args:
        speech: (n,) bool per frame.
        hop_s: seconds between frames.
    """
    if len(speech) == 0:
        return 0.0, 0.0, 0.0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (~speech).astype(np.int8), [0]])))
    lengths = (edges[1::2] - edges[::2]) * hop_s
    long = lengths[lengths >= 0.1]
    return float(speech.mean()), float(len(long)), float(long.max(initial=0.0))

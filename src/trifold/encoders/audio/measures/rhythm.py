"""When somebody speaks and how fast, from voice activity and the energy envelope."""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array

SPEECH_THRESHOLD = 0.5
MIN_SYLLABLE_S = 0.08
DIP_DB = (1.0, 3.0)  # a peak that stands so high above the dips counts a little, and whole
PAUSE_S = (0.06, 0.14)  # likewise a pause so long
RANGE_DB = 35.0  # below the loudest frame all is silence


def syllable_count(level_db: Array, voiced: Array, *, hop_s: float) -> float:
    """How many syllable nuclei there are.

    De Jong and Wempe (2009): peaks of the energy envelope that stand at least 2 dB above the dips
    around them, counted only where the frame is voiced. Here peaks of nearly 2 dB count in part.

    Args:
        level_db: (n,) level per frame.
        voiced: (n,) weight of the frame as a voiced one.
        hop_s: seconds between frames.
    """
    from scipy.signal import find_peaks  # slow to load, and scoring from the cache does without

    distance = max(1, round(MIN_SYLLABLE_S / hop_s))
    heard = np.pad(np.maximum(level_db, level_db.max() - RANGE_DB), 2, mode="edge")
    smooth = np.convolve(heard, np.full(5, 0.2), mode="valid")
    low, high = DIP_DB
    peaks, found = find_peaks(smooth, prominence=low, distance=distance)
    whole = np.clip((found["prominences"] - low) / (high - low), 0.0, 1.0)
    return float(whole @ voiced[peaks])


def pause_structure(spoken: Array, *, hop_s: float) -> tuple[float, float, float]:
    """Speech share, number of pauses and the longest one in seconds.

    A pause is a stretch of non-speech of about 0.1 s at least, wherever it lies.

    Args:
        spoken: (n,) weight of each frame as speech, or bool.
        hop_s: seconds between frames.
    """
    if len(spoken) == 0:
        return 0.0, 0.0, 0.0
    silent = (np.asarray(spoken, float) < SPEECH_THRESHOLD).astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent, [0]])))
    lengths = (edges[1::2] - edges[::2]) * hop_s
    low, high = PAUSE_S
    whole = np.clip((lengths - low) / (high - low), 0.0, 1.0)
    longest = float((lengths * whole).max(initial=0.0))
    return float(np.mean(spoken)), float(whole.sum()), longest

"""Standard scores: z, T, stanine and sten, linear and normalised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.contracts import Array

SKEWED = 0.5  # |skewness| above which normalised scores are read
STANINE_CUTS = (-1.75, -1.25, -0.75, -0.25, 0.25, 0.75, 1.25, 1.75)


@dataclass(frozen=True)
class StandardScores:
    """One score in the units of the field.

    Attributes:
        z: in standard deviations from the norm group's mean.
        t: 50 + 10 z.
        stanine: 1 to 9.
        sten: 1 to 10.
    """

    z: float
    t: float
    stanine: int
    sten: int


def standard(z: float) -> StandardScores:
    """All units of one z."""
    return StandardScores(z, float(t_score(z)), int(stanine(z)), int(sten(z)))


def t_score(z: Array | float) -> Array:
    """T = 50 + 10 z (McCall 1922)."""
    return 50 + 10 * np.asarray(z, dtype=float)


def stanine(z: Array | float) -> Array:
    """⌊2z + 5.5⌋ within 1 to 9: cuts at z = ±.25, ±.75, ±1.25, ±1.75."""
    return np.clip(np.floor(2 * np.asarray(z, dtype=float) + 5.5), 1, 9).astype(int)


def sten(z: Array | float) -> Array:
    """⌊2z + 6⌋ within 1 to 10: cuts at whole and half standard deviations."""
    return np.clip(np.floor(2 * np.asarray(z, dtype=float) + 6), 1, 10).astype(int)


def normalised_z(percentile: Array | float, n: float) -> Array:
    """Φ⁻¹(PR / 100), with ranks kept half a person from the ends, where z would be infinite.

    Args:
        percentile: 0 to 100.
        n: people of the norm group.
    """
    share = np.clip(np.asarray(percentile, dtype=float) / 100, 0.5 / n, 1 - 0.5 / n)
    return np.asarray(stats.norm.ppf(share))

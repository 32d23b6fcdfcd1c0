"""How a norm group's raw scores lie: counts in bins, and what stands below a score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.errors import InputError

MOST_BINS = 200  # scores with more distinct values are counted in this many equal bins
COARSE = 0.05  # of all people in one equal bin, from which bins hold equal numbers of people


@dataclass(frozen=True)
class Distribution:
    """Counts of scores in bins.

    Attributes:
        edges: (B + 1,) ascending ends of the bins, on the raw scale.
        cumulative: (B,) people up to the end of each bin, the first included.
        lowest, highest: scores that were seen; what lies beyond them is extrapolated.
    """

    edges: Array
    cumulative: Array
    lowest: float
    highest: float

    @property
    def n(self) -> float:
        """People, or their effective number where they are weighted."""
        return float(self.cumulative[-1])

    @property
    def counts(self) -> Array:
        """(B,) people in each bin."""
        return np.diff(self.cumulative, prepend=0.0)

    def below(self, score: float) -> float:
        """People below a score, those of its own bin by half (n_below + ½ n_equal)."""
        if not np.isfinite(score):
            raise InputError(expected="a finite score", got=str(score))
        if not self.lowest <= score <= self.highest:
            return 0.0 if score < self.lowest else self.n
        place = int(np.searchsorted(self.edges, score, side="right")) - 1
        place = min(place, len(self.cumulative) - 1)  # the highest score may be the last edge
        before = float(self.cumulative[place - 1]) if place else 0.0
        return (before + float(self.cumulative[place])) / 2

    def share_below(self, score: Array) -> Array:
        """F(x) with the scores of a bin spread evenly over it (Kolen & Brennan 2014, eq. 2.14)."""
        share: Array = np.interp(score, self.edges, [0.0, *(self.cumulative / self.n)])
        return share

    def score_at(self, share: Array) -> Array:
        """The inverse of ``share_below``; at empty bins the end of the last of them.

        Kolen & Brennan (2014, eq. 2.18) with y*_U, the first score with more people below.
        """
        points = np.array([0.0, *(self.cumulative / self.n)])
        share = np.clip(share, 0, 1)
        upper = np.clip(np.searchsorted(points, share, side="right"), 1, len(self.cumulative))
        # at the very top the bin is the last one that holds anybody
        upper = np.minimum(upper, int(np.searchsorted(points, 1.0, side="left")))
        rise = points[upper] - points[upper - 1]
        within = (share - points[upper - 1]) / np.where(rise > 0, rise, 1)
        start, end = self.edges[upper - 1], self.edges[upper]
        score: Array = start + within * (end - start)
        return score


def distribution(scores: Array, *, weights: Array | None = None) -> Distribution:
    """Count scores: a bin per distinct value where these are few, equal bins otherwise.

    Where one of those would hold more than a twentieth of all, as where one score lies far from all
    others, bins hold equal numbers of people instead.

    Args:
        scores: (n,) finite.
        weights: (n,) above 0; they are scaled to the effective number of people, (Σw)² / Σw²
            (Kish 1965).

    Raises:
        InputError: where there is no score, one is not finite, or a weight is not above 0.
    """
    values = np.asarray(scores, dtype=float)
    share = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    if len(values) == 0 or not np.isfinite(values).all():
        raise InputError(expected="finite scores", got=f"{len(values)} with gaps or infinities")
    if share.shape != values.shape or not (np.isfinite(share) & (share > 0)).all():
        raise InputError(expected=f"{len(values)} weights above 0", got="others")
    share = share * share.sum() / np.sum(share**2)
    edges = _edges(values)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(place, weights=share, minlength=len(edges) - 1)
    return Distribution(edges, np.cumsum(counts), float(values.min()), float(values.max()))


def from_counts(counts: Array, *, first: float = 0.0) -> Distribution:
    """Of whole-numbered scores, from how often each occurs.

    Args:
        counts: (B,) people with the scores ``first``, ``first`` + 1, and so on.
        first: the lowest possible score.

    Raises:
        InputError: where a count is negative or nobody is counted.
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 1 or (counts < 0).any() or not counts.sum() > 0:
        raise InputError(expected="counts of at least one person", got=str(counts.tolist()[:8]))
    seen = np.flatnonzero(counts)
    edges = first - 0.5 + np.arange(len(counts) + 1)
    lowest, highest = first + float(seen[0]), first + float(seen[-1])
    return Distribution(edges, np.cumsum(counts), lowest, highest)


def _edges(values: Array) -> Array:
    """(B + 1,) ends of bins, the observed values inside them."""
    distinct = np.unique(values)
    if len(distinct) == 1:
        return distinct[0] + np.array([-0.5, 0.5])
    if len(distinct) > MOST_BINS:
        equal = np.linspace(distinct[0], distinct[-1], MOST_BINS + 1)
        if np.histogram(values, equal)[0].max() <= COARSE * len(values):
            return equal
        return np.unique(np.quantile(values, np.linspace(0, 1, MOST_BINS + 1)))
    between = (distinct[1:] + distinct[:-1]) / 2
    ends = 2 * distinct[0] - between[0], 2 * distinct[-1] - between[-1]
    return np.array([ends[0], *between, ends[1]])

"""People of a while held against those of training: what lies elsewhere than chance would have it.

An alarm needs two things: a distance that matters (PSI or KS of .1, where credit scoring begins to
look), and one that samples of these sizes from one population have with a probability of 1 % in any
quantity. Quantities are many, so each is allowed its share of that (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trifold.drift.bins import Bins
from trifold.drift.distances import ks, ks_noise, merged, psi, psi_noise, share_gap
from trifold.drift.profile import LEAST, SCORED, Observation, Profile

ALPHA = 0.01  # for a false alarm in any quantity of one comparison
MATTERS = 0.1
Counts = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Drift:
    """One quantity.

    Attributes:
        name: of it.
        n_reference: people in training.
        n: people since.
        psi: population stability index.
        psi_limit: above it is an alarm; infinite where too few are expected in all bins but one.
        ks: largest difference of shares below a value, of categories that of one's shares; None
            where too few have a number.
        ks_limit: above it is an alarm; None where there is no ``ks``.
    """

    name: str
    n_reference: int
    n: int
    psi: float
    psi_limit: float
    ks: float | None = None
    ks_limit: float | None = None

    @property
    def numbers(self) -> dict[str, float]:
        """Distances and limits by name, as far as they are there and finite."""
        told = {name: getattr(self, name) for name in ("psi", "psi_limit", "ks", "ks_limit")}
        return {
            name: round(value, 4)
            for name, value in told.items()
            if value is not None and np.isfinite(value)
        }

    @property
    def alarm(self) -> bool:
        """Whether it lies elsewhere, by more than chance."""
        by_ks = self.ks is not None and self.ks_limit is not None and self.ks > self.ks_limit
        return self.psi > self.psi_limit or by_ks


def compare(profile: Profile, counts: Counts) -> list[Drift]:
    """Hold counts of a while against a profile; nothing where there are fewer than 30 people.

    Args:
        profile: of training.
        counts: name to people in each bin of the profile.
    """
    told = {
        name: np.asarray(counts[name], dtype=float)
        for name, bins in profile.bins.items()
        if name in counts and min(bins.n, sum(counts[name])) >= LEAST
    }
    alpha = ALPHA / max(1, 2 * len(told))  # of each there are two distances
    return [_drift(name, profile.bins[name], window, alpha) for name, window in told.items()]


def counted(profile: Profile, observations: Iterable[Observation]) -> dict[str, list[int]]:
    """People in each bin of a profile.

    Args:
        profile: of training.
        observations: one of each person.
    """
    counts = {name: [0] * len(bins.counts) for name, bins in profile.bins.items()}
    for one in observations:
        for name, place in profile.places(one).items():
            counts[name][place] += 1
    return counts


def withheld_share(bins: Bins, counts: Sequence[int]) -> float:
    """The share of people without scores.

    Args:
        bins: of the outcome.
        counts: people in each of them.
    """
    scored = counts[bins.names.index(SCORED)] if SCORED in bins.names else 0
    return 1 - scored / max(1, sum(counts))


def _drift(name: str, bins: Bins, window: np.ndarray, alpha: float) -> Drift:
    reference = np.asarray(bins.counts, dtype=float)
    n_reference, n = int(reference.sum()), int(window.sum())
    joined = merged(reference, window, ordered=bins.is_number)
    limit = max(MATTERS, psi_noise(n_reference, n, len(joined[0]), alpha=alpha))
    found = Drift(name, n_reference, n, psi(*joined), limit)
    if not bins.is_number:  # a category that was rare in training is joined with others above
        noise = ks_noise(n_reference, n, alpha=alpha / len(reference))
        return replace(found, ks=share_gap(reference, window), ks_limit=max(MATTERS, noise))
    there = reference[:-1], window[:-1]  # who has a number
    if min(there[0].sum(), there[1].sum()) < LEAST:
        return found
    noise = ks_noise(int(there[0].sum()), int(there[1].sum()), alpha=alpha)
    return replace(found, ks=ks(*there), ks_limit=max(MATTERS, noise))

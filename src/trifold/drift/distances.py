"""How far apart two samples lie, counted in the same bins, and how far they would by chance."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri, kolmogi

from trifold.contracts import Array

SPARE = 0.5  # added to each count, so that an empty bin does not make the distance infinite
LEAST_EXPECTED = 5.0


def psi(reference: Array, window: Array) -> float:
    """Population stability index: PSI = Σ (p_j − q_j) ln(p_j / q_j).

    That is the symmetric divergence J of Jeffreys (1946), by its name of credit scoring (Siddiqi
    2006). Each count is raised by ½.

    Args:
        reference: (B,) counts.
        window: (B,) counts.
    """
    p, q = _shares(reference), _shares(window)
    return float(np.sum((p - q) * np.log(p / q)))


def psi_noise(n_reference: int, n_window: int, bins: int, *, alpha: float) -> float:
    """The PSI that two samples of one population exceed with probability ``alpha``.

    nm/(n + m) · J is χ² with B − 1 degrees of freedom asymptotically (Kullback 1959, ch. 6;
    Yurdakul & Naranjo 2020).

    Args:
        n_reference: people.
        n_window: people.
        bins: B.
        alpha: between 0 and 1.
    """
    scale = 1 / n_reference + 1 / n_window
    return float(scale * chdtri(bins - 1, alpha)) if bins > 1 else float("inf")


def ks(reference: Array, window: Array) -> float:
    """Largest difference of the two shares below an end of a bin (Kolmogorov 1933; Smirnov 1939).

    Args:
        reference: (B,) counts in ascending bins.
        window: (B,) counts.
    """
    below = np.cumsum(reference) / max(1, reference.sum()), np.cumsum(window) / max(1, window.sum())
    return float(np.abs(below[0] - below[1]).max())


def ks_noise(n_reference: int, n_window: int, *, alpha: float) -> float:
    """The largest difference that two samples of one population exceed with this probability.

    √((n + m)/nm) · K⁻¹(1 − α) with Kolmogorov's distribution; with bins it is exceeded less often.

    Args:
        n_reference: people.
        n_window: people.
        alpha: between 0 and 1.
    """
    return float(np.sqrt(1 / n_reference + 1 / n_window) * kolmogi(alpha))


def share_gap(reference: Array, window: Array) -> float:
    """Largest difference of the shares of one category.

    Of each category that is ``ks`` of having it or not, so that ``ks_noise`` bounds it with a B-th
    of the probability.

    Args:
        reference: (B,) counts.
        window: (B,) counts.
    """
    gaps = reference / max(1, reference.sum()) - window / max(1, window.sum())
    return float(np.abs(gaps).max())


def merged(reference: Array, window: Array, *, ordered: bool) -> tuple[Array, Array]:
    """The same counts in bins of which each would get 5 people or more, were there no difference.

    With fewer the asymptotic distributions do not hold (Cochran 1954). Bins of an order join their
    neighbours; categories that are too rare join each other.

    Args:
        reference: (B,) counts.
        window: (B,) counts.
        ordered: whether the bins have an order.
    """
    both = reference + window
    expected = both / max(1, both.sum()) * min(reference.sum(), window.sum())
    order = np.arange(len(both)) if ordered else np.argsort(expected, kind="stable")
    groups: list[list[int]] = [[]]
    for place in order:
        if expected[groups[-1]].sum() >= LEAST_EXPECTED:
            groups.append([])
        groups[-1].append(int(place))
    if len(groups) > 1 and expected[groups[-1]].sum() < LEAST_EXPECTED:
        rest = groups.pop()
        groups[-1] += rest
    return (
        np.array([reference[group].sum() for group in groups]),
        np.array([window[group].sum() for group in groups]),
    )


def _shares(counts: Array) -> Array:
    raised = counts + SPARE
    shares: Array = raised / raised.sum()
    return shares

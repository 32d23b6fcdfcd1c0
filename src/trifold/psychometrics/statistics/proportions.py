"""Intervals of a share, Wilson's and Jeffreys', and of a ratio of two shares."""

from __future__ import annotations

import numpy as np
from scipy import stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined

WILSON = "share with Wilson score interval"
JEFFREYS = "share with Jeffreys interval"
MIN_FOR_LOG = 5  # people of each group; the log interval of fewer covers too seldom
BISECTIONS = 60  # of a logarithm between -40 and 40: its error is below 1e-16


def wilson(successes: int, n: int, *, coverage: float = 0.95) -> Estimate:
    """A share and its score interval (Wilson 1927); undefined, not 0, where nobody is counted.

    Args:
        successes: how many of ``n``.
        n: people.
        coverage: between 0 and 1.

    Raises:
        InputError: where ``successes`` does not lie in 0 to ``n``.
    """
    if not 0 <= successes <= n:
        raise InputError(expected=f"between 0 and {n} selected", got=str(successes))
    if n == 0:
        return undefined(0, WILSON, Code.TOO_FEW_PERSONS, source="Wilson 1927")
    low, high = wilson_limits(successes, n, coverage=coverage)
    return Estimate(successes / n, float(low), float(high), n, WILSON, "Wilson 1927", coverage)


def wilson_limits(
    successes: Array | int, n: Array | int, *, coverage: float = 0.95
) -> tuple[Array, Array]:
    """Ends of the interval, element by element: (p + z²/2n ∓ z√(p(1−p)/n + z²/4n²)) / (1 + z²/n).

    Args:
        successes: of any shape.
        n: of that shape, above 0.
        coverage: between 0 and 1.
    """
    z = float(stats.norm.ppf(0.5 + coverage / 2))
    p, scale = successes / n, 1 + z * z / n
    middle = (p + z * z / (2 * n)) / scale
    reach = z / scale * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return middle - reach, middle + reach


def jeffreys(below: float, n: float, *, coverage: float = 0.95) -> Estimate:
    """A share and its interval from Beta(m + ½, n − m + ½) (Brown, Cai & DasGupta 2001).

    Args:
        below: m, how many of ``n``; may be a half where ties count half.
        n: people, or the effective number of weighted ones.
        coverage: between 0 and 1.

    Raises:
        InputError: where ``below`` does not lie in 0 to ``n``, or ``n`` is 0.
    """
    if not 0 <= below <= n or n <= 0:
        raise InputError(expected=f"between 0 and {n} below", got=str(below))
    tail = (1 - coverage) / 2
    low, high = stats.beta.ppf([tail, 1 - tail], below + 0.5, n - below + 0.5)
    source = "Brown, Cai & DasGupta 2001"
    return Estimate(below / n, float(low), float(high), int(n), JEFFREYS, source, coverage)


def ratio_limits(
    s_g: Array | int,
    n_g: Array | int,
    s_h: Array | int,
    n_h: Array | int,
    *,
    coverage: float = 0.95,
) -> tuple[Array, Array]:
    """Ends of the interval of p_g / p_h, element by element.

    The log interval exp(ln IR ± z √(1/s_g − 1/n_g + 1/s_h − 1/n_h)) of Katz et al. (1978). It does
    not exist where nobody of g is selected, is too narrow where everybody of a group is, and covers
    too seldom for groups of fewer than five; the score interval of Miettinen and Nurminen (1985)
    is given there instead.

    Args:
        s_g: selected of g.
        n_g: people of g, above 0.
        s_h: selected of h.
        n_h: people of h, above 0.
        coverage: between 0 and 1.

    Returns:
        Low and high; NaN where nobody of h is selected.
    """
    counts = (np.asarray(count, dtype=float) for count in (s_g, n_g, s_h, n_h))
    s_g, n_g, s_h, n_h = np.broadcast_arrays(*counts)
    z = float(stats.norm.ppf(0.5 + coverage / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (s_g / n_g) / (s_h / n_h)
        reach = np.exp(z * np.sqrt(1 / s_g - 1 / n_g + 1 / s_h - 1 / n_h))
        low, high = ratio / reach, ratio * reach
    scored = uses_score_interval(s_g, n_g, s_h, n_h)
    if scored.any():
        low, high = (
            np.where(scored, _ratio_with_score(end, s_g, n_g, s_h, n_h), plain)
            for end, plain in ((z, low), (-z, high))
        )
        low = np.where(s_g == 0, 0.0, low)
    return np.where(s_h > 0, low, np.nan), np.where(s_h > 0, high, np.nan)


def uses_score_interval(
    s_g: Array | int, n_g: Array | int, s_h: Array | int, n_h: Array | int
) -> Array:
    """Whether ``ratio_limits`` gives the score interval, element by element."""
    few = np.minimum(n_g, n_h) < MIN_FOR_LOG
    scored: Array = np.equal(s_g, 0) | np.equal(s_g, n_g) | np.equal(s_h, n_h) | few
    return scored


def _ratio_with_score(z: float, s_g: Array, n_g: Array, s_h: Array, n_h: Array) -> Array:
    """The ratio whose score is z, by bisection of its logarithm; scores fall with the ratio."""
    low, high = np.full(s_g.shape, -40.0), np.full(s_g.shape, 40.0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        above = _score(np.exp(middle), s_g, n_g, s_h, n_h) > z
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    ratio: Array = np.exp((low + high) / 2)
    return ratio


def _score(ratio: Array, s_g: Array, n_g: Array, s_h: Array, n_h: Array) -> Array:
    """(p_g − ratio · p_h) over its standard error if the ratio is true.

    The standard error is at the maximum likelihood shares under that ratio, Miettinen & Nurminen
    (1985), eqs 10 and 11.
    """
    total = n_g + n_h
    a, b = total * ratio, (n_g + s_h) * ratio + s_g + n_h
    root = np.sqrt(np.maximum(b * b - 4 * a * (s_g + s_h), 0.0))
    # the smaller root, in the form without cancellation
    h = np.minimum(2 * (s_g + s_h) / (b + root), 1.0)
    g = np.minimum(ratio * h, 1.0)
    variance = g * (1 - g) / n_g + ratio**2 * h * (1 - h) / n_h
    gap = s_g / n_g - ratio * s_h / n_h
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = gap / np.sqrt(variance * total / (total - 1))
    certain = np.where(gap == 0, 0.0, np.copysign(np.inf, gap))
    return np.where(variance > 0, scores, certain)

"""Intervals of a share: Wilson's and Jeffreys'."""

from __future__ import annotations

from scipy import stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined

WILSON = "share with Wilson score interval"
JEFFREYS = "share with Jeffreys interval"


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

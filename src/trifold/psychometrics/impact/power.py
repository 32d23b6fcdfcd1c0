"""Power of the tests of impact and of prediction, and people that they need."""

from __future__ import annotations

import math
from functools import lru_cache

from scipy import optimize, stats

from trifold.errors import InputError


def power_of_rates(h: float, n_1: int, n_2: int, *, alpha: float = 0.05, sides: int = 2) -> float:
    """Power to find two rates different that differ by Cohen's ``h`` (Cohen 1988, ch. 6).

    Args:
        h: see ``rates.cohens_h``.
        n_1: people of one group.
        n_2: people of the other.
        alpha: level.
        sides: 1 or 2.
    """
    shift = abs(h) / math.sqrt(1 / n_1 + 1 / n_2)
    z = float(stats.norm.isf(alpha / sides))
    power = float(stats.norm.sf(z - shift))
    return power + float(stats.norm.cdf(-z - shift)) if sides == 2 else power


def power_of_f(f2: float, df1: int, df2: int, *, alpha: float = 0.05) -> float:
    """Power of an F test with effect f² = ΔR² / (1 − R²) and noncentrality f² (df1 + df2 + 1).

    Args:
        f2: effect, 0 or more.
        df1: predictors tested.
        df2: residual degrees of freedom.
        alpha: level.

    Raises:
        InputError: for a negative effect or no degrees of freedom.
    """
    if f2 < 0 or df1 < 1 or df2 < 1:
        raise InputError(
            expected="an effect of 0 or more and df of 1 or more", got=f"{f2}, {df1}, {df2}"
        )
    critical = stats.f.isf(alpha, df1, df2)
    return float(stats.ncf.sf(critical, df1, df2, f2 * (df1 + df2 + 1)))


def people_for_step(
    delta_r2: float, *, r2: float = 0.15, predictors: int = 3, power: float = 0.80
) -> int:
    """Number of people that a test of one more predictor needs.

    Args:
        delta_r2: its gain.
        r2: of the model without it; f² = ΔR² / (1 − R² − ΔR²).
        predictors: of the model with it.
        power: asked for.
    """
    effect = delta_r2 / (1 - r2 - delta_r2)
    n = predictors + 2
    step = 1 << 20
    while step:  # the least n that suffices, by halving steps
        if power_of_f(effect, 1, n + step - predictors - 1) < power:
            n += step
        step >>= 1
    return n + 1


def power_of_slopes(r_1: float, r_2: float, n_1: int, n_2: int, *, alpha: float = 0.05) -> float:
    """Power to find slopes different between two groups, by the F test of the product term.

    With x and y of variance 1 in both groups the product adds ΔR² = q_1 q_2 (r_1 − r_2)² to a model
    whose R² is then q_1 r_1² + q_2 r_2², with q the groups' shares.

    Args:
        r_1: in one group.
        r_2: in the other.
        n_1: people of the one.
        n_2: people of the other.
        alpha: level.
    """
    n = n_1 + n_2
    delta = n_1 * n_2 / n**2 * (r_1 - r_2) ** 2
    explained = (n_1 * r_1**2 + n_2 * r_2**2) / n
    return power_of_f(delta / (1 - explained), 1, n - 4, alpha=alpha)


def power_of_intercepts(d: float, n_1: int, n_2: int, *, alpha: float = 0.05) -> float:
    """Power to find two means different by ``d`` residual SD, by the noncentral t.

    Args:
        d: difference.
        n_1: people of one group.
        n_2: people of the other.
        alpha: two-sided level.
    """
    df, shift = n_1 + n_2 - 2, abs(d) / math.sqrt(1 / n_1 + 1 / n_2)
    critical = float(stats.t.isf(alpha / 2, df))
    return float(stats.nct.sf(critical, df, shift) + stats.nct.cdf(-critical, df, shift))


@lru_cache(maxsize=256)
def detectable_f2(df1: int, df2: int, *, power: float = 0.80, alpha: float = 0.05) -> float:
    """The smallest effect f² that an F test with these degrees of freedom finds with this power."""
    top = 1.0
    while power_of_f(top, df1, df2, alpha=alpha) < power:
        top *= 2
    return float(optimize.brentq(lambda f2: power_of_f(f2, df1, df2, alpha=alpha) - power, 0, top))

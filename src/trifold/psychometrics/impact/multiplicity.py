"""Many tests at once: Bonferroni, Holm, Benjamini and Hochberg."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.errors import InputError

SCREENING, CLAIM = 0.10, 0.05  # q of Benjamini and Hochberg, α of Holm


@dataclass(frozen=True)
class Adjusted:
    """One test of a family; both kinds are printed beside the raw p.

    Attributes:
        p: raw.
        holm: for claims; it bounds the chance of any false one (Holm 1979).
        benjamini_hochberg: for screening; it bounds the share of false ones (1995).
        screened: whether it is below .10.
        claimed: whether Holm's is below .05.
    """

    p: float
    holm: float
    benjamini_hochberg: float
    screened: bool
    claimed: bool


def adjust(family: Mapping[str, float]) -> dict[str, Adjusted]:
    """A family of tests: targets by groups, of omnibus tests.

    Args:
        family: name to p; NaN where a test was not made, and then it does not count.
    """
    names = [name for name, p in family.items() if np.isfinite(p)]
    p = np.array([family[name] for name in names])
    rows = zip(p, holm(p), benjamini_hochberg(p), strict=True)
    found = {
        name: Adjusted(float(raw), float(h), float(bh), bool(bh <= SCREENING), bool(h <= CLAIM))
        for name, (raw, h, bh) in zip(names, rows, strict=True)
    }
    nothing = Adjusted(float("nan"), float("nan"), float("nan"), False, False)
    return {name: found.get(name, nothing) for name in family}


def bonferroni(p: Array) -> Array:
    """Each times their number, at most 1."""
    return np.minimum(1, _checked(p) * len(p))


def holm(p: Array) -> Array:
    """Step down: the i-th smallest times m − i + 1, never below a smaller one's."""
    order = np.argsort(_checked(p), kind="stable")
    steps = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    out = np.empty(len(p))
    out[order] = np.minimum(1, steps)
    return out


def benjamini_hochberg(p: Array) -> Array:
    """Step up: the i-th smallest times m / i, never above a larger one's."""
    order = np.argsort(_checked(p), kind="stable")
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    out = np.empty(len(p))
    out[order] = np.minimum(1, np.minimum.accumulate(steps[::-1])[::-1])
    return out


def _checked(p: Array) -> Array:
    if not ((p >= 0) & (p <= 1)).all():
        raise InputError(expected="p-values between 0 and 1", got=str(p.tolist()[:8]))
    return p

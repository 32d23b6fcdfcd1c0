"""Whether a label is what its name says: two methods that measure one trait should agree.

Campbell and Fiske's (1959) convergent validity, as a check of data: where the interval of a
correlation between two labels of one name lies below .2, one of them is probably another trait, or
its polarity is turned.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trifold.contracts import Array, Finding
from trifold.decimals import decimal
from trifold.psychometrics.intervals import correlation_interval

AGREES = 0.2  # what the upper end of the interval reaches, where two methods measure one trait
LEAST = 20  # people with both


def disagreeing_names(pairs: Mapping[str, Array], *, of: int) -> Finding:
    """The pairs of one name that do not agree.

    Args:
        pairs: what is held together, in words, to (n, 2) labels by two methods; NaN where missing.
        of: how many pairs there could be.
    """
    found = []
    for name, values in pairs.items():
        both = values[np.isfinite(values).all(axis=1)]
        if len(both) < LEAST or (both.std(axis=0) == 0).any():
            continue
        r = float(np.corrcoef(both.T)[0, 1])
        ends = correlation_interval(r, len(both))
        if ends is not None and ends[1] < AGREES:
            told, low, high = (decimal(value, 2) for value in (r, *ends))
            found.append(f"{name}: r {told} ({low} to {high})")
    what = "labels do not agree with others of the same name: another trait, or a turned scale"
    return Finding("label_names", len(found), of, what, "kept", tuple(found))

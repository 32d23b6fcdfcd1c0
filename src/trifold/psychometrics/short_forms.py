"""Scores from part of an interview beside those from the whole: shift, error, coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trifold.contracts import Array
from trifold.forms import Form
from trifold.psychometrics.intervals import conformal_half_width, coverage_of

COVERAGES = (0.8, 0.9)  # of which it is told how often intervals of short forms cover


def widths_by_form(errors: Mapping[Form, Array], *, coverage: float) -> dict[Form, Array]:
    """Split-conformal half-widths within each form (Vovk's, 2012, Mondrian prediction).

    With the same modalities more answers never widen an interval, whatever the sample says: it is
    as wide as the widest of all that show as many answers or more.

    Args:
        errors: form to (n, K) absolute held-out errors, one a person, NaN where there is none.
        coverage: between 0 and 1.

    Returns:
        Form to (K,), infinite where there are too few people for the coverage.
    """
    alone = {
        form: np.array([conformal_half_width(column, coverage=coverage) for column in values.T])
        for form, values in errors.items()
    }
    return {
        form: np.max(
            [w for f, w in alone.items() if f.shown == form.shown and f.answers >= form.answers],
            axis=0,
        )
        for form in alone
    }


def compared(
    short: Array, whole: Array, labels: Array, half_width: Array, names: Sequence[str]
) -> dict[str, Any]:
    """How scores from a part compare with scores from the whole and with ratings.

    Args:
        short: (..., n, K) scores from the part, NaN where somebody did not show enough for it.
        whole: the same of whole interviews.
        labels: (n, K), NaN where unlabelled.
        half_width: (..., n, C, K) of the short scores' intervals of ``COVERAGES``.
        names: K targets.

    Returns:
        ``n`` people; per target ``shift_sd``, the mean of short minus whole, and ``bias_sd``, that
        of short minus rated, in standard deviations of the labels; and over targets ``mse``,
        ``mse_whole`` of the same people from the whole, and ``coverage`` by nominal one; None
        where nothing is known.
    """
    seen = np.isfinite(short)
    rows = seen.any(axis=-1)
    spread = np.nanstd(labels, axis=0)
    unit = np.where(spread > 0, spread, np.nan)
    rated = np.where(seen, labels, np.nan)
    shift = _mean(np.where(seen, short - whole, np.nan)) / unit
    bias = _mean(short - rated) / unit
    intervals = {f"{coverage:g}": half_width[..., c, :] for c, coverage in enumerate(COVERAGES)}
    return {
        "n": int(rows.reshape(-1, rows.shape[-1]).any(axis=0).sum()),
        "shift_sd": {name: _number(value) for name, value in zip(names, shift, strict=True)},
        "bias_sd": {name: _number(value) for name, value in zip(names, bias, strict=True)},
        "mse": _over_targets(_mean((rated - short) ** 2)),
        "mse_whole": _over_targets(_mean((rated - whole) ** 2)),
        "coverage": {
            name: _over_targets(
                coverage_of(*(x.reshape(-1, x.shape[-1]) for x in (interval, short, rated)))
            )
            for name, interval in intervals.items()
        },
    }


def _mean(values: Array) -> Array:
    """Over all axes but the last, NaN left out; NaN where there is nothing."""
    flat = values.reshape(-1, values.shape[-1])
    count = np.isfinite(flat).sum(axis=0)
    mean: Array = np.where(count > 0, np.nansum(flat, axis=0) / np.maximum(count, 1), np.nan)
    return mean


def _over_targets(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

"""Differential prediction: Cleary's model in the steps of Lautenschlager and Mendoza."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.decimals import decimal, probability
from trifold.errors import InputError
from trifold.messages import TranslatableText, say
from trifold.psychometrics.impact.power import detectable_f2
from trifold.psychometrics.impact.prediction.group_lines import (
    GroupPrediction,
    group_predictions,
)
from trifold.psychometrics.metrics import is_constant
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.regression import (
    FTest,
    f_test,
    least_squares,
    with_intercept,
)

LEAST, LEAST_FOR_NONE = 30, 100  # people of a group: at all, and to say that nothing was found
UNEQUAL = 1.5  # ratio of error variances from which ordinary F tests mislead (Aguinis)
SOURCE = "Cleary 1968; Lautenschlager & Mendoza 1986"


@dataclass(frozen=True)
class DifferentialPrediction:
    """Whether groups with equal scores reach equal criteria.

    Attributes:
        n: people.
        referent: group that others are held against.
        origin: score at which intercepts are compared.
        r2: of M1 (score), M2 (and groups), M3 (and products).
        omnibus: M3 against M1.
        slopes: M3 against M2.
        intercepts: M2 against M1 where slopes are equal, else M3 against the model without groups
            but with products, at ``origin``.
        intercepts_equal_slopes: M2 against M1, whatever the slopes.
        slopes_differ, found: what the steps came to.
        detectable_delta_r2: gain in R² that the omnibus test finds with a power of .80.
        groups: by name.
        sentence: what may be said.
        flags: ``UNEQUAL_VARIANCES`` where error variances differ by more than 1.5; ``IMPRECISE``
            where a group has fewer than 100 people and nothing was found.
    """

    n: int
    referent: str
    origin: float
    r2: tuple[float, float, float]
    omnibus: FTest
    slopes: FTest
    intercepts: FTest
    intercepts_equal_slopes: FTest
    slopes_differ: bool
    found: bool
    detectable_delta_r2: float
    groups: Mapping[str, GroupPrediction]
    sentence: str
    flags: tuple[Code, ...]
    source: str = SOURCE

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def differential_prediction(
    y: Array,
    score: Array,
    groups: Sequence[str],
    *,
    referent: str | None = None,
    origin: float | None = None,
    alpha: float = 0.05,
    least: int = LEAST,
) -> DifferentialPrediction:
    """Compare the regression lines of groups.

    Args:
        y: (n,) criterion; where it is the human rating, what is found is measurement bias against
            ratings, not bias against a criterion.
        score: (n,) out-of-fold or held-out.
        groups: (n,) self-reported.
        referent: name; the largest group by default.
        origin: score at which intercepts are compared; the mean of all by default.
        alpha: of each step.
        least: people that a group takes.

    Raises:
        InputError: for gaps, one group, a group of fewer than ``least``, or no spread.
    """
    y, score = np.asarray(y, dtype=float), np.asarray(score, dtype=float)
    labels = np.asarray([str(g) for g in groups])
    names = _names(labels, y, score, referent, least)
    at = float(score.mean()) if origin is None else float(origin)
    x = score - at
    dummies = np.column_stack([labels == name for name in names[1:]]).astype(float)
    products = dummies * x[:, None]
    k = dummies.shape[1]
    m1, m2, m3, m4 = (
        least_squares(with_intercept(x, *more), y)
        for more in ((), (dummies,), (dummies, products), (products,))
    )
    group_columns, product_columns = np.arange(2, 2 + k), np.arange(2 + k, 2 + 2 * k)
    omnibus = f_test(m1, m3, np.concatenate([group_columns, product_columns]))
    slopes = f_test(m2, m3, product_columns)
    parallel = f_test(m1, m2, group_columns)
    differ = slopes.p < alpha
    intercepts = f_test(m4, m3, group_columns) if differ else parallel
    rows = group_predictions(names, labels, y, score, models=(m1, m3), at=at)
    found = omnibus.p < alpha
    f2 = detectable_f2(2 * k, m3.df)
    detectable = f2 * (1 - m3.r2)
    flags = _flags(rows, found)
    return DifferentialPrediction(
        len(y),
        names[0],
        at,
        (m1.r2, m2.r2, m3.r2),
        omnibus,
        slopes,
        intercepts,
        parallel,
        differ,
        found,
        detectable,
        rows,
        _sentence(omnibus, slopes, intercepts, alpha, detectable, rows),
        flags,
    )


def _names(
    labels: Array, y: Array, score: Array, referent: str | None, least: int
) -> tuple[str, ...]:
    """Groups, the referent first."""
    if not len(labels) == len(y) == len(score) or not np.isfinite([y, score]).all():
        raise InputError(expected="a criterion, score and group of everybody", got="gaps")
    if len(y) and is_constant(y):
        raise InputError(expected="a criterion that differs between people", got="one value")
    found, counts = np.unique(labels, return_counts=True)
    if len(found) < 2:
        raise InputError(expected="two groups or more", got=f"{len(found)}: {Code.ONE_GROUP}")
    if counts.min() < least:
        small = found[counts.argmin()]
        raise InputError(
            expected=f"{least} people of each group",
            got=f"{counts.min()} of {small}: {Code.TOO_FEW_PERSONS}",
        )
    first = str(found[counts.argmax()]) if referent is None else referent
    if first not in found:
        raise InputError(expected=f"a referent among {', '.join(found)}", got=first)
    return (first, *(str(name) for name in found if name != first))


def _flags(rows: Mapping[str, GroupPrediction], found: bool) -> tuple[Code, ...]:
    variances = [row.residual_sd**2 for row in rows.values()]
    flags = [Code.UNEQUAL_VARIANCES] if max(variances) > UNEQUAL * min(variances) else []
    few = min(row.n for row in rows.values()) < LEAST_FOR_NONE
    return (*flags, Code.IMPRECISE) if few and not found else tuple(flags)


def _sentence(
    omnibus: FTest,
    slopes: FTest,
    intercepts: FTest,
    alpha: float,
    detectable: float,
    rows: Mapping[str, GroupPrediction],
) -> TranslatableText:
    """What the steps came to; without a finding, what could have been found."""
    if omnibus.p >= alpha:
        return say(
            "no difference of the lines was found (p %(p)s); with these people a gain in R² of "
            "%(gain)s would be found with a power of .80.",
            p=probability(omnibus.p),
            gain=decimal(detectable, 3),
        )
    if slopes.p < alpha:
        what = say(
            "slopes differ (p %(p)s): how far predictions are off depends on the score",
            p=probability(slopes.p),
        )
    elif intercepts.p < alpha:
        what = say("intercepts differ (p %(p)s)", p=probability(intercepts.p))
    else:
        what = say(
            "the lines differ (p %(p)s), neither by slope nor by intercept alone",
            p=probability(omnibus.p),
        )
    focal = {name: row for name, row in rows.items() if row.d_mod is not None}
    name, row = max(focal.items(), key=lambda item: abs(item[1].mean_residual_sd))
    known = {"what": what, "group": name, "sd": decimal(abs(row.mean_residual_sd), 2)}
    if row.mean_residual_sd < 0:
        return say("%(what)s; the common line overpredicts %(group)s by %(sd)s SD.", **known)
    return say("%(what)s; the common line underpredicts %(group)s by %(sd)s SD.", **known)

"""How well a model predicts the true rating, where the ratings themselves err."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.agreement import FEWEST, few_people
from trifold.psychometrics.reliability.resampling import person_intervals

SOURCE = "Haberman 2008; Loukina et al. 2020"


@dataclass(frozen=True)
class TrueScorePrediction:
    """PRMSE and the variances it is made of.

    Attributes:
        prmse: proportional reduction of mean squared error against true ratings; 1 is perfect.
        r2_of_means: R² against the mean ratings, which their error keeps down.
        error_variance: of one rating. true_variance: of true ratings. mse: against true ratings.
    """

    prmse: Estimate
    r2_of_means: Estimate
    error_variance: float
    true_variance: float
    mse: float

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        parts = {name: getattr(self, name) for name in ("error_variance", "true_variance", "mse")}
        return {
            "prmse": self.prmse.as_json(),
            "r2_of_means": self.r2_of_means.as_json(),
            **{name: float(v) if np.isfinite(v) else None for name, v in parts.items()},
        }


def prmse(
    ratings: Array, model: Array, *, resamples: int = 2000, seed: int = 0, fewest: int = FEWEST
) -> TrueScorePrediction:
    """PRMSE with an interval by person; ratings may be missing.

    Args:
        ratings: (n, c) people by raters, NaN where missing; who rated does not matter here.
        model: (n,) scores.
        resamples: of the interval.
        seed: of them.
        fewest: people with a rating below whom nothing is given.

    Returns:
        Undefined with ``NO_VARIANCE`` where true ratings are found not to vary, with
        ``NOT_CROSSED`` where nobody has two ratings. Outside 0 to 1 it carries ``BOUNDARY``.
    """
    rated = np.isfinite(ratings).any(axis=1) & np.isfinite(model)
    sums = _sums(ratings[rated], model[rated])
    n, method = int(rated.sum()), "PRMSE"
    refused = Code.TOO_FEW_PERSONS if n < max(fewest, 2) else None
    if refused is None and not (sums[0] > 1).any():
        refused = Code.NOT_CROSSED
    parts = _parts(sums, np.arange(n)[None]) if refused is None else np.full((5, 1), np.nan)
    error, true, mse, point, r2 = (float(part[0]) for part in parts)
    if refused is None and not true > 0:
        refused = Code.NO_VARIANCE
    if refused is not None:
        nothing = undefined(n, method, refused, source=SOURCE)
        return TrueScorePrediction(nothing, nothing, error, true, mse)
    flags = few_people(n)
    flags += () if 0 <= point <= 1 else (Code.BOUNDARY,)

    def statistic(rows: Array) -> Array:
        return _parts(sums, rows)[3:].T

    found = person_intervals(statistic, n, resamples=resamples, seed=seed)
    proportional, plain = (
        Estimate(value, low, high, n, f"{name}, {words}", source, flags=flags)
        for value, name, source, (low, high, words) in zip(
            (point, r2), (method, "R² against mean ratings"), (SOURCE, ""), found, strict=True
        )
    )
    return TrueScorePrediction(proportional, plain, error, true, mse)


def _sums(ratings: Array, model: Array) -> Array:
    """(4, n): ratings of each person, their mean and squared deviations, and the model's score."""
    seen = np.isfinite(ratings)
    count = seen.sum(axis=1)
    mean = np.where(seen, ratings, 0).sum(axis=1) / count
    squares = np.where(seen, ratings - mean[:, None], 0) ** 2
    return np.stack([count, mean, squares.sum(axis=1), model])


def _parts(sums: Array, rows: Array) -> Array:
    """(5, R): error variance, true variance, MSE, PRMSE and R² of (R, n) drawn people."""
    count, mean, squares, model = sums[:, rows]
    n, total = rows.shape[1], count.sum(axis=1)
    grand = (count * mean).sum(axis=1) / total
    with np.errstate(invalid="ignore", divide="ignore"):
        error = squares.sum(axis=1) / (total - n)
        between = (count * (mean - grand[:, None]) ** 2).sum(axis=1) - (n - 1) * error
        true = between / (total - (count**2).sum(axis=1) / total)
        mse = ((count * (mean - model) ** 2).sum(axis=1) - n * error) / total
        value = np.where(true > 0, 1 - mse / true, np.nan)
        around = (mean - mean.mean(axis=1, keepdims=True)) ** 2
        r2 = 1 - ((mean - model) ** 2).sum(axis=1) / around.sum(axis=1)
    return np.stack([error, true, mse, value, r2])

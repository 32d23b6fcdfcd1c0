"""Errors of measurement: of scores, of differences, of change, and along the scale.

They say how a score would vary over answers; a split-conformal interval says how far it is from the
rating. The one stands beside the other and never in its place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.agreement import few_people
from trifold.psychometrics.reliability.resampling import person_interval

NORM_GROUP = "norm group"
SMOOTHED_BELOW = 4  # answers


def standard_error(sd: float, reliability: Estimate) -> Estimate:
    """SEM = SD·√(1 − ρ), without an interval: ends made of those of ρ cover 57 to 100 %.

    The SD varies from sample to sample together with ρ, which ends of ρ alone do not know. A
    generalizability study has the interval (``relative_sem`` of ``coefficients``).

    Args:
        sd: of the observed scores, above 0.
        reliability: Eρ², alpha or ICC(C,k); 0 counts where it is below.

    Raises:
        InputError: when the SD is not above 0.
    """
    if not sd > 0:
        raise InputError(expected="a standard deviation above 0", got=f"{sd:g}")
    rho = reliability.estimate
    return Estimate(
        sd * math.sqrt(1 - min(max(rho, 0.0), 1.0)) if math.isfinite(rho) else math.nan,
        math.nan,
        math.nan,
        reliability.n,
        f"standard error of measurement from {reliability.method}; no interval",
        "Spearman; Gulliksen 1950",
        reliability.coverage,
        reliability.flags,
    )


def score_interval(score: float, sem: float, *, coverage: float = 0.95) -> tuple[float, float]:
    """Score ± z·SEM: where a person's score would lie over other answers. One SEM is 68 %."""
    reach = normal_quantile(coverage) * sem
    return score - reach, score + reach


def difference_error(sem_a: float, sem_b: float) -> float:
    """Standard error of the difference of two people on one scale: √(SEM_a² + SEM_b²).

    With the same questions relative errors go in, otherwise absolute ones.
    """
    return math.hypot(sem_a, sem_b)


def profile_difference_error(sd: float, reliability_a: float, reliability_b: float) -> float:
    """SD·√(2 − ρ_1 − ρ_2): one person on two scales with one SD, Anastasi & Urbina (1997)."""
    return sd * math.sqrt(max(2 - reliability_a - reliability_b, 0.0))


def minimal_detectable_change(sem: float, *, coverage: float = 0.95) -> float:
    """1.96·√2·SEM, Weir (2005): a change that chance passes in 5 % of people who did not change."""
    return normal_quantile(coverage) * math.sqrt(2) * sem


def normal_quantile(coverage: float) -> float:
    """1.96 for .95: with two digits, as the published formulas have it."""
    return round(float(special.ndtri(0.5 + coverage / 2)), 2)


@dataclass(frozen=True)
class TrueScore:
    """Kelley's estimate of a true score and its standard error of estimation."""

    estimate: float
    error: float


def kelley(
    score: float, *, mean: float, sd: float, reliability: float, mean_of: str = NORM_GROUP
) -> TrueScore:
    """τ̂ = μ + ρ(X − μ) with SE SD·√(ρ(1 − ρ)), Kelley (1947).

    Args:
        score: X.
        mean: μ of the norm group.
        sd: of the norm group.
        reliability: ρ, from 0 to 1.
        mean_of: what μ is the mean of.

    Raises:
        InputError: for any other mean than the norm group's. Shrinking people towards the mean of
            their sex, age or origin scores them by it.
    """
    if mean_of != NORM_GROUP:
        raise InputError(expected=f"the mean of the {NORM_GROUP}", got=f"that of {mean_of!r}")
    if not 0 <= reliability <= 1:
        raise InputError(expected="a reliability from 0 to 1", got=f"{reliability:g}")
    error = sd * math.sqrt(reliability * (1 - reliability))
    return TrueScore(mean + reliability * (score - mean), error)


def conditional_errors(scores: Array, *, smooth: bool | None = None) -> Array:
    """(n,) absolute standard error of each person's mean, from the spread of their own answers.

    √[Σ(X_pi − X̄_p)² / (n_i(n_i − 1))], Brennan (1998); the mean of squares is σ²_Δ of p × i. For
    scores of 0 and 1 it is Lord's √[X̄(1 − X̄)/(n_i − 1)].

    Args:
        scores: (n, k) people by answers, NaN where missing; NaN comes out below two answers.
        smooth: replace squares by a quadratic in the mean; where None, if somebody has fewer than
            four answers, from which a spread is a guess.
    """
    count = np.isfinite(scores).sum(axis=1)
    mean = np.nansum(scores, axis=1) / np.maximum(count, 1)
    squares = np.nansum((scores - mean[:, None]) ** 2, axis=1)
    known = count >= 2
    per_answer = np.where(known, squares / np.maximum(count - 1, 1), np.nan)
    if smooth or (smooth is None and bool((count[known] < SMOOTHED_BELOW).any())):
        degree = min(2, len(np.unique(mean[known])) - 1)
        curve = np.polynomial.Polynomial.fit(mean[known], per_answer[known], max(degree, 0))
        per_answer = np.where(known, np.maximum(curve(mean), 0.0), np.nan)
    return np.sqrt(per_answer / np.maximum(count, 1))


@dataclass(frozen=True)
class ErrorCurve:
    """Conditional standard error over the scale: root mean squares by bins of the score.

    Attributes:
        low, high: ends of the bins. errors: of each.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    errors: tuple[Estimate, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """One object a bin."""
        rows = zip(self.low, self.high, self.errors, strict=True)
        return [{"from": low, "to": high, **error.as_json()} for low, high, error in rows]


def error_curve(
    scores: Array, *, bins: int = 5, resamples: int = 1000, seed: int = 0
) -> ErrorCurve:
    """Conditional standard errors over bins with as many people each.

    Args:
        scores: (n, k) people by answers, NaN where missing.
        bins: at most; people with the same mean share one.
        resamples: for intervals by person.
        seed: of them.
    """
    errors = conditional_errors(scores)
    known = np.isfinite(errors)
    squares, mean = errors[known] ** 2, np.nanmean(scores[known], axis=1)
    edges = np.unique(np.quantile(mean, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(edges, mean, side="right") - 1, 0, max(len(edges) - 2, 0))
    members = [squares[place == b] for b in range(max(len(edges) - 1, 1))]
    found = tuple(_root_mean(one, resamples, seed) for one in members)
    low, high = (edges[:-1], edges[1:]) if len(edges) > 1 else (edges, edges)
    return ErrorCurve(tuple(map(float, low)), tuple(map(float, high)), found)


def _root_mean(squares: Array, resamples: int, seed: int) -> Estimate:
    method, source = "conditional standard error of measurement", "Brennan 1998"
    if not len(squares):
        return undefined(0, method, Code.TOO_FEW_PERSONS, source=source)

    def statistic(rows: Array) -> Array:
        return np.sqrt(squares[rows].mean(axis=1))

    point = float(np.sqrt(squares.mean()))
    low, high, words = person_interval(statistic, len(squares), resamples=resamples, seed=seed)
    flags = few_people(len(squares))
    return Estimate(point, low, high, len(squares), f"{method}, {words}", source, flags=flags)

"""Consistency of answers to the same questions: alpha and what belongs to it, composites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.agreement import FEWEST, few_people, icc, refusal
from trifold.psychometrics.reliability.omega import OneFactor, one_factor
from trifold.psychometrics.reliability.resampling import person_interval

ALPHA = "Cronbach 1951; interval of Feldt, Woodruff & Salih 1987"


@dataclass(frozen=True)
class Consistency:
    """How consistent k answers of n people are.

    Attributes:
        alpha: with Feldt's interval; for scores of 0 and 1 it is KR-20, and ``method`` says so.
        standardised: alpha of answers with equal variances, interval by person.
        without: alpha with each question left out, by question.
        item_rest: correlation of each answer with the sum of the others, by question.
        factor: omega and fit of one factor; None below three questions.
    """

    alpha: Estimate
    standardised: Estimate
    without: dict[str, Estimate]
    item_rest: dict[str, Estimate]
    factor: OneFactor | None

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return {
            "alpha": self.alpha.as_json(),
            "standardised": self.standardised.as_json(),
            "without": {name: value.as_json() for name, value in self.without.items()},
            "item_rest": {name: value.as_json() for name, value in self.item_rest.items()},
            "factor": None if self.factor is None else self.factor.as_json(),
        }


def consistency(
    scores: Array,
    names: Sequence[str],
    *,
    resamples: int = 1000,
    seed: int = 0,
    fewest: int = FEWEST,
) -> Consistency:
    """Alpha, standardised alpha, drop-one alpha, item-rest correlations and omega.

    Args:
        scores: (n, k) people by questions; NaN anywhere leaves all undefined, ``NOT_CROSSED``.
        names: of the k questions.
        resamples: of the intervals by person.
        seed: of them.
        fewest: people below whom nothing is given.
    """
    k = scores.shape[1]
    rest = [np.delete(scores, one, axis=1) for one in range(k)]
    return Consistency(
        alpha(scores, fewest=fewest),
        standardised_alpha(scores, resamples=resamples, seed=seed, fewest=fewest),
        {name: alpha(other, fewest=fewest) for name, other in zip(names, rest, strict=True)}
        if k > 2
        else {},
        {
            name: _item_rest(scores[:, one], rest[one], fewest, resamples=resamples, seed=seed)
            for one, name in enumerate(names)
        },
        one_factor(scores, resamples=resamples, seed=seed, fewest=fewest) if k > 2 else None,
    )


def alpha(scores: Array, *, coverage: float = 0.95, fewest: int = FEWEST) -> Estimate:
    """Cronbach's alpha, which is ICC(C,k), with Feldt's interval.

    Args:
        scores: (n, k) people by answers, complete.
        coverage: of the interval.
        fewest: people below whom nothing is given.
    """
    binary = bool(np.isin(scores, (0, 1)).all())
    method = f"{'KR-20' if binary else 'alpha'}, Feldt's interval"
    value = icc(scores, "ICC(C,k)", coverage=coverage, fewest=fewest)
    return replace(value, method=method, source=ALPHA)


def standardised_alpha(
    scores: Array, *, resamples: int = 1000, seed: int = 0, fewest: int = FEWEST
) -> Estimate:
    """k·r̄ / (1 + (k − 1)·r̄) of the mean correlation r̄ between answers.

    Args:
        scores: (n, k) people by answers, complete.
        resamples: of the interval by person.
        seed: of them.
        fewest: people below whom nothing is given.
    """
    method, source = "standardised alpha", "Cronbach 1951"
    refused = refusal(scores, fewest)
    if refused is None and not np.ptp(scores, axis=0).all():
        refused = Code.NO_VARIANCE
    if refused is not None:
        return undefined(len(scores), method, refused, source=source)

    def statistic(rows: Array) -> Array:
        return _standardised(scores[rows])

    point = float(_standardised(scores[None])[0])
    low, high, words = person_interval(statistic, len(scores), resamples=resamples, seed=seed)
    flags = few_people(len(scores))
    return Estimate(point, low, high, len(scores), f"{method}, {words}", source, flags=flags)


def _standardised(scores: Array) -> Array:
    """(R,) values of (R, n, k) scores; NaN where an answer does not vary."""
    k = scores.shape[-1]
    centred = scores - scores.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = centred / np.sqrt(np.square(centred).sum(axis=1, keepdims=True))
    # the variance of the sum of unit vectors is k + k (k - 1) r
    mean_r = (np.square(z.sum(axis=-1)).sum(axis=-1) - k) / (k * (k - 1))
    return np.asarray(k * mean_r / (1 + (k - 1) * mean_r))


def _item_rest(item: Array, rest: Array, fewest: int, *, resamples: int, seed: int) -> Estimate:
    """Correlation of an answer with the sum of the others, which is corrected for overlap."""
    pair = np.column_stack([item, rest.sum(axis=1)])
    method, n = "item-rest correlation", len(item)
    refused = refusal(pair, fewest)
    if refused is None and not np.ptp(pair, axis=0).all():
        refused = Code.NO_VARIANCE
    if refused is not None:
        return undefined(n, method, refused)

    def statistic(rows: Array) -> Array:
        drawn = pair[rows] - pair[rows].mean(axis=1, keepdims=True)
        squares = np.square(drawn).sum(axis=1).prod(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(drawn.prod(axis=-1).sum(axis=1) / np.sqrt(squares))

    point = float(statistic(np.arange(n)[None])[0])
    low, high, words = person_interval(statistic, n, resamples=resamples, seed=seed)
    return Estimate(point, low, high, n, f"{method}, {words}")


def composite_reliability(
    covariance: Array,
    reliabilities: Sequence[float],
    *,
    n: int,
    weights: Sequence[float] | None = None,
) -> Estimate:
    """Reliability of a weighted sum of targets, Mosier (1943); of weights 1, stratified alpha.

    1 − Σ w_j² s_j² (1 − ρ_j) / (wᵀ S w), with errors that do not correlate between targets: errors
    of one recording do, and then it is an upper bound.

    Args:
        covariance: (K, K) of the targets' scores.
        reliabilities: (K,) of each target.
        n: people behind the covariance.
        weights: (K,); 1 each where none are given.

    Raises:
        InputError: when the sizes differ.
    """
    rho = np.asarray(reliabilities, dtype=float)
    w = np.ones(len(rho)) if weights is None else np.asarray(weights, dtype=float)
    if covariance.shape != (len(rho), len(rho)) or w.shape != rho.shape:
        raise InputError(
            expected="a (K, K) covariance with K reliabilities and K weights",
            got=f"shapes {covariance.shape}, {rho.shape} and {w.shape}",
        )
    variance, method = float(w @ covariance @ w), "composite of targets, no interval"
    if not variance > 0 or not np.isfinite(rho).all():
        return undefined(n, method, Code.NO_VARIANCE, source="Mosier 1943")
    value = 1 - float(np.sum(w**2 * np.diag(covariance) * (1 - rho))) / variance
    nan = float("nan")
    return Estimate(value, nan, nan, n, method, "Mosier 1943")

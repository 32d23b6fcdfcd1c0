"""Omega: reliability of a sum by one factor, with how well one factor fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.agreement import FEWEST, few_people, refusal
from trifold.psychometrics.reliability.resampling import person_intervals

SOURCE = "McDonald 1999"
LEAST_UNIQUE = 0.005  # of a variance of 1: below it the factor explains an answer w
STEPS, HALVINGS = 100, 20


@dataclass(frozen=True)
class OneFactor:
    """Omega total, and the fit without which it misleads.

    Attributes:
        omega: in the metric of the scores.
        standardised: of scores with equal variances.
        loadings: (k,) standardised.
        chi_square: of the fit, n times the discrepancy.
        df: its degrees of freedom; 0 with three answers, where every table fits.
        p: of chi-square.
        rmsea: root mean square error of approximation; above .10 one factor does not do.
    """

    omega: Estimate
    standardised: Estimate
    loadings: tuple[float, ...]
    chi_square: float
    df: int
    p: float
    rmsea: float

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        fit = {name: getattr(self, name) for name in ("chi_square", "p", "rmsea")}
        return {
            "omega": self.omega.as_json(),
            "standardised": self.standardised.as_json(),
            "loadings": list(self.loadings),
            "df": self.df,
            **{name: float(v) if np.isfinite(v) else None for name, v in fit.items()},
        }


def one_factor(
    scores: Array, *, resamples: int = 1000, seed: int = 0, fewest: int = FEWEST
) -> OneFactor:
    """Omega total, McDonald (1999): (Σλ)² / ((Σλ)² + Σθ) of one factor by maximum likelihood.

    Args:
        scores: (n, k) people by answers, complete, k at least 3.
        resamples: of the intervals by person.
        seed: of them.
        fewest: people below whom nothing is given.
    """
    method, n = "omega total of one factor by maximum likelihood", len(scores)
    refused = refusal(scores, fewest)
    if refused is None and scores.shape[1] < 3:
        refused = Code.TOO_FEW_LEVELS
    if refused is None and not np.ptp(scores, axis=0).all():
        refused = Code.NO_VARIANCE
    if refused is not None:
        nothing = undefined(n, method, refused, source=SOURCE)
        return OneFactor(nothing, nothing, (), np.nan, 0, np.nan, np.nan)
    unique, discrepancy = (part[0] for part in fitted_uniquenesses(np.corrcoef(scores.T)[None]))
    flags = few_people(n)
    flags += (Code.BOUNDARY,) if unique.min() <= LEAST_UNIQUE * 1.01 else ()

    def statistic(rows: Array) -> Array:
        return _omegas(scores[rows])

    points = _omegas(scores[None])[0]
    ends = person_intervals(statistic, n, resamples=resamples, seed=seed)
    omegas = [
        Estimate(float(point), low, high, n, f"{said}, {words}", SOURCE, flags=flags)
        for said, point, (low, high, words) in zip(
            (method, f"standardised {method}"), points, ends, strict=True
        )
    ]
    k = scores.shape[1]
    df, chi_square = k * (k - 3) // 2, n * float(discrepancy)
    return OneFactor(
        omegas[0],
        omegas[1],
        tuple(map(float, loadings_of(np.corrcoef(scores.T), unique))),
        chi_square,
        df,
        float(stats.chi2.sf(chi_square, df)) if df else float("nan"),
        float(np.sqrt(max(chi_square - df, 0) / (df * n))) if df else float("nan"),
    )


def _omegas(scores: Array) -> Array:
    """(R, 2) omega and standardised omega of (R, n, k); NaN where correlations are singular."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.square(centred).mean(axis=1))
    values = np.full((len(scores), 2), np.nan)
    varied = np.flatnonzero(spread.all(axis=1))
    z = centred[varied] / spread[varied, None]
    correlations = np.swapaxes(z, 1, 2) @ z / scores.shape[1]
    sound = np.linalg.eigvalsh(correlations)[:, 0] > 1e-10  # as many different people as answers
    varied, correlations = varied[sound], correlations[sound]
    unique, _ = fitted_uniquenesses(correlations)
    loadings = loadings_of(correlations, unique)
    for column, scale in enumerate((spread[varied], np.ones_like(unique))):
        common = np.square((loadings * scale).sum(axis=1))
        values[varied, column] = common / (common + (unique * scale**2).sum(axis=1))
    return values


def fitted_uniquenesses(correlations: Array) -> tuple[Array, Array]:
    """Uniquenesses of one factor that maximise the likelihood, for many tables at once.

    The loadings are those that are best for given uniquenesses, Jöreskog (1967), and the logarithms
    of these are searched by Newton's method, Clarke (1970).

    Args:
        correlations: (R, k, k), positive definite.

    Returns:
        (R, k) uniquenesses between 0.005 and 1, and (R,) discrepancies: likelihood ratios over n.
    """
    k = correlations.shape[-1]
    bounds = np.log([LEAST_UNIQUE, 1.0])
    inverse = np.diagonal(np.linalg.inv(correlations), axis1=1, axis2=2)
    log_unique = np.clip(np.log((1 - 0.5 / k) / inverse), *bounds)
    left, found = np.arange(len(correlations)), np.full(len(correlations), np.inf)
    for _ in range(STEPS if len(left) else 0):
        value, slope, curvature = _discrepancy(correlations[left], log_unique[left])
        found[left] = value
        here = log_unique[left]
        held = ((here <= bounds[0]) & (slope > 0)) | ((here >= bounds[1]) & (slope < 0))
        slope = np.where(held, 0.0, slope)
        open_ = np.abs(slope).max(axis=1) > 1e-8
        left, here, slope, held = left[open_], here[open_], slope[open_], held[open_]
        if not len(left):
            break
        both = held[:, :, None] | held[:, None, :]
        size, axes = np.linalg.eigh(np.where(both, 0.0, curvature[open_]))
        along = np.einsum("rij,ri->rj", axes, slope) / np.maximum(np.abs(size), 1e-3)
        step = -np.einsum("rij,rj->ri", axes, along)
        there = _descended(correlations[left], here, step, value[open_], bounds)
        log_unique[left] = there
        left = left[(there != here).any(axis=1)]
    return np.exp(log_unique), found


def _descended(correlations: Array, here: Array, step: Array, value: Array, bounds: Array) -> Array:
    """Where a step leads that is halved until nothing gets worse."""
    size = np.ones((len(here), 1))
    for _ in range(HALVINGS):
        there = np.clip(here + size * step, *bounds)
        worse = _discrepancy(correlations, there)[0] > value + 1e-12
        if not worse.any():
            return there
        size[worse] /= 2
    return np.where(worse[:, None], here, there)


def _discrepancy(correlations: Array, log_unique: Array) -> tuple[Array, Array, Array]:
    """(R,) values, (R, k) slopes and (R, k, k) curvatures by log uniqueness."""
    root = np.exp(log_unique / 2)
    values, vectors = np.linalg.eigh(correlations / (root[:, :, None] * root[:, None, :]))
    small, rest = values[:, :-1], vectors[:, :, :-1]  # of all but the one factor
    value = (small - np.log(small) - 1).sum(axis=1)
    slope = ((1 - small)[:, None, :] * rest**2).sum(axis=2)
    first, common = values[:, -1:], vectors[:, :, -1]
    pull = (1 - small) * (first + small) / (first - small)
    plain, scaled, pulled = (
        np.einsum("rim,rm,rjm->rij", rest, weight, rest, optimize=True)
        for weight in (np.ones_like(small), small, pull)
    )
    return value, slope, plain * scaled + common[:, :, None] * common[:, None, :] * pulled


def loadings_of(correlations: Array, unique: Array) -> Array:
    """(..., k) loadings that are best for given uniquenesses; their sum is not negative."""
    root = np.sqrt(unique)
    values, vectors = np.linalg.eigh(correlations / (root[..., :, None] * root[..., None, :]))
    size = np.sqrt(np.maximum(values[..., -1:] - 1, 0))
    loading = size * vectors[..., -1] * root
    return np.asarray(np.where(loading.sum(axis=-1, keepdims=True) >= 0, loading, -loading))

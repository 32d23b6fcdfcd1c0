"""What raters do: severity, use of the scale, misfit and drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from trifold.codes import Code
from trifold.contracts import Array
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.agreement import FEWEST
from trifold.psychometrics.reliability.generalizability.coefficients import (
    coefficients,
    estimated,
    share,
)
from trifold.psychometrics.reliability.generalizability.formula import design
from trifold.psychometrics.reliability.generalizability.observations import observe
from trifold.psychometrics.reliability.generalizability.study import (
    GStudy,
    estimator,
    g_study,
)

FEWEST_RATINGS = 5  # of a rater, below which nothing is said of them
PEOPLE_RANDOM = "raters fixed, people random with REML variances"


@dataclass(frozen=True)
class RaterEffect:
    """One rater.

    Attributes:
        severity: points that they give less than the mean rater would to the same people.
        sd_ratio: of their scores to those of all raters; an interval below 1 is central tendency.
        misfit: mean square of what others' ratings and their severity do not predict; 1 expected.
        drift: points a week that they become milder; None where no weeks are told.
    """

    severity: Estimate
    sd_ratio: Estimate
    misfit: Estimate
    drift: Estimate | None

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return {
            "severity": self.severity.as_json(),
            "sd_ratio": self.sd_ratio.as_json(),
            "misfit": self.misfit.as_json(),
            "drift": None if self.drift is None else self.drift.as_json(),
        }


@dataclass(frozen=True)
class RaterStudy:
    """All raters, the study behind them, and what label error allows.

    Attributes:
        raters: by name. study: people crossed with raters.
        ceiling: √ of the share of people in the variance of their mean ratings: among all people
            no score that knows nothing of these raters' errors correlates higher with the mean.
            √Eρ² where everybody has the same raters; elsewhere severity moves people apart too.
    """

    raters: dict[str, RaterEffect]
    study: GStudy
    ceiling: Estimate

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return {
            "raters": {name: one.as_json() for name, one in self.raters.items()},
            "study": self.study.as_json(),
            "ceiling": self.ceiling.as_json(),
        }


def rater_effects(
    people: Sequence[object] | Array,
    raters: Sequence[object] | Array,
    scores: Array,
    *,
    weeks: Array | None = None,
    draws: int = 2000,
    seed: int = 0,
    fewest: int = FEWEST,
) -> RaterStudy:
    """Severity, SD ratio, misfit and drift of each rater; ratings may be missing.

    Args:
        people: (N,) who was rated.
        raters: (N,) by whom.
        scores: (N,), each pair once, NaN where missing.
        weeks: (N,) when each rating was given, in weeks from any day.
        draws: for intervals of the study.
        seed: of them.
        fewest: people below whom nothing is given.

    Raises:
        InputError: when a rater rates a person twice.
    """
    places = {"p": np.asarray(people), "r": np.asarray(raters)}
    seen = observe(design("p x r"), places, scores)
    study = g_study(seen, draws=draws, seed=seed, fewest=fewest)
    names, rater = np.unique(places["r"].astype(str), return_inverse=True)
    person = np.unique(places["p"].astype(str), return_inverse=True)[1]
    given = np.isfinite(scores)
    fit = _Fit.of(person[given], rater[given], scores[given], study)
    when = None if weeks is None else np.asarray(weeks, dtype=float)[given]
    effects = {str(name): _effect(fit, one, when, study) for one, name in enumerate(names)}
    relative = _reliability(study, person[given], rater[given])
    ends = [
        np.sqrt(max(v, 0.0)) if np.isfinite(v) else np.nan
        for v in (relative.estimate, relative.low, relative.high)
    ]
    method = f"√ of {relative.method}"
    low_high = replace(relative, estimate=ends[0], low=ends[1], high=ends[2], method=method)
    return RaterStudy(effects, study, low_high)


def _reliability(study: GStudy, person: Array, rater: Array) -> Estimate:
    """Of mean ratings as they are given, with the severity of whom people happened to get.

    Severities add to the variance between people by σ²_r (mean over people of Σ_r w² less the mean
    over pairs of people of Σ_r w w'), with w = 1/k of each of a person's k raters: nothing where
    all have the same raters, σ²_r/k where none are shared.
    """
    if not study.defined or study.seen.balanced:
        return coefficients(study).relative
    weights = np.zeros((int(person.max()) + 1, int(rater.max()) + 1))
    weights[person, rater] = 1.0
    weights = weights[weights.any(axis=1)]
    weights /= weights.sum(axis=1, keepdims=True)
    n, own = len(weights), float(np.sum(weights**2))
    shared = (float(np.sum(weights.sum(axis=0) ** 2)) - own) / (n * (n - 1))

    def value(components: Array) -> Array:
        people, severity, rest = np.moveaxis(np.maximum(components, 0.0), -1, 0)
        return share(people, severity * (own / n - shared) + rest * own / n)

    return estimated(
        study,
        float(value(study.variances)),
        study.interval(value(study.draws)),
        f"share of people in mean ratings, {estimator(study.seen)}; {study.method}",
        absolute=True,
    )


@dataclass(frozen=True)
class _Fit:
    """Generalised least squares with raters fixed and people random.

    Attributes:
        rater: (N,) of each rating. scores: (N,). level: (R,) mean of each rater for a mean person.
        errors: (R,) standard errors of levels around their mean.
        residual: (N,) rating less what severity and the person's other ratings predict, over its
            standard deviation. scale: (N,) that standard deviation.
    """

    rater: Array
    scores: Array
    level: Array
    errors: Array
    residual: Array
    scale: Array

    @staticmethod
    def of(person: Array, rater: Array, scores: Array, study: GStudy) -> _Fit:
        size = int(rater.max()) + 1
        nothing = np.full(len(scores), np.nan)
        if not study.defined:
            lost = np.full(size, np.nan)
            return _Fit(rater, scores, lost, lost, nothing, nothing)
        between, error = float(study.reml[0]), max(float(study.reml[2]), 1e-12)
        many = np.bincount(person)
        pull = between / (error + many * between)
        crossed = np.zeros((len(many), size))
        crossed[person, rater] = 1.0
        normal = np.diag(crossed.sum(axis=0)) - crossed.T @ (pull[:, None] * crossed)
        sums = np.bincount(person, scores)
        right = np.bincount(rater, scores, minlength=size) - crossed.T @ (pull * sums)
        rated = crossed.sum(axis=0) > 0
        inverse = np.linalg.pinv(normal, hermitian=True)
        level = np.where(rated, inverse @ right, np.nan)
        centre = np.eye(size) - 1.0 / size
        errors = np.sqrt(np.diag(centre @ inverse @ centre) * error)
        left = scores - level[rater]
        others = np.bincount(person, left)[person] - left
        shrunk = between / (error + (many[person] - 1) * between)
        scale = np.sqrt(error + error * shrunk)
        return _Fit(rater, scores, level, errors, (left - shrunk * others) / scale, scale)


def _effect(fit: _Fit, one: int, weeks: Array | None, study: GStudy) -> RaterEffect:
    mine = fit.rater == one
    n = int(mine.sum())
    if not study.defined or n < FEWEST_RATINGS:
        codes = study.flags if not study.defined else (Code.TOO_FEW_PERSONS,)
        lost = undefined(n, "rater effect", *codes)
        return RaterEffect(lost, lost, lost, None if weeks is None else lost)
    severity = float(np.nanmean(fit.level) - fit.level[one])
    reach = 1.96 * float(fit.errors[one])
    residual = fit.residual[mine]
    drift = None if weeks is None else _drift(residual * fit.scale[mine], weeks[mine])
    codes = tuple(code for code in study.flags if code is Code.DISCONNECTED_DESIGN)
    said = f"severity, {PEOPLE_RANDOM}"
    return RaterEffect(
        Estimate(severity, severity - reach, severity + reach, n, said, flags=codes),
        _sd_ratio(fit, mine),
        _chi_square(float(np.sum(residual**2)) / (n - 1), n - 1, f"misfit, {PEOPLE_RANDOM}"),
        drift,
    )


def _sd_ratio(fit: _Fit, mine: Array) -> Estimate:
    centred = fit.scores - (np.bincount(fit.rater, fit.scores) / np.bincount(fit.rater))[fit.rater]
    df = len(fit.scores) - len(np.unique(fit.rater))
    pooled, n = float(np.sum(centred**2)) / df, int(mine.sum())
    ratio = float(np.sum(centred[mine] ** 2)) / (n - 1) / pooled
    squared = _chi_square(ratio, n - 1, "SD over that within all raters, chi-square interval")
    value, low, high = (float(np.sqrt(v)) for v in (squared.estimate, squared.low, squared.high))
    return Estimate(value, low, high, n, squared.method, squared.source)


def _chi_square(value: float, df: int, method: str) -> Estimate:
    low, high = (value * df / stats.chi2.ppf(q, df) for q in (0.975, 0.025))
    return Estimate(value, float(low), float(high), df + 1, method)


def _drift(left: Array, weeks: Array) -> Estimate:
    told = np.isfinite(weeks)
    n, method = int(told.sum()), "slope over weeks, t interval"
    if n < FEWEST_RATINGS or not np.ptp(weeks[told]):
        return undefined(n, method, Code.NO_VARIANCE if n else Code.TOO_FEW_PERSONS)
    line = stats.linregress(weeks[told], left[told])
    reach = float(stats.t.ppf(0.975, n - 2) * line.stderr)
    return Estimate(float(line.slope), line.slope - reach, line.slope + reach, n, method)

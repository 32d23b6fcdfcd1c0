"""Generalizability coefficients, observed and planned, and how many answers a plan needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.agreement import MeanSquares, icc_of, spearman_brown
from trifold.psychometrics.reliability.generalizability.components import analysis_of_variance
from trifold.psychometrics.reliability.generalizability.formula import PERSON
from trifold.psychometrics.reliability.generalizability.study import (
    SOURCE,
    GStudy,
    around,
    estimator,
)
from trifold.psychometrics.reliability.generalizability.weights import (
    Weights,
    observed,
    planned,
)

Sizes = Mapping[str, float]
KINDS = {"relative": "E\u03c1\u00b2", "absolute": "\u03a6"}  # Eρ² and Φ


@dataclass(frozen=True)
class Coefficients:
    """How a mean over so many conditions generalises.

    Attributes:
        sizes: facet to its number of levels; what people gave on average where none were asked for.
        relative: Eρ², of the order of people. absolute: Φ, of the scores themselves.
        relative_sem, absolute_sem: standard errors of measurement.
    """

    sizes: dict[str, float]
    relative: Estimate
    absolute: Estimate
    relative_sem: Estimate
    absolute_sem: Estimate

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        names = ("relative", "absolute", "relative_sem", "absolute_sem")
        return {"sizes": self.sizes, **{name: getattr(self, name).as_json() for name in names}}


def coefficients(study: GStudy, sizes: Sizes | None = None) -> Coefficients:
    """Eρ², Φ and the standard errors of measurement, with intervals.

    Crossed with one facet the intervals are Feldt's and McGraw and Wong's, exact where balanced; of
    answers nested in people, Shrout and Fleiss's. Others are from the study's draws.

    Args:
        study: the components.
        sizes: facet to its number of levels; those that people gave where none are given.

    Returns:
        Absolute ones are undefined with ``DISCONNECTED_DESIGN`` where people and questions fall
        into parts, since what moves a whole part cannot be told from its people.
    """
    weights = weights_of(study, sizes)
    told = dict(study.seen.levels) if sizes is None else {k: float(v) for k, v in sizes.items()}
    told.pop(PERSON, None)
    parts, draws = weights.of(study.variances), weights.of(study.draws)
    found = {}
    for place, name in ((1, "relative"), (2, "absolute")):
        said = f"{KINDS[name]}, {estimator(study.seen)}"
        exact = _exact_interval(study, told, name)
        ratio = share(draws[0], draws[place])
        found[name] = estimated(
            study,
            float(share(parts[0], parts[place])),
            study.interval(ratio) if exact is None else exact,
            f"{said}; {'F interval' if exact is not None else study.method}",
            absolute=place == 2,
        )
        found[f"{name}_sem"] = estimated(
            study,
            float(np.sqrt(parts[place])),
            study.interval(np.sqrt(draws[place])),
            f"{name} standard error of measurement, {estimator(study.seen)}; {study.method}",
            absolute=place == 2,
        )
    return Coefficients(told, **found)


def cut_score_dependability(study: GStudy, cut: float, sizes: Sizes | None = None) -> Estimate:
    """Φ(λ): how dependably people are told to lie above or below a cut, Brennan & Kane (1977).

    Args:
        study: the components.
        cut: λ, on the scale of the scores.
        sizes: see ``coefficients``.
    """
    seen, weights = study.seen, weights_of(study, sizes)
    of_mean = np.array(
        [np.sum(np.square(seen.cells(e).counts / len(seen.scores))) for e in study.design.effects]
    )

    def value(components: Array) -> Array:
        universe, _, error = weights.of(components)
        distance = (seen.scores.mean() - cut) ** 2 - np.maximum(components, 0.0) @ of_mean
        return share(universe + np.maximum(distance, 0.0), error)

    return estimated(
        study,
        float(value(study.variances)),
        study.interval(value(study.draws)),
        f"Φ(λ) at a cut of {cut:g}, {estimator(seen)}; {study.method}",
        absolute=True,
    )


def weights_of(study: GStudy, sizes: Sizes | None) -> Weights:
    """Of a plan, or of what people gave."""
    if sizes is None:
        return observed(study.seen, study.fixed)
    return planned(study.design, sizes, study.fixed)


def share(universe: Array, error: Array) -> Array:
    """Universe over universe and error; 0 where there is neither."""
    both = universe + error
    return np.asarray(np.where(both > 0, universe / np.where(both > 0, both, 1.0), 0.0))


def estimated(
    study: GStudy,
    value: float,
    ends: tuple[float, float],
    method: str,
    *,
    absolute: bool,
    counted: bool = False,
) -> Estimate:
    """With the study's flags; undefined where it is, or where absolute error cannot be known."""
    if not study.defined:
        return undefined(study.n, method, *study.flags, source=SOURCE)
    if absolute and Code.DISCONNECTED_DESIGN in study.flags:
        return undefined(study.n, method, Code.DISCONNECTED_DESIGN, source=SOURCE)
    flags = study.flags + ((Code.NEGATIVE_VARIANCE,) if (study.variances < 0).any() else ())
    flags += (Code.BOUNDARY,) if study.variances[0] <= 0 else ()
    return Estimate(
        value, *around(value, ends), study.n, method, SOURCE, study.coverage, flags, counted
    )


def _exact_interval(study: GStudy, sizes: Sizes, name: str) -> tuple[float, float] | None:
    """From F where people are crossed with one random facet, or it is nested in them."""
    design, seen = study.design, study.seen
    if not study.defined or not seen.balanced or len(design.facets) != 2 or study.fixed:
        return None
    facet = design.conditions[0]
    k, table = round(seen.levels[facet]), analysis_of_variance(seen)
    squares = table.mean_squares
    if design.nested_in[facet]:
        made, kind = MeanSquares(study.n, k, squares[0], 0.0, 0.0, squares[1]), "ICC(1)"
    else:
        made = MeanSquares(study.n, k, squares[0], squares[1], squares[2], 0.0)
        kind = "ICC(A,1)" if name == "absolute" else "ICC(C,1)"
    if not made.rows > 0:
        return None
    low, high = (
        spearman_brown(x, sizes[facet]) for x in icc_of(made, kind, coverage=study.coverage)[1:]
    )
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None

"""Decision studies: what a plan would give, how many answers it needs, and the cheapest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError, unknown
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.generalizability.coefficients import (
    KINDS,
    Coefficients,
    Sizes,
    coefficients,
    estimated,
)
from trifold.psychometrics.reliability.generalizability.formula import PERSON
from trifold.psychometrics.reliability.generalizability.study import SOURCE, GStudy
from trifold.psychometrics.reliability.generalizability.weights import planned


def needed(
    study: GStudy,
    reliability: float,
    *,
    facet: str,
    absolute: bool = False,
    sizes: Sizes | None = None,
) -> Estimate:
    """How many levels of a facet, such as answers, a reliability takes.

    Args:
        study: the components.
        reliability: that is wanted, above 0 and below 1.
        facet: whose number is sought.
        absolute: whether Φ is meant; Eρ² otherwise.
        sizes: of the other facets; those of the study where none are given.

    Returns:
        Whole numbers at the precision of these estimates. No number suffices: infinite, with
        ``BOUNDARY``.

    Raises:
        InputError: for a reliability or facet that cannot be.
    """
    if not 0 < reliability < 1:
        raise InputError(expected="a reliability above 0 and below 1", got=f"{reliability:g}")
    if facet not in study.design.conditions or facet in study.fixed:
        random = [f for f in study.design.conditions if f not in study.fixed]
        raise unknown(facet, random, what="random facets")
    others = {f: v for f, v in (sizes or study.seen.levels).items() if f not in (PERSON, facet)}
    one, many = (planned(study.design, {**others, facet: n}, study.fixed) for n in (1.0, np.inf))

    def number(components: Array) -> Array:
        universe, *errors = one.of(components)
        _, *rest = many.of(components)
        allowed = universe * (1 - reliability) / reliability - rest[absolute]
        shrinking = errors[absolute] - rest[absolute]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.ceil(shrinking / allowed - 1e-9)
        return np.where(allowed > 0, np.maximum(found, 1.0), np.inf)

    kind = KINDS["absolute" if absolute else "relative"]
    method = f"{facet} needed for {kind} = {reliability:g}; {study.method}"
    if not study.defined:
        return undefined(study.n, method, *study.flags, source=SOURCE)
    drawn = study.draws[np.isfinite(study.draws).all(axis=1)]
    low, high = np.percentile(
        number(drawn), [50 - 50 * study.coverage, 50 + 50 * study.coverage], method="nearest"
    )
    value = estimated(
        study,
        float(number(study.variances)),
        (float(low), float(high)),
        method,
        absolute=absolute,
        counted=True,
    )
    return value if np.isfinite(value.high) else value.flagged(Code.BOUNDARY)


@dataclass(frozen=True)
class Plan:
    """One row of a decision study: sizes, their coefficients and what they cost a person."""

    coefficients: Coefficients
    cost: float

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**self.coefficients.as_json(), "cost": self.cost}


def decision_study(
    study: GStudy, plans: Iterable[Sizes], costs: Sizes | None = None
) -> tuple[Plan, ...]:
    """Coefficients of several plans.

    Args:
        study: the components.
        plans: facet to its number of levels, for each plan.
        costs: facet to what one level costs with all levels it stands in: an answer once, a rating
            once for each answer. 0 where none are given.
    """
    return tuple(Plan(coefficients(study, s), _cost(study, s, costs or {})) for s in plans)


def cheapest(plans: Iterable[Plan], reliability: float, *, absolute: bool = False) -> Plan | None:
    """The plan of least cost whose coefficient reaches a reliability; None where none does."""
    enough = [
        plan
        for plan in plans
        if getattr(plan.coefficients, "absolute" if absolute else "relative").estimate
        >= reliability
    ]
    return min(enough, key=lambda plan: plan.cost, default=None)


def _cost(study: GStudy, sizes: Sizes, costs: Sizes) -> float:
    """A facet costs once for each level of the facets before it, which it is repeated within."""
    total, before = 0.0, 1.0
    for facet in study.design.conditions:
        before *= sizes[facet]
        total += costs.get(facet, 0.0) * before
    return total

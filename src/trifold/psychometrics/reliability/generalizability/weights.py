"""How much of each variance component is in the error of a person's mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.errors import InputError, unknown
from trifold.psychometrics.reliability.generalizability.formula import PERSON, Design
from trifold.psychometrics.reliability.generalizability.observations import Observations


@dataclass(frozen=True)
class Weights:
    """(E,) each: variance = weights · components.

    Attributes:
        universe: of what is to be measured. relative: of the error that changes the order of
            people. absolute: of that error and of what moves everybody.
    """

    universe: Array
    relative: Array
    absolute: Array

    def of(self, components: Array) -> tuple[Array, Array, Array]:
        """(...,) universe, relative and absolute variance of (..., E); below 0 counts as 0."""
        raised = np.maximum(components, 0.0)
        return raised @ self.universe, raised @ self.relative, raised @ self.absolute


def planned(design: Design, sizes: Mapping[str, float], fixed: Sequence[str] = ()) -> Weights:
    """Of a mean over so many levels of each facet, Brennan (2001), section 5.1.

    Args:
        design: whose effects.
        sizes: facet to its number of levels, within one of what it is nested in.
        fixed: facets that one does not generalise over.

    Raises:
        InputError: when a facet has no size or is not of the design.
    """
    _known(design, [*sizes, *fixed])
    missing = [facet for facet in design.conditions if not sizes.get(facet, 0) > 0]
    if missing:
        raise InputError(
            expected=f"how many of each of {', '.join(design.conditions)}",
            got=f"none of {', '.join(missing)}",
        )
    shares = [
        1.0 / np.prod([sizes[f] for f in effect.facets if f != PERSON]) for effect in design.effects
    ]
    return sorted_by_kind(design, np.array(shares), fixed)


def observed(seen: Observations, fixed: Sequence[str] = ()) -> Weights:
    """Of the mean of the scores that were given, averaged over people.

    Balanced, that is the plan with the design's own sizes. With one facet and missing scores it is
    the harmonic mean of people's numbers; nested unequally, effective numbers n² / Σ n_b².
    """
    _known(seen.design, fixed)
    return sorted_by_kind(seen.design, squared_weights(seen).mean(axis=0), fixed)


def squared_weights(seen: Observations, weights: Array | None = None) -> Array:
    """(P, E): Σ_b (Σ of weights in cell b)² of each person's weighted mean, for each effect.

    The variance of a person's score around the universe is this times the components, whatever was
    missing.

    Args:
        seen: P people.
        weights: (N,) of the scores, at least 0; they are made to add up to 1 for each person. All
            alike where none are given.
    """
    people = seen.together(frozenset({PERSON}))
    given = np.ones(len(people.of)) if weights is None else np.asarray(weights, dtype=float)
    w = given / np.bincount(people.of, given)[people.of]
    columns = []
    for effect in seen.design.effects:
        both = seen.together(effect.facets | {PERSON})
        owner = np.zeros(len(both.counts), dtype=np.int64)
        owner[both.of] = people.of
        in_cell = np.bincount(both.of, w)
        columns.append(np.bincount(owner, in_cell**2))
    return np.column_stack(columns)


def sorted_by_kind(design: Design, shares: Array, fixed: Sequence[str] = ()) -> Weights:
    """Shares of (E,) effects, sorted into universe, relative and absolute error.

    A person's interaction with fixed facets alone belongs to the universe; an effect without the
    person is error only where a facet of it is random, Brennan (2001), section 4.4.
    """
    own = np.array([PERSON in effect.facets for effect in design.effects])
    random = np.array([bool(effect.facets - {PERSON, *fixed}) for effect in design.effects])
    return Weights(
        np.where(own & ~random, shares, 0.0),
        np.where(own & random, shares, 0.0),
        np.where(random, shares, 0.0),
    )


def _known(design: Design, facets: Sequence[str]) -> None:
    for facet in facets:
        if facet not in design.conditions:
            raise unknown(facet, design.conditions, what="facets")

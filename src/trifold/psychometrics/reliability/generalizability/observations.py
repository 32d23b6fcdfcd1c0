"""Scores with the cells of every effect that they lie in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.reliability.generalizability.formula import PERSON, Design, Effect


@dataclass(frozen=True)
class Cells:
    """Which cell each score lies in.

    Attributes:
        of: (N,) numbers from 0.
        counts: (cells,) scores in each.
    """

    of: Array
    counts: Array


@dataclass(frozen=True)
class Step:
    """From the cells of an effect to those of a finer one that they are made of.

    Attributes:
        finer: its place among the effects.
        of: (finer cells,) which cell of the effect each belongs to.
        matrix: (cells, finer cells) that sums them.
    """

    finer: int
    of: Array
    matrix: csr_array


@dataclass(frozen=True)
class Observations:
    """N scores of one target, those of a person beside each other.

    Attributes:
        design: what they were collected by.
        scores: (N,).
        people: names, in the order of their cells.
        levels: facet to its number of levels, within one of what it is nested in, on average.
    """

    design: Design
    scores: Array
    people: tuple[str, ...]
    levels: dict[str, float]
    _cells: dict[frozenset[str], Cells] = field(repr=False)

    def cells(self, *effects: Effect) -> Cells:
        """Of one effect, or of several together."""
        return self.together(frozenset().union(*(effect.facets for effect in effects)))

    def together(self, facets: frozenset[str]) -> Cells:
        """Cells that these facets tell apart; with none there is one."""
        if facets not in self._cells:
            first, *others = sorted(facets, key=self.design.facets.index)
            rest = self.together(frozenset(others))
            key = self._cells[frozenset({first})].of.astype(np.int64) * len(rest.counts) + rest.of
            self._cells[facets] = _numbered(key)
        return self._cells[facets]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Of each effect but the residual, to the effect with the fewest cells that refines it."""
        return tuple(self._step(e) for e in range(len(self.design.effects) - 1))

    def _step(self, e: int) -> Step:
        effects = self.design.effects
        finer = min(
            (o for o, other in enumerate(effects) if effects[e].facets < other.facets),
            key=lambda o: len(self.cells(effects[o]).counts),
        )
        mine, theirs = self.cells(effects[e]), self.cells(effects[finer])
        of = np.zeros(len(theirs.counts), dtype=np.int64)
        of[theirs.of] = mine.of
        if finer == len(effects) - 1:  # scores themselves, in their own order
            of = mine.of
        shape = len(mine.counts), len(of)
        return Step(finer, of, csr_array((np.ones(len(of)), (of, np.arange(len(of)))), shape=shape))

    @property
    def balanced(self) -> bool:
        """True where every effect has as many cells as its facets have levels, equally filled."""
        for effect in self.design.effects:
            counts = self.cells(effect).counts
            expected = np.prod([self.levels[facet] for facet in effect.facets])
            if len(counts) != expected or np.ptp(counts):
                return False
        return True

    @property
    def connected(self) -> bool:
        """False where people fall into parts that share no level of a facet crossed with them."""
        crossed = [f for f in self.design.conditions if not self.design.nested_in[f]]
        return all(self._linked(facet) for facet in crossed)

    def _linked(self, facet: str) -> bool:
        people, other = (self.together(frozenset({f})) for f in (PERSON, facet))
        n = len(people.counts) + len(other.counts)
        ends = people.of, other.of + len(people.counts)
        graph = coo_array((np.ones(len(people.of), dtype=np.int8), ends), shape=(n, n))
        return bool(connected_components(graph, directed=False)[0] == 1)


def observe(
    plan: Design, labels: Mapping[str, Sequence[object] | Array], scores: Array
) -> Observations:
    """Scores with their cells; those that are NaN count as not given.

    Args:
        plan: the design.
        labels: facet to (N,) labels, such as candidate, question or rater of each score.
        scores: (N,).

    Raises:
        InputError: when labels lack a facet or are of another length, a score is infinite, nothing
            is left, or one cell of all facets holds two scores: then a facet is missing in the
            design.
    """
    scores = np.asarray(scores, dtype=float)
    for facet in plan.facets:
        if facet not in labels or len(labels[facet]) != len(scores):
            raise InputError(
                expected=f"{len(scores)} labels of facet {facet}, one a score",
                got=f"{len(labels[facet])}" if facet in labels else f"facets {sorted(labels)}",
            )
    if np.isinf(scores).any():
        raise InputError(expected="finite scores", got="an infinite one")
    seen = np.flatnonzero(~np.isnan(scores))
    if not len(seen):
        raise InputError(expected="scores", got=f"none among {len(scores)} rows")
    person, names = _labelled(labels[PERSON], seen, PERSON)
    order = np.argsort(person, kind="stable")
    rows = seen[order]
    cells = {frozenset({PERSON}): _numbered(person[order])}
    for facet in plan.conditions:
        cells[frozenset({facet})] = _numbered(_labelled(labels[facet], rows, facet)[0])
    cells[frozenset()] = Cells(np.zeros(len(rows), dtype=np.int64), np.array([len(rows)]))
    made = Observations(plan, scores[rows], names, {}, cells)
    _refuse_repeated(made)
    made.levels.update({facet: _levels(made, facet) for facet in plan.facets})
    return made


def _labelled(
    labels: Sequence[object] | Array, rows: Array, facet: str
) -> tuple[Array, tuple[str, ...]]:
    """(rows,) numbers of labels in alphabetical order, and the labels."""
    codes, found = pd.factorize(np.asarray(labels)[rows])
    if codes.min() < 0:
        raise InputError(expected=f"a label of facet {facet} for each score", got="none for some")
    names = np.asarray(found).astype(str)
    order = np.argsort(names, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], tuple(map(str, names[order]))


def _refuse_repeated(made: Observations) -> None:
    counts = made.cells(made.design.effects[-1]).counts
    if counts.max() > 1:
        raise InputError(
            expected=f"one score for each combination of {', '.join(made.design.facets)}",
            got=f"{counts.max()} for one of them; a facet such as session is missing in "
            f"{made.design.formula!r}",
        )


def _levels(made: Observations, facet: str) -> float:
    around = made.design.nested_in[facet]
    inner, outer = made.together(around | {facet}), made.together(around)
    return len(inner.counts) / len(outer.counts)


def _numbered(values: Array) -> Cells:
    _, of, counts = np.unique(values, return_inverse=True, return_counts=True)
    return Cells(of, counts)

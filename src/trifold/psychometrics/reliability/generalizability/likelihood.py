"""The restricted likelihood of variance components, exact for any number of scores.

Effects with the person in them are independent between people, so their part D of the covariance
is a small matrix for each person. What people share (questions, raters, sessions) has few levels
and comes in by Woodbury's identity. So V = D + Z G Zᵀ is never made, however many scores there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.sparse import csr_array, hstack

from trifold.contracts import Array
from trifold.psychometrics.reliability.generalizability.formula import PERSON, Effect
from trifold.psychometrics.reliability.generalizability.observations import Observations

FEW = 200  # levels of what people share, below which a table full of zeros is faster


@dataclass(frozen=True)
class Evaluated:
    """The restricted log-likelihood at some components.

    Attributes:
        value: up to a constant.
        slope: (E,) its first derivatives.
        information: (E, E) average information, Gilmour, Thompson and Cullis (1995), eq. 4.
    """

    value: float
    slope: Array
    information: Array


class RestrictedLikelihood:
    """Of the scores of one design with a mean and random effects.

    Args:
        seen: the scores, those of a person beside each other.
    """

    def __init__(self, seen: Observations) -> None:
        self.scores = seen.scores - seen.scores.mean()
        self.effects = seen.design.effects
        self.own = [PERSON in effect.facets for effect in self.effects]
        self.matrices = [self._indicator(seen, effect) for effect in self.effects]
        self.blocks = _Blocks.of(
            seen, [e for e, own in zip(self.effects, self.own, strict=True) if own]
        )
        shared = [m for m, own in zip(self.matrices, self.own, strict=True) if not own]
        ones = csr_array(np.ones((len(self.scores), 1)))
        both = hstack([*shared, ones], format="csr")
        self.shared = both.toarray() if both.shape[1] < FEW else both
        self.sizes = [matrix.shape[1] for matrix in shared]

    @staticmethod
    def _indicator(seen: Observations, effect: Effect) -> csr_array:
        cells, n = seen.cells(effect), len(seen.scores)
        return csr_array((np.ones(n), (np.arange(n), cells.of)), shape=(n, len(cells.counts)))

    def at(self, components: Array) -> Evaluated:
        """Value and derivatives at (E,) components, of which the last is above 0."""
        own = np.array(self.own)
        inverse = self.blocks.inverse(components[own])
        solved = inverse.matrix @ self.shared  # D⁻¹F of F = [Z, 1]
        gram = _dense(self.shared.T @ solved)
        kernel, log_rest = self._kernel(gram, components[~own])

        def projected(columns: Array) -> Array:
            return np.asarray(inverse.matrix @ columns - solved @ (kernel @ (solved.T @ columns)))

        weighted = projected(self.scores)
        value = -0.5 * (inverse.log_det + log_rest + float(self.scores @ weighted))
        sums = [matrix.T @ weighted for matrix in self.matrices]
        traces = self._traces(inverse.traces, solved, kernel, gram)
        slope = np.array([float(s @ s) for s in sums]) - traces
        moved = np.column_stack([m @ s for m, s in zip(self.matrices, sums, strict=True)])
        information = moved.T @ projected(moved) / 2
        return Evaluated(value, slope / 2, information)

    def _kernel(self, gram: Array, shared: Array) -> tuple[Array, float]:
        """K of P = D⁻¹ − D⁻¹F K Fᵀ D⁻¹, and the log-determinants beside that of D."""
        root = np.sqrt(np.repeat(shared, self.sizes))
        inner = np.eye(len(root)) + root[:, None] * gram[:-1, :-1] * root
        factor = linalg.cho_factor(inner)
        among = root[:, None] * linalg.cho_solve(factor, np.diag(root))
        mean = np.append(-among @ gram[:-1, -1], 1.0)
        weight = float(gram[-1] @ mean)  # 1ᵀV⁻¹1
        kernel = np.outer(mean, mean) / weight
        kernel[:-1, :-1] += among
        return kernel, 2 * float(np.log(np.diag(factor[0])).sum()) + float(np.log(weight))

    def _traces(
        self, traces: Array, solved: Array | csr_array, kernel: Array, gram: Array
    ) -> Array:
        """(E,) of P Z_B Z_Bᵀ."""
        own = iter(traces)
        among = gram - gram @ kernel @ gram  # FᵀPF
        starts = np.cumsum([0, *self.sizes])
        diagonal = iter(np.split(np.diag(among)[:-1], starts[1:-1]))
        found = []
        for matrix, is_own in zip(self.matrices, self.own, strict=True):
            if not is_own:
                found.append(float(next(diagonal).sum()))
                continue
            cut = matrix.T @ solved
            found.append(float(next(own)) - float(np.sum(kernel * _dense(cut.T @ cut))))
        return np.array(found)


@dataclass(frozen=True)
class _Inverse:
    matrix: csr_array
    log_det: float
    traces: Array


@dataclass(frozen=True)
class _Group:
    """People with n scores whose cells coincide in the same way: they share one matrix."""

    places: Array  # (people, n, n) of their scores' inverse in the data of all
    same: Array  # (kinds, effects, n, n) bool: both scores lie in one cell
    kind: Array  # (people,)


@dataclass(frozen=True)
class _Blocks:
    """D by person, people grouped by their number of scores; ``starts`` and ``columns`` as CSR."""

    groups: list[_Group]
    starts: Array
    columns: Array

    @staticmethod
    def of(seen: Observations, effects: list[Effect]) -> _Blocks:
        people = seen.together(frozenset({PERSON}))
        first = np.cumsum(people.counts) - people.counts
        ends = np.concatenate([[0], np.cumsum(people.counts[people.of])])
        columns = np.empty(ends[-1], dtype=np.int64)
        cells = [seen.cells(effect).of for effect in effects]
        groups = []
        for n in np.unique(people.counts):
            rows = first[people.counts == n][:, None] + np.arange(n)
            places = ends[rows][:, :, None] + np.arange(n)
            columns[places] = rows[:, None, :]
            alike = np.stack([_first_alike(of[rows]) for of in cells], axis=1)
            kinds, kind = np.unique(alike.reshape(len(rows), -1), axis=0, return_inverse=True)
            patterns = kinds.reshape(len(kinds), len(effects), n)
            same = patterns[..., :, None] == patterns[..., None, :]
            groups.append(_Group(places, same, kind.ravel()))
        return _Blocks(groups, ends, columns)

    def inverse(self, components: Array) -> _Inverse:
        """D⁻¹, the log-determinant of D, and the traces of D⁻¹ Z_B Z_Bᵀ for each of its effects."""
        data = np.empty(len(self.columns))
        log_det, traces = 0.0, np.zeros(len(components))
        for group in self.groups:
            blocks = np.einsum("e,keij->kij", components, group.same)
            people = np.bincount(group.kind)
            inverse = np.linalg.inv(blocks)
            log_det += float(people @ np.linalg.slogdet(blocks)[1])
            weighted = inverse * people[:, None, None]
            traces += [np.sum(same * weighted) for same in np.swapaxes(group.same, 0, 1)]
            data[group.places] = inverse[group.kind]
        shape = (len(self.starts) - 1,) * 2
        matrix = csr_array((data, self.columns, self.starts), shape=shape)
        return _Inverse(matrix, log_det, traces)


def _dense(matrix: Array | csr_array) -> Array:
    return np.asarray(matrix) if isinstance(matrix, np.ndarray) else matrix.toarray()


def _first_alike(cells: Array) -> Array:
    """(people, n): where each score's cell comes first among the scores of its person."""
    return np.asarray((cells[:, :, None] == cells[:, None, :]).argmax(axis=2))

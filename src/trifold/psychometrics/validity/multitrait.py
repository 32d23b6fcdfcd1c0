"""Multitrait-multimethod matrices and the comparisons of Campbell and Fiske."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.intervals import correlation_interval
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.resampling import bootstrap_estimates

SOURCE = "Campbell & Fiske 1959"
EXPECTED_R = 0.2  # a pair of one name whose interval lies below is likely to be mislabelled


@dataclass(frozen=True)
class Comparisons:
    """How many comparisons of a criterion hold.

    Attributes:
        held: comparisons in which the validity was larger.
        made: all of them.
    """

    held: int
    made: int


@dataclass(frozen=True)
class MatrixSummary:
    """What a multitrait-multimethod matrix says, without intervals.

    Attributes:
        convergent: mean r of one trait by two methods (monotrait-heteromethod).
        heterotrait_heteromethod: mean r of two traits by two methods.
        heterotrait_monomethod: mean r of two traits by one method; high where a method has halo.
        over_heteromethod: validities against the values of their row and column by other methods
            (criterion ii).
        over_monomethod: validities against the same two traits by one method (criterion iii).
    """

    convergent: float
    heterotrait_heteromethod: float
    heterotrait_monomethod: float
    over_heteromethod: Comparisons
    over_monomethod: Comparisons


@dataclass(frozen=True)
class Multitrait:
    """A study of K traits by M methods.

    Attributes:
        traits: K names.
        methods: M names.
        matrix: (M·K, M·K) correlations, method by method; reliabilities on the diagonal where they
            are stated, else 1.
        disattenuated: the same divided by √(ρ ρ); None without reliabilities.
        validities: "trait: method / method" to r with its interval; flagged ``SAME_NAME_DISAGREES``
            where the interval lies below .2.
        above_zero: validities whose interval lies above 0 (criterion i).
        summary: counts and means.
        means: the three means with bootstrap intervals.
        convergent_minus_monomethod: below 0 where methods say more than traits.
    """

    traits: tuple[str, ...]
    methods: tuple[str, ...]
    matrix: Array
    disattenuated: Array | None
    validities: Mapping[str, Estimate]
    above_zero: Comparisons
    summary: MatrixSummary
    means: Mapping[str, Estimate]
    convergent_minus_monomethod: Estimate

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def matrix_summary(matrix: Array, *, traits: int) -> MatrixSummary:
    """Means and counts of a matrix.

    Args:
        matrix: (M·K, M·K) correlations ordered A1 B1 C1 A2 B2 …; the diagonal is not read.
        traits: K, at least 2.

    Raises:
        InputError: where the matrix has no such order.
    """
    size = len(matrix)
    if matrix.shape != (size, size) or traits < 2 or size % traits or size // traits < 2:
        raise InputError(
            expected="a square matrix of two traits and two methods or more",
            got=f"{matrix.shape} for {traits} traits",
        )
    parts: dict[str, list[float]] = {"same": [], "other": [], "method": []}
    for a, b in combinations(range(size), 2):
        kind = "method" if a // traits == b // traits else "other"
        parts["same" if a % traits == b % traits else kind].append(float(matrix[a, b]))
    ii = [0, 0]
    iii = [0, 0]
    for first, second in combinations(range(size // traits), 2):
        for k in range(traits):
            a, b = first * traits + k, second * traits + k
            for other in (t for t in range(traits) if t != k):
                left, right = first * traits + other, second * traits + other
                for counts, rivals in (
                    (ii, (matrix[a, right], matrix[left, b])),
                    (iii, (matrix[a, left], matrix[b, right])),
                ):
                    counts[0] += sum(int(matrix[a, b] > rival) for rival in rivals)
                    counts[1] += len(rivals)
    same, apart, within = (float(np.mean(values)) for values in parts.values())
    return MatrixSummary(same, apart, within, Comparisons(*ii), Comparisons(*iii))


def multitrait_multimethod(
    scores: Mapping[str, Array],
    traits: Sequence[str],
    *,
    reliabilities: Mapping[str, Sequence[float]] | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Multitrait:
    """The matrix of the same people by several methods.

    Args:
        scores: method (model, human, self) to (n, K) scores without gaps, people in one order.
        traits: K names, the same for all methods.
        reliabilities: method to K reliabilities, for the diagonal and the disattenuated matrix.
        resamples: draws of the bootstrap over people.
        seed: of the draws.

    Raises:
        InputError: for fewer than two methods or traits, gaps, or shapes that differ.
    """
    methods, k = tuple(scores), len(traits)
    wide = _checked(scores, k)
    n = len(wide)
    matrix = np.corrcoef(wide.T)
    summary = matrix_summary(matrix, traits=k)

    def means(rows: Array) -> Array:
        return _means(np.corrcoef(wide[rows].T), k)

    names = ("convergent", "heterotrait_heteromethod", "heterotrait_monomethod")
    *found, gap = bootstrap_estimates(
        means, n, method="mean correlation", source=SOURCE, resamples=resamples, seed=seed
    )
    validities = _validities(matrix, traits, methods, n)
    disattenuated = None
    if reliabilities is not None:
        rho = np.concatenate([np.asarray(reliabilities[m], dtype=float) for m in methods])
        if len(rho) != len(matrix) or not ((rho > 0) & (rho <= 1)).all():
            raise InputError(expected=f"{k} reliabilities a method, above 0", got=str(rho.tolist()))
        disattenuated = matrix / np.sqrt(np.outer(rho, rho))
        np.fill_diagonal(disattenuated, 1.0)
        np.fill_diagonal(matrix, rho)
    positive = sum(int(value.low > 0) for value in validities.values())
    return Multitrait(
        tuple(traits),
        methods,
        matrix,
        disattenuated,
        validities,
        Comparisons(positive, len(validities)),
        summary,
        dict(zip(names, found, strict=True)),
        gap,
    )


def _checked(scores: Mapping[str, Array], traits: int) -> Array:
    """(n, M·K), method by method."""
    parts = [np.asarray(values, dtype=float) for values in scores.values()]
    shapes = {part.shape for part in parts}
    if len(parts) < 2 or len(shapes) != 1 or parts[0].ndim != 2 or parts[0].shape[1] != traits:
        raise InputError(
            expected=f"two methods or more, each of the same people by {traits} traits",
            got=str(sorted(shapes)),
        )
    wide = np.hstack(parts)
    if len(wide) < 4 or not np.isfinite(wide).all() or (np.ptp(wide, axis=0) == 0).any():
        raise InputError(
            expected="four people or more without gaps, and spread in every column",
            got=f"{len(wide)} people",
        )
    return wide


def _means(matrix: Array, k: int) -> Array:
    """(4,) means of the three kinds of r, and convergent minus heterotrait-monomethod."""
    rows, columns = np.triu_indices(len(matrix), 1)
    r = matrix[rows, columns]
    same, method = rows % k == columns % k, rows // k == columns // k
    parts = [r[same].mean(), r[~same & ~method].mean(), r[method].mean()]
    return np.array([*parts, parts[0] - parts[2]])


def _validities(
    matrix: Array, traits: Sequence[str], methods: Sequence[str], n: int
) -> dict[str, Estimate]:
    """Correlations of each trait by each two methods."""
    found = {}
    k = len(traits)
    for (i, first), (j, second) in combinations(enumerate(methods), 2):
        for t, trait in enumerate(traits):
            r = float(np.clip(matrix[i * k + t, j * k + t], -0.9999999, 0.9999999))
            low, high = correlation_interval(r, n) or (np.nan, np.nan)
            one = Estimate(r, low, high, n, "Pearson r, Fisher's z interval", "Fisher 1921")
            wrong = high < EXPECTED_R
            found[f"{trait}: {first} / {second}"] = (
                one.flagged(Code.SAME_NAME_DISAGREES) if wrong else one
            )
    return found

"""Correction for selection on several variables at once."""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array
from trifold.errors import InputError


def lawley(restricted: Array, unrestricted: Array) -> Array:
    """Covariances among applicants, from those among the selected (Lawley 1943).

    With A the selection variables and B the others: Σ_AB = Σ_AA V_AA⁻¹ V_AB and
    Σ_BB = V_BB + V_BA V_AA⁻¹ (Σ_AA − V_AA) V_AA⁻¹ V_AB. It assumes that B depends on A linearly and
    with equal variances.

    Args:
        restricted: (p + q, p + q) covariances V among the selected, selection variables first.
        unrestricted: (p, p) covariances Σ_AA of these among applicants.

    Returns:
        (p + q, p + q).

    Raises:
        InputError: for other shapes or a singular V_AA.
    """
    p, size = len(unrestricted), len(restricted)
    if unrestricted.shape != (p, p) or restricted.shape != (size, size) or not 0 < p < size:
        raise InputError(
            expected="a square matrix of all variables and one of the first of them",
            got=f"{restricted.shape} and {unrestricted.shape}",
        )
    if np.linalg.matrix_rank(restricted[:p, :p]) < p:
        raise InputError(expected="selection variables that do not follow from others", got="some")
    slopes = np.linalg.solve(restricted[:p, :p], restricted[:p, p:])  # (p, q)
    crossed = unrestricted @ slopes
    rest = restricted[p:, p:] + slopes.T @ (unrestricted - restricted[:p, :p]) @ slopes
    return np.block([[unrestricted, crossed], [crossed.T, rest]])


def correlations_of(covariances: Array) -> Array:
    """(k, k) correlations of (k, k) covariances."""
    spread = np.sqrt(np.diag(covariances))
    matrix: Array = covariances / np.outer(spread, spread)
    return matrix

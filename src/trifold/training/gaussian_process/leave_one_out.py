"""Leave-one-person-out predictions of a Gaussian process, without fitting it again.

Rasmussen and Williams (2006), section 5.4.2, by blocks of rows that belong to one person, and with
the mean of the labels, which a row has a share in, estimated anew each time: A gets c 11ᵀ, c → ∞.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trifold.contracts import Array


def leave_one_out(inverse: Array, y: Array, people: Array, *, change: Array | None = None) -> Array:
    """Predictions of every row by all rows of other people.

    Args:
        inverse: (m, m) A⁻¹.
        y: (m,) labels.
        people: (m,) number of the person of each row.
        change: (m, m) what is added to the kernel of each row with all rows when the row is shown
            in another way, such as with fewer answers; its label stays out as before.

    Returns:
        (m,); NaN where there is nobody else.
    """
    if len(y) == 0 or np.ptp(people) == 0:
        return np.full(len(y), np.nan)
    sums = inverse.sum(axis=1)
    free = inverse - np.outer(sums, sums) / sums.sum()  # of the mean
    alpha = free @ y
    residual = _residuals(free, alpha, people)
    found = y - residual
    if change is not None:
        found = found + change @ alpha - _own_share(change, free, residual, people)
    return found


def _residuals(free: Array, alpha: Array, people: Array) -> Array:
    """(m,) label minus prediction."""
    residual: Array = alpha / np.diag(free)
    for rows in _several(people):
        residual[rows] = np.linalg.solve(free[np.ix_(rows, rows)], alpha[rows])
    return residual


def _own_share(change: Array, free: Array, residual: Array, people: Array) -> Array:
    """(m,) what the person's own rows have in ``change @ alpha``."""
    share: Array = np.einsum("ij,ji->i", change, free) * residual
    for rows in _several(people):
        share[rows] = change[rows] @ (free[:, rows] @ residual[rows])
    return share


def _several(people: Array) -> Sequence[Array]:
    """Rows of each person who has more than one."""
    order = np.argsort(people, kind="stable")
    starts = np.flatnonzero(np.diff(people[order])) + 1
    return [rows for rows in np.split(order, starts) if len(rows) > 1]

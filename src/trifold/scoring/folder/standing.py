"""Where the people of a run stand: rank intervals among them, and percentiles of a norm group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from trifold.contracts import Array
from trifold.scoring.columns import candidate_columns
from trifold.scoring.rows import Row, clean

if TYPE_CHECKING:
    from trifold.scoring.folder.norm_group import NormGroup


def with_standing(
    rows: Sequence[Row], names: Sequence[str], norms: NormGroup | None = None
) -> list[Row]:
    """Candidates' rows with what only all of them together, or a norm group, tell.

    Args:
        rows: of ``candidates``, each with its own ``_sem``.
        names: of the K targets.
        norms: None leaves percentiles empty.

    Returns:
        The rows in their order; ranks are None where a score has no standard error.
    """
    more = rank_cells(rows, names)
    for name in names:
        if norms is not None:
            scores, errors = (_column(rows, key).tolist() for key in (name, f"{name}_sem"))
            for cells, score, error in zip(more, scores, errors, strict=True):
                if np.isfinite(score):
                    cells |= norms.cells(name, score, error)
    columns = candidate_columns(names)
    return [clean({**row, **cells}, columns) for row, cells in zip(rows, more, strict=True)]


def rank_cells(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """Columns of ranks of each person among the others of ``rows``, to be put into their row.

    Args:
        rows: of ``candidates``, each with its own ``_sem``.
        names: of targets; one without any standard error gets no cells.
    """
    found: list[Row] = [{} for _ in rows]
    for name in names:
        scores, errors = (_column(rows, key) for key in (name, f"{name}_sem"))
        if np.isfinite(errors).any():
            for cells, ends in zip(found, _ranks(scores, errors), strict=True):
                cells |= {f"{name}_rank_low": ends[0], f"{name}_rank_high": ends[1]}
    return found


def _ranks(scores: Array, errors: Array) -> list[tuple[int | None, int | None]]:
    """Best and worst rank of each; None where a score or its error is NaN."""
    from trifold.psychometrics.reliability.ranking import rank_intervals  # which loads SciPy

    found = rank_intervals(np.where(np.isfinite(errors), scores, np.nan), errors)
    return [
        (low or None, high or None)
        for low, high in zip(found.low.tolist(), found.high.tolist(), strict=True)
    ]


def _column(rows: Sequence[Mapping[str, object]], key: str) -> Array:
    """(n,) of one column, NaN where it is empty."""
    values = [row[key] for row in rows]
    return np.array([np.nan if value is None else value for value in values], dtype=float)

"""What raters do, from a long table of scores."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from trifold.psychometrics.reliability.agreement import FEWEST
from trifold.psychometrics.reliability.raters import RaterStudy, rater_effects
from trifold.psychometrics.reliability.studies.tables import RATER, checked, rows_of, targets_of


def rater_study(
    table: pd.DataFrame,
    *,
    targets: Sequence[str] | None = None,
    week: str | None = None,
    draws: int = 2000,
    seed: int = 0,
    fewest: int = FEWEST,
) -> dict[str, RaterStudy]:
    """Raters of every target; an answer that was rated counts as the one who is rated.

    Args:
        table: see ``tables``.
        targets: all where none are given.
        week: column that tells when, in weeks.
        draws: for intervals.
        seed: of them.
        fewest: people below whom nothing is given.

    Raises:
        InputError: when the table is not as described, a target has no ratings or a rater rated an
            answer twice.
    """
    rows, found = checked(table), {}
    for name in targets_of(rows, targets):
        mine = rows_of(rows, name, source=RATER)
        rated = mine["candidate_id"].astype(str) + " " + mine["answer_id"].astype(str)
        weeks = None if week is None else mine[week].to_numpy(dtype=float)
        found[name] = rater_effects(
            rated.to_numpy(),
            mine["source"].to_numpy(),
            mine["score"].to_numpy(dtype=float),
            weeks=weeks,
            draws=draws,
            seed=seed,
            fewest=fewest,
        )
    return found

"""Two sessions of the same people, from a long table of scores."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from trifold.errors import InputError
from trifold.psychometrics.reliability.agreement import FEWEST
from trifold.psychometrics.reliability.retest import Retest, retest
from trifold.psychometrics.reliability.studies.tables import (
    MODEL,
    by_person,
    checked,
    rows_of,
    targets_of,
)


def retest_study(
    table: pd.DataFrame,
    *,
    sessions: tuple[str, str] | None = None,
    source: str = MODEL,
    targets: Sequence[str] | None = None,
    days: float | None = None,
    fewest: int = FEWEST,
) -> dict[str, Retest]:
    """Agreement of two sessions of every target, on people's mean scores over answers.

    Args:
        table: see ``tables``.
        sessions: which two; the first two of the table, in order, where none are given.
        source: whose scores.
        targets: all where none are given.
        days: between the two, median.
        fewest: people below whom nothing is given.

    Raises:
        InputError: when there are not two sessions.
    """
    rows, found = checked(table), {}
    known = sorted(str(one) for one in rows["session"].dropna().unique())
    two = sessions or tuple(known[:2])
    if len(two) < 2 or not set(two) <= set(known):
        raise InputError(expected="two sessions of the table", got=f"{two} of {known[:8]}")
    for name in targets_of(rows, targets):
        mine = rows_of(rows, name, source=source)
        mine = mine.assign(session=mine["session"].astype(str))
        pair = by_person(mine, "session").reindex(columns=list(two)).to_numpy(dtype=float)
        asked = [set(mine["question_id"][mine["session"] == one]) for one in two]
        same = asked[0] == asked[1]
        found[name] = retest(pair[:, 0], pair[:, 1], same_questions=same, days=days, fewest=fewest)
    return found

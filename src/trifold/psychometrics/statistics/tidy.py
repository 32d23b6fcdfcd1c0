"""Tidy tables of scores and criteria, checked and turned into people by targets."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from trifold.codes import Code
from trifold.errors import InputError
from trifold.policy.protected import group_names


def require_columns(table: pd.DataFrame, names: Sequence[str], *, what: str) -> None:
    """Refuse a table without these columns.

    Args:
        table: any.
        names: columns that are needed.
        what: the table, in words, such as ``scores``.

    Raises:
        InputError: naming what is missing and what is there.
    """
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise InputError(
            expected=f"columns {', '.join(names)}",
            got=f"no {', '.join(missing)} among {', '.join(map(str, table.columns)) or 'none'}",
            where=what,
        )


def refuse_group_columns(table: pd.DataFrame, *, what: str) -> None:
    """Norms and cuts are the same for all groups, so their tables hold no groups.

    Raises:
        InputError: where a column is called like a protected characteristic.
    """
    found = group_names(map(str, table.columns))
    if found:
        raise InputError(
            expected="scores without columns of groups (norms by group are refused)",
            got=", ".join(found),
            where=what,
        )


def refuse_in_sample(candidates: Collection[str], trained_on: Collection[str]) -> None:
    """Scores of people that a model was trained on are better than any that follow.

    Raises:
        InputError: naming the code ``IN_SAMPLE`` and some of the people.
    """
    both = sorted(set(map(str, candidates)) & set(map(str, trained_on)))
    if both:
        shown = ", ".join(both[:5]) + (" …" if len(both) > 5 else "")
        raise InputError(
            expected="held-out or out-of-fold scores",
            got=f"{len(both)} people of training ({shown}): {Code.IN_SAMPLE}",
        )


def person_scores(
    scores: pd.DataFrame, *, source: str | None = "model", what: str = "scores"
) -> pd.DataFrame:
    """Mean score of each person on each target, over answers and sessions.

    Args:
        scores: long, with ``candidate_id``, ``target`` and ``score``; ``source`` where given.
        source: rows to keep; None keeps all. A table without the column has one source.
        what: the table, in messages.

    Returns:
        A table of people (index, sorted) by targets (columns, in their order of arrival).

    Raises:
        InputError: where columns are missing, nothing is left, or a score is infinite or no number.
    """
    require_columns(scores, ("candidate_id", "target", "score"), what=what)
    kept = scores
    if source is not None and "source" in scores.columns:
        kept = scores[scores["source"].astype(str) == source]
    if kept.empty:
        raise InputError(expected=f"rows of source {source}", got="none", where=what)
    numbers = pd.to_numeric(kept["score"], errors="coerce")
    bad = (numbers.isna() & kept["score"].notna()) | np.isinf(numbers.to_numpy(dtype=float))
    if bad.any():
        raise InputError(
            expected="finite numbers in score", got=repr(kept["score"][bad].iloc[0]), where=what
        )
    long = pd.DataFrame(
        {
            "candidate_id": kept["candidate_id"].astype(str),
            "target": kept["target"].astype(str),
            "score": numbers,
        }
    )
    wide = long.pivot_table(index="candidate_id", columns="target", values="score", aggfunc="mean")
    return wide[[t for t in long["target"].unique() if t in wide.columns]]

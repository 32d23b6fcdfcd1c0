"""Long tables of scores, one row each: which rows a study reads, and as what shape.

Columns: candidate_id, answer_id, question_id, source (``model``, ``member:…``, ``rater:…`` or
``self``), target, score and session; ``in_sample``, if there is one, marks people of the training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError, unknown
from trifold.psychometrics.reliability.generalizability.formula import PERSON, Design
from trifold.psychometrics.reliability.generalizability.observations import Observations, observe

COLUMNS = ("candidate_id", "answer_id", "question_id", "source", "target", "score", "session")
IN_SAMPLE = "in_sample"  # optional column, true for people that the model was trained on
MODEL, MEMBER, RATER = "model", "member:", "rater:"
OF_FACET = {
    PERSON: "candidate_id",
    "i": "question_id",
    "r": "source",
    "m": "source",
    "o": "session",
}


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """The table, with numbers for scores.

    Raises:
        InputError: when a column lacks, a score is no finite number, or scores of a model are of
            people that it was trained on.
    """
    lacking = [name for name in COLUMNS if name not in table]
    if lacking:
        raise InputError(
            expected=f"columns {', '.join(COLUMNS)}", got=f"a table without {', '.join(lacking)}"
        )
    scores = pd.to_numeric(table["score"], errors="coerce")
    wrong = table["score"].notna() & (scores.isna() | np.isinf(scores))
    if wrong.any():
        raise InputError(
            expected="finite numbers for scores", got=repr(table["score"][wrong].iloc[0])
        )
    if IN_SAMPLE in table:
        own = table["source"].astype(str).str.startswith((MODEL, MEMBER))
        seen = own & table[IN_SAMPLE].astype(bool)
        if seen.any():
            raise InputError(
                expected="out-of-fold scores, or people outside training",
                got=f"{Code.IN_SAMPLE}: {int(seen.sum())} scores of people in training",
            )
    return table.assign(score=scores.astype(float))


def targets_of(table: pd.DataFrame, targets: Sequence[str] | None) -> list[str]:
    """Targets in the order of the table, or those asked for.

    Raises:
        InputError: for a target that is not there.
    """
    known = [str(name) for name in pd.unique(table["target"])]
    for name in targets or ():
        if name not in known:
            raise unknown(name, known, what="targets")
    return list(targets or known)


def rows_of(table: pd.DataFrame, target: str, *, source: str) -> pd.DataFrame:
    """Rows of one target and source; a source that ends in ``:`` stands for all that begin so.

    Raises:
        InputError: when there are none.
    """
    sources = table["source"].astype(str)
    mine = sources.str.startswith(source) if source.endswith(":") else sources == source
    rows = table[mine & (table["target"].astype(str) == target)]
    if rows.empty:
        raise InputError(
            expected=f"scores of {target!r} from {source!r}",
            got=f"sources {', '.join(sorted(set(sources))[:8])}",
        )
    return rows


def observations(
    rows: pd.DataFrame, plan: Design, facets: Mapping[str, str] | None = None
) -> Observations:
    """Rows with their cells in a design.

    Args:
        rows: of one target.
        plan: ``p`` is the candidate, ``i`` the question, ``r`` and ``m`` the source, ``o`` the
            session. Nested in the person, ``i`` is the answer, so that questions need no names.
        facets: facet to the column that tells its levels, for others.

    Raises:
        InputError: when a facet has no column, and as ``observe`` does.
    """
    columns = {**OF_FACET, **(facets or {})}
    if PERSON in plan.nested_in.get("i", frozenset()) and "i" not in (facets or {}):
        columns["i"] = "answer_id"
    for facet in plan.facets:
        if columns.get(facet) not in rows:
            raise InputError(
                expected=f"a column for facet {facet}, as facets={{{facet!r}: 'topic'}}",
                got=f"{columns.get(facet)!r}",
            )
    labels = {facet: rows[columns[facet]].to_numpy() for facet in plan.facets}
    return observe(plan, labels, rows["score"].to_numpy(dtype=float))


def by_person(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """People by the levels of a column, means where a pair has several scores; NaN where none."""
    return rows.pivot_table(index="candidate_id", columns=column, values="score", aggfunc="mean")


def chosen_design(rows: pd.DataFrame, source: str) -> str:
    """The design that rows of one target and source were collected by.

    Questions that two people share are crossed with people; otherwise answers are nested in them.
    Raters or members, and sessions where somebody had several, are crossed facets.
    """
    answers = rows.drop_duplicates(["candidate_id", "question_id"])
    named = answers["question_id"].notna().all()
    shared = named and bool((answers.groupby("question_id").size() > 1).any())
    formula = "p x i" if shared else "i:p"
    several = rows.groupby("candidate_id")["session"].nunique().max() > 1
    more = [
        facet
        for facet, holds in (("m", source == MEMBER), ("r", source == RATER), ("o", several))
        if holds
    ]
    within = formula if shared or not more else f"({formula})"
    return " x ".join([within, *more])


def complete(table: pd.DataFrame) -> Array | None:
    """(n, k) where every person has every column, None otherwise."""
    values = table.to_numpy(dtype=float)
    return values if np.isfinite(values).all() and values.shape[1] > 1 else None

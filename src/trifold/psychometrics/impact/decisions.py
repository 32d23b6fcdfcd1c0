"""Who was selected: decisions as they were made, or a cut on scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.impact.cut_scores import checked_cut
from trifold.psychometrics.statistics.tidy import require_columns


@dataclass(frozen=True)
class Decision:
    """Who was selected, and on which scores.

    Attributes:
        chosen: (n,) bool.
        scores: (n,), where the decision is a cut on them.
        strata: (n,) job or date of each.
    """

    chosen: Array
    scores: Array | None
    strata: Array | None


def read_decisions(table: pd.DataFrame) -> tuple[list[str], dict[str, Decision]]:
    """Read decisions as they were made.

    Args:
        table: ``candidate_id``, ``selected`` and perhaps ``event``, one row a person.

    Returns:
        People in their order, and the decision under the name ``decision``.

    Raises:
        InputError: for missing columns, people who occur twice, or values that are not bool.
    """
    require_columns(table, ("candidate_id", "selected"), what="decisions")
    if not pd.api.types.is_bool_dtype(table["selected"]):
        raise InputError(
            expected="true or false in selected",
            got=str(table["selected"].dtype),
            where="decisions",
        )
    people = list(table["candidate_id"].astype(str))
    if len(set(people)) < len(people):
        raise InputError(expected="one decision a person", got="several", where="decisions")
    strata = table["event"].astype(str).to_numpy() if "event" in table.columns else None
    return people, {"decision": Decision(table["selected"].to_numpy(dtype=bool), None, strata)}


def cut_decisions(
    scores: pd.DataFrame, cuts: Mapping[str, float] | float | None
) -> tuple[list[str], dict[str, Decision], dict[str, float]]:
    """Decide by a cut on each target's score.

    Args:
        scores: people by targets, see ``tidy.person_scores``.
        cuts: by target, or one for all.

    Returns:
        People, target to decision, and target to cut.

    Raises:
        InputError: without cuts, for other targets or groups, or gaps.
    """
    targets = list(map(str, scores.columns))
    if cuts is None:
        raise InputError(expected=f"a cut on {', '.join(targets)}", got="none", where="cuts")
    by_target = cuts if isinstance(cuts, Mapping) else dict.fromkeys(targets, cuts)
    missing = [t for t in by_target if t not in targets]
    if missing:
        raise InputError(
            expected=f"cuts of targets {', '.join(targets)}; they are the same for all groups",
            got=", ".join(map(str, missing)),
            where="cuts",
        )
    used = {target: checked_cut(cut) for target, cut in by_target.items()}
    if scores[list(used)].isna().to_numpy().any():
        raise InputError(expected="a score of everybody on each target", got="gaps", where="scores")
    decisions = {
        target: Decision(scores[target].to_numpy() >= cut, scores[target].to_numpy(), None)
        for target, cut in used.items()
    }
    return list(map(str, scores.index)), decisions, used

"""Comparisons of a project as the model of paired comparisons takes them, and what they bring."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trifold.contracts import Array
from trifold.paired_comparisons.model.comparisons import LEFT_WINS, RIGHT_WINS, TIE, Comparisons
from trifold.paired_comparisons.model.likelihood import no_effects
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.studio.database.projects import Recording
from trifold.studio.database.ratings import Comparison
from trifold.studio.ratings.schema import RatedTarget

OUTCOMES = {"left": LEFT_WINS, "right": RIGHT_WINS, "tie": TIE}


@dataclass(frozen=True)
class Judged:
    """All comparisons of a project.

    Attributes:
        data: of recordings that have a candidate, also those that were not compared yet.
        people: (N,) candidate of each recording.
        pairs: rater to the pairs of recordings that they were shown.
    """

    data: Comparisons
    people: tuple[str, ...]
    pairs: dict[str, set[tuple[int, int]]]


def judged(
    session: Session,
    project: str,
    targets: Sequence[RatedTarget],
    *,
    raters: Collection[str] | None = None,
) -> Judged:
    """Read them; "cannot tell" is no judgement, but its pair is not asked again.

    Args:
        session: of the database.
        project: its id.
        targets: of the project.
        raters: whose ``pairs`` are wanted; None takes all.
    """
    names = {one.name: k for k, one in enumerate(targets)}
    answers = _answers(session, project)
    questions, sizes = list(answers), [len(answers[one]) // 2 for one in answers]
    question = np.repeat(np.arange(len(sizes)), np.array(sizes, dtype=np.int64))
    clips, people = (tuple(chain(*(told[k::2] for told in answers.values()))) for k in (0, 1))
    given = _given(session, project, dict(zip(clips, range(len(clips)), strict=True)), names)
    pairs = {
        account: set(zip(left.tolist(), right.tolist(), strict=True))
        for r, account in enumerate(given.accounts)
        if raters is None or account in raters
        for left, right in [(given.left[given.rater == r], given.right[given.rater == r])]
    }
    # a question may have been corrected since
    same = question[given.left] == question[given.right]
    kept = same & (given.dimension >= 0) & ~np.isnan(given.outcome)
    data = Comparisons(
        left=given.left[kept],
        right=given.right[kept],
        dimension=given.dimension[kept],
        outcome=given.outcome[kept],
        rater=given.rater[kept],
        weight=np.ones(int(kept.sum())),
        question=question,
        clips=clips,
        questions=tuple(questions),
        dimensions=tuple(names),
        raters=given.accounts,
    )
    return Judged(data, people, pairs)


def _answers(session: Session, project: str) -> dict[str, list[str]]:
    """Question to id, candidate, id, candidate and so on: by id, on every database alike.

    One row for each question, as there may be ten thousands of recordings.
    """
    told = func.aggregate_strings(Recording.id + " " + Recording.candidate_id, ",")
    wanted = select(Recording.question, told).where(
        Recording.project_id == project,
        Recording.candidate_id.is_not(None),
        Recording.counts(),
    )
    rows = session.connection().execute(wanted.group_by(Recording.question))
    return {
        question: " ".join(sorted(found.split(","))).split(" ")
        for question, found in sorted(map(tuple, rows))
    }


@dataclass(frozen=True)
class _Given:
    """Comparisons between recordings that are there, as columns of M: there may be thousands.

    Attributes:
        left, right: indices of recordings.
        rater: index of ``accounts``.
        dimension: index of a target; -1 for one that the project has no more.
        outcome: see ``Comparisons``; NaN where the rater could not tell.
        accounts: ids of raters.
    """

    left: Array
    right: Array
    rater: Array
    dimension: Array
    outcome: Array
    accounts: tuple[str, ...]


def _given(
    session: Session, project: str, at: Mapping[str, int], names: Mapping[str, int]
) -> _Given:
    """One row of the database for each rater, target and choice, and the same order on each."""
    ids = func.aggregate_strings(Comparison.left_id + " " + Comparison.right_id, " ")
    group = (Comparison.account_id, Comparison.target, Comparison.choice)
    wanted = select(*group, ids).where(Comparison.project_id == project).group_by(*group)
    columns = [np.empty((0, 5))]
    accounts: dict[str, int] = {}
    for account, target, choice, named in sorted(map(tuple, session.connection().execute(wanted))):
        places = np.array([at.get(one, -1) for one in named.split(" ")]).reshape(-1, 2)
        there = places[(places >= 0).all(axis=1)]
        if len(there):
            told = accounts.setdefault(account, len(accounts)), names.get(target, -1)
            same = np.tile([*told, OUTCOMES.get(choice, np.nan)], (len(there), 1))
            columns.append(np.hstack([there, same]))
    left, right, rater, dimension, outcome = np.concatenate(columns).T
    order = np.lexsort([dimension, right, left, rater])
    left, right, rater, dimension = (
        one[order].astype(np.int64) for one in (left, right, rater, dimension)
    )
    return _Given(left, right, rater, dimension, outcome[order], tuple(accounts))


def scores_of(data: Comparisons) -> Array:
    """(N, D) scores of each target for itself; all 0 before the first comparison."""
    return fit_ridge(data, no_effects(data)) if len(data) else np.zeros(data.shape)

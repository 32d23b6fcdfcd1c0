"""Comparisons of a project as the model of paired comparisons takes them, and what they bring."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session
from threadpoolctl import threadpool_limits

from trifold.contracts import Array
from trifold.paired_comparisons.diagnostics.reliability import comparisons_needed, separation
from trifold.paired_comparisons.model.comparisons import LEFT_WINS, RIGHT_WINS, TIE, Comparisons
from trifold.paired_comparisons.model.likelihood import no_effects
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.paired_comparisons.model.uncertainty import ridge_uncertainty
from trifold.studio.database.projects import Recording
from trifold.studio.database.ratings import Comparison
from trifold.studio.ratings.schema import RatedTarget

OUTCOMES = {"left": LEFT_WINS, "right": RIGHT_WINS, "tie": TIE}
FEWEST = 3  # recordings, below which there is no spread of scores to speak of


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
    wanted = select(Recording.id, Recording.candidate_id, Recording.question).where(
        Recording.project_id == project,
        Recording.candidate_id.is_not(None),
        Recording.counts(),
    )
    recordings = session.execute(wanted.order_by(Recording.id)).all()
    names = {one.name: k for k, one in enumerate(targets)}
    asked = dict.fromkeys(one.question for one in recordings)
    questions = {question: q for q, question in enumerate(asked)}
    question = np.array([questions[one.question] for one in recordings], dtype=np.int64)
    given = _given(session, project, {one.id: i for i, one in enumerate(recordings)}, names)
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
        clips=tuple(one.id for one in recordings),
        questions=tuple(questions),
        dimensions=tuple(names),
        raters=given.accounts,
    )
    return Judged(data, tuple(str(one.candidate_id) for one in recordings), pairs)


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
    wanted = select(
        Comparison.left_id,
        Comparison.right_id,
        Comparison.account_id,
        Comparison.target,
        Comparison.choice,
    )
    wanted = wanted.where(Comparison.project_id == project).order_by(Comparison.id)
    rows = session.connection().execute(wanted)  # plain rows, which are quicker than those of ORM
    there = [row for row in rows.all() if row[0] in at and row[1] in at]
    lefts, rights, raters, targets, choices = list(zip(*there, strict=True)) or [()] * 5
    accounts = {one: r for r, one in enumerate(dict.fromkeys(raters))}
    return _Given(
        np.array([at[one] for one in lefts], dtype=np.int64),
        np.array([at[one] for one in rights], dtype=np.int64),
        np.array([accounts[one] for one in raters], dtype=np.int64),
        np.array([names.get(one, -1) for one in targets], dtype=np.int64),
        np.array([OUTCOMES.get(one, np.nan) for one in choices], dtype=float),
        tuple(accounts),
    )


def scores_of(data: Comparisons) -> Array:
    """(N, D) scores of each target for itself; all 0 before the first comparison."""
    return fit_ridge(data, no_effects(data)) if len(data) else np.zeros(data.shape)


@dataclass(frozen=True)
class PairReliability:
    """Of the scores that comparisons give on one target.

    Attributes:
        reliability: separation; NaN where nothing was compared.
        given: comparisons.
        more: that it would take for ``wanted``; infinite where nobody is told apart.
        wanted: reliability.
    """

    reliability: float
    given: int
    more: float
    wanted: float


def reliabilities(data: Comparisons, wanted: float) -> dict[str, PairReliability]:
    """Target to how reliable its scores are and what more comparisons would bring."""
    counts = np.bincount(data.dimension, minlength=data.shape[1])
    found = np.full(data.shape[1], np.nan)
    if len(data) and len(data.clips) >= FEWEST:
        found = _separation(_Same(_digest(data), data))
    result = {}
    for k, name in enumerate(data.dimensions):
        value, given = (float(found[k]) if counts[k] else float("nan")), int(counts[k])
        needed = comparisons_needed(value, given, wanted) if given else float("nan")
        more = float(np.ceil(max(needed - given, 0.0))) if np.isfinite(needed) else needed
        result[name] = PairReliability(value, given, more, wanted)
    return result


@dataclass(frozen=True)
class _Same:
    """Comparisons that are equal to others of the same digest."""

    digest: bytes
    data: Comparisons = field(compare=False)


def _digest(data: Comparisons) -> bytes:
    """Of all that scores and their uncertainty come from."""
    said = hashlib.sha256(repr(data.shape).encode())
    for column in (data.question, data.left, data.right, data.dimension, data.outcome):
        said.update(repr(len(column)).encode() + np.ascontiguousarray(column).tobytes())
    return said.digest()


@lru_cache(maxsize=8)  # pages are opened more often than comparisons come in
def _separation(of: _Same) -> Array:
    """(D,) reliability of each target's scores."""
    effects = no_effects(of.data)
    with threadpool_limits(limits=1):
        scores = scores_of(of.data)
        return separation(scores, ridge_uncertainty(of.data, scores, effects).sampling)

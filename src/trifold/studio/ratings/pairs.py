"""Comparisons of a project as the model of paired comparisons takes them, and the next pair."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session
from threadpoolctl import threadpool_limits

from trifold.contracts import Array
from trifold.paired_comparisons.diagnostics.active import next_pairs
from trifold.paired_comparisons.diagnostics.reliability import comparisons_needed, separation
from trifold.paired_comparisons.model.comparisons import LEFT_WINS, RIGHT_WINS, TIE, Comparisons
from trifold.paired_comparisons.model.likelihood import no_effects
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.paired_comparisons.model.uncertainty import ridge_uncertainty
from trifold.studio.database.projects import Recording
from trifold.studio.database.ratings import Comparison
from trifold.studio.ratings.schema import RatedTarget

OUTCOMES = {"left": LEFT_WINS, "right": RIGHT_WINS, "tie": TIE}
SHORTLIST = 8  # of the best pairs, of which each rater takes another
LARGEST = 150  # answers to a question of which pairs are searched while a rater waits
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


def judged(session: Session, project: str, targets: Sequence[RatedTarget]) -> Judged:
    """Read them; "cannot tell" is no judgement, but its pair is not asked again."""
    wanted = select(Recording.id, Recording.candidate_id, Recording.question).where(
        Recording.project_id == project,
        Recording.candidate_id.is_not(None),
        Recording.state != "unusable",
    )
    recordings = session.execute(wanted.order_by(Recording.id)).all()
    rows = session.scalars(
        select(Comparison).where(Comparison.project_id == project).order_by(Comparison.id)
    )
    at = {one.id: i for i, one in enumerate(recordings)}
    names = {one.name: k for k, one in enumerate(targets)}
    asked = dict.fromkeys(one.question for one in recordings)
    questions = {question: q for q, question in enumerate(asked)}
    of_clip = [questions[one.question] for one in recordings]
    kept, pairs = [], dict[str, set[tuple[int, int]]]()
    raters: dict[str, int] = {}
    for row in rows:
        if row.left_id not in at or row.right_id not in at:
            continue
        left, right = at[row.left_id], at[row.right_id]
        pairs.setdefault(row.account_id, set()).add((left, right))
        same = of_clip[left] == of_clip[right]  # a question may have been corrected since
        if row.choice in OUTCOMES and row.target in names and same:
            rater = raters.setdefault(row.account_id, len(raters))
            kept.append((left, right, names[row.target], OUTCOMES[row.choice], rater))
    columns = np.array(kept, dtype=float).reshape(-1, 5).T
    data = Comparisons(
        left=columns[0].astype(np.int64),
        right=columns[1].astype(np.int64),
        dimension=columns[2].astype(np.int64),
        outcome=columns[3],
        rater=columns[4].astype(np.int64),
        weight=np.ones(len(kept)),
        question=np.array(of_clip, dtype=np.int64),
        clips=tuple(one.id for one in recordings),
        questions=tuple(questions),
        dimensions=tuple(names),
        raters=tuple(raters),
    )
    return Judged(data, tuple(str(one.candidate_id) for one in recordings), pairs)


def next_pair(found: Judged, *, rater: str) -> tuple[str, str] | None:
    """The pair of recordings that this rater should see next; None where all were shown.

    Each rater takes another of the best few: twenty at once would all get the best one.
    """
    data, own = found.data, found.pairs.get(rater, set())
    if len(data.clips) < 2 or not data.dimensions:
        return None
    theirs: dict[tuple[str, int], list[int]] = {}  # answers of a person to one question
    for clip, (person, question) in enumerate(zip(found.people, data.question, strict=True)):
        theirs.setdefault((person, int(question)), []).append(clip)
    alone = [pair for clips in theirs.values() for pair in combinations(clips, 2)]
    drawn = int.from_bytes(hashlib.sha256(f"{rater}\x00{len(own)}".encode()).digest()[:4])
    with threadpool_limits(limits=1):
        best = next_pairs(
            data,
            scores_of(data),
            no_effects(data),
            count=SHORTLIST,
            seed=drawn,
            closed=[*own, *alone],
            largest=LARGEST,
        )
    if not best:
        return None
    one = best[drawn % len(best)]
    return data.clips[one.left], data.clips[one.right]


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
        with threadpool_limits(limits=1):
            scores = scores_of(data)
            found = separation(scores, ridge_uncertainty(data, scores, no_effects(data)).sampling)
    result = {}
    for k, name in enumerate(data.dimensions):
        value, given = (float(found[k]) if counts[k] else float("nan")), int(counts[k])
        needed = comparisons_needed(value, given, wanted) if given else float("nan")
        more = float(np.ceil(max(needed - given, 0.0))) if np.isfinite(needed) else needed
        result[name] = PairReliability(value, given, more, wanted)
    return result

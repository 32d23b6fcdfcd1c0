"""Ratings kept and counted; one that comes twice or late changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from trifold.errors import InputError, unknown
from trifold.studio.database.base import new_id, now
from trifold.studio.database.projects import Candidate, Project, Recording
from trifold.studio.database.ratings import Comparison, Rating
from trifold.studio.ratings.schema import RatedTarget, targets_of

CHOICES = ("left", "right", "tie", "none")
UNKNOWN = "?"  # what a form sends for "cannot tell"


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(now().timestamp() * 1000)


def moment_of(text: str) -> int:
    """When a browser says that a rating was set; never later than now.

    Raises:
        InputError: when it is no number.
    """
    if not text:
        return now_ms()
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise InputError(expected="milliseconds since 1970", got=repr(text))
    return min(int(text), now_ms())


def values_sent(form: FormData, *, expected: str) -> tuple[dict[str, str], int]:
    """Target name to what was chosen, and when: one from the script, or all of a plain form.

    Args:
        form: with fields ``value-TARGET`` and ``at``.
        expected: what an empty one lacks, in words.

    Raises:
        InputError: when nothing was chosen, or the moment is no number.
    """
    given = {
        name.removeprefix("value-"): text
        for name, text in form.items()
        if name.startswith("value-") and isinstance(text, str)
    }
    if not given:
        raise InputError(expected=expected, got="none")
    return given, moment_of(str(form.get("at") or ""))


def value_of(text: str, target: RatedTarget) -> float | None:
    """A level of the scale, or None for "cannot tell".

    Raises:
        InputError: for anything else.
    """
    if text == UNKNOWN:
        return None
    known = {str(level): float(level) for level in target.levels}
    if text not in known:
        raise InputError(
            expected=f"a whole number from {target.low} to {target.high} for '{target.label}'",
            got=repr(text),
        )
    return known[text]


def target_named(project: Project, name: str) -> RatedTarget:
    """One of the project's targets.

    Raises:
        InputError: when there is none of that name.
    """
    found = {one.name: one for one in targets_of(project.targets)}
    if name not in found:
        raise unknown(name, list(found), what="targets")
    return found[name]


def keep_rating(
    session: Session,
    *,
    project: Project,
    candidate: str,
    rater: str,
    target: RatedTarget,
    value: float | None,
    at_ms: int,
) -> None:
    """Keep a rating in place of an earlier one of the same rater, candidate and target."""
    given = {"project_id": project.id, "value": value, "at_ms": at_ms}
    keys = {"candidate_id": candidate, "account_id": rater, "target": target.name}
    _keep(session, Rating, keys, given)


def keep_choice(
    session: Session,
    *,
    project: Project,
    pair: tuple[str, str],
    rater: str,
    target: RatedTarget,
    choice: str,
    at_ms: int,
) -> None:
    """Keep which of two recordings shows more of a target.

    Raises:
        InputError: for another choice than those of ``CHOICES``.
    """
    if choice not in CHOICES:
        raise unknown(choice, CHOICES, what="choices")
    given = {"project_id": project.id, "choice": choice, "at_ms": at_ms}
    keys = {
        "account_id": rater,
        "left_id": pair[0],
        "right_id": pair[1],
        "target": target.name,
    }
    _keep(session, Comparison, keys, given)


def _keep(
    session: Session,
    table: type[Rating] | type[Comparison],
    keys: Mapping[str, Any],
    given: Mapping[str, Any],
) -> None:
    """One statement, so that two browsers at once cannot both find nothing there."""
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    row = insert(table).values(id=new_id(), created_at=now(), **keys, **given)
    changed = {name: row.excluded[name] for name in given if name != "project_id"}
    session.execute(
        row.on_conflict_do_update(
            index_elements=list(keys), set_=changed, where=table.at_ms <= row.excluded.at_ms
        )
    )


class Rated(NamedTuple):
    """A candidate as lists have one, of whom there may be ten thousand: id and name."""

    id: str
    name: str


def candidates_to_rate(session: Session, project: str) -> list[Rated]:
    """Candidates of whom there is a recording, those who came first before others."""
    shown = select(Recording.candidate_id).where(
        Recording.project_id == project, Recording.counts()
    )
    wanted = select(Candidate.id, Candidate.name).where(
        Candidate.project_id == project, Candidate.id.in_(shown)
    )
    # plain rows, which are quicker than those of ORM
    found = session.connection().execute(wanted.order_by(Candidate.created_at, Candidate.id))
    return list(map(Rated._make, found))


def recordings_of(session: Session, candidate: Candidate) -> list[Recording]:
    """What a rater sees of a candidate."""
    wanted = select(Recording).where(
        Recording.project_id == candidate.project_id,
        Recording.candidate_id == candidate.id,
        Recording.counts(),
    )
    return list(session.scalars(wanted.order_by(Recording.path)))


def own_ratings(session: Session, project: str, rater: str) -> dict[str, dict[str, float | None]]:
    """Candidate to target to value, of one rater."""
    wanted = select(Rating.candidate_id, Rating.target, Rating.value).where(
        Rating.project_id == project, Rating.account_id == rater
    )
    found: dict[str, dict[str, float | None]] = {}
    for candidate, target, value in session.execute(wanted):
        found.setdefault(candidate, {})[target] = value
    return found


def pairs_compared(session: Session, project: str, rater: str) -> int:
    """How many pairs of recordings a rater has compared."""
    own = select(Comparison.left_id, Comparison.right_id).where(
        Comparison.project_id == project, Comparison.account_id == rater
    )
    return session.scalar(select(func.count()).select_from(own.distinct().subquery())) or 0


def counts_by_target(session: Session, project: str) -> dict[str, int]:
    """Target to the number of ratings and comparisons that anybody gave."""
    found: Counter[str] = Counter()
    for table in (Rating, Comparison):
        wanted = select(table.target, func.count()).where(table.project_id == project)
        found.update(dict(session.execute(wanted.group_by(table.target)).all()))
    return dict(found)


@dataclass(frozen=True)
class Progress:
    """How far a rater is: candidates who have every target, out of all."""

    done: int
    total: int

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.done / self.total if self.total else 0.0


def progress_of(
    candidates: Sequence[str],
    given: Mapping[str, Mapping[str, Any]],
    targets: Collection[str],
) -> Progress:
    """Of one rater's ratings, see ``own_ratings``."""
    wanted = set(targets)
    done = sum(wanted <= given[one].keys() for one in candidates if one in given)
    return Progress(done if wanted else 0, len(candidates))

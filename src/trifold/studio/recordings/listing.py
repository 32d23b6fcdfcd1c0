"""Recordings and people of a project as pages show them, a part at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import case, func, select, union
from sqlalchemy.orm import Session

from trifold.codes import code_of
from trifold.contracts.quality import MEASURES
from trifold.studio.database.projects import Candidate, Recording
from trifold.studio.web.messages.advice import advice_of

PER_PAGE, PEOPLE_PER_PAGE = 100, 25


@dataclass(frozen=True)
class Counts:
    """Of a project's recordings."""

    recordings: int
    people: int
    new: int
    nobodys: int
    left_out: int

    @property
    def ready(self) -> bool:
        """Whether there is somebody to score."""
        return self.people > 0


@dataclass(frozen=True)
class Part:
    """A page of a list.

    Attributes:
        rows: of this page.
        number: of the page, from 1 on.
        pages: how many there are.
        total: rows of all pages.
    """

    rows: Sequence[Any]
    number: int
    pages: int
    total: int


def counts(session: Session, project_id: str) -> Counts:
    """How many recordings and people there are, and how far they are."""
    used = Recording.left_out == ""
    wanted = select(
        func.count(),
        func.count(func.distinct(case((used, Recording.candidate_id)))),
        func.count(case((used & (Recording.state == "new"), 1))),
        func.count(case((used & Recording.candidate_id.is_(None), 1))),
        func.count(case((~used, 1))),
    ).where(Recording.project_id == project_id)
    return Counts(*session.execute(wanted).one())


def recordings(session: Session, project_id: str, *, search: str, page: int) -> Part:
    """Recordings with their people, by path."""
    # paths first, which an index holds: rows of recordings are large
    paths = select(Recording.path).where(Recording.project_id == project_id)
    if search:
        named = select(Candidate.id).where(
            Candidate.project_id == project_id, Candidate.name.icontains(search, autoescape=True)
        )
        of_them = paths.where(Recording.candidate_id.in_(named))
        like = Recording.path.icontains(search, autoescape=True)
        paths = union(paths.where(like), of_them).subquery().select()
    found = _part(session, paths.order_by("path"), page, PER_PAGE)
    shown = (
        select(Recording, Candidate)
        .outerjoin(Candidate, Recording.candidate_id == Candidate.id)
        .where(Recording.project_id == project_id, Recording.path.in_([p for (p,) in found.rows]))
        .order_by(Recording.path)
    )
    return replace(found, rows=session.execute(shown).all())


def people(session: Session, project_id: str, *, search: str, page: int) -> Part:
    """Candidates with their recordings in order: pairs, by name."""
    wanted = select(Candidate).where(Candidate.project_id == project_id).order_by(Candidate.name)
    if search:
        wanted = wanted.where(Candidate.name.icontains(search, autoescape=True))
    found = _part(session, wanted, page, PEOPLE_PER_PAGE)
    shown = [one for (one,) in found.rows]
    theirs: dict[str, list[Recording]] = {one.id: [] for one in shown}
    mine = select(Recording).where(Recording.candidate_id.in_(theirs))
    for recording in session.scalars(mine.order_by(Recording.position, Recording.path)):
        theirs[str(recording.candidate_id)].append(recording)
    return replace(found, rows=[(one, theirs[one.id]) for one in shown])


def nobodys(session: Session, project_id: str) -> list[Recording]:
    """The first recordings of which nobody knows whose they are."""
    wanted = select(Recording).where(
        Recording.project_id == project_id, Recording.candidate_id.is_(None)
    )
    return list(session.scalars(wanted.order_by(Recording.path).limit(PER_PAGE)))


def measures(quality: dict[str, Any]) -> list[tuple[Any, float]]:
    """Measures of a card with their numbers, in the order of all cards."""
    numbers = quality.get("numbers", {})
    return [(one, numbers[one.name]) for one in MEASURES if one.name in numbers]


def remarks(quality: dict[str, Any]) -> list[dict[str, str]]:
    """Codes of a card with what they mean and what to do."""
    return [
        {
            "code": one["code"],
            "meaning": getattr(code_of(one["code"]), "meaning", one["code"]),
            "advice": advice_of(one["code"], line=one["line"]),
        }
        for one in quality.get("codes", [])
    ]


def _part(session: Session, wanted: Any, page: int, size: int) -> Part:
    total = session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
    pages = max(1, -(-total // size))
    number = min(max(1, page), pages)
    rows = session.execute(wanted.offset((number - 1) * size).limit(size)).all()
    return Part(rows, number, pages, total)

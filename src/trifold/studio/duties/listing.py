"""The people of a project with what stands recorded of them and what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import select

from trifold.policy.facts import Consent
from trifold.studio.database.projects import Candidate
from trifold.studio.duties.clock import Due, begun, dues
from trifold.studio.duties.consents import consent_of
from trifold.studio.duties.policies import closed, gate_of
from trifold.studio.web.visit import Visit

PER_PAGE = 100
OPEN, CLOSED, DUE = "open", "closed", "due"
SHOWN = ("", OPEN, CLOSED, DUE)


@dataclass(frozen=True)
class Duties:
    """Of one person.

    Attributes:
        candidate_id: of the candidate.
        name: candidate id in rows and tables.
        consent: what stands recorded.
        closed: why nothing may be analysed; empty where it may.
        dues: terms of what is kept.
    """

    candidate_id: str
    name: str
    consent: Consent
    closed: str
    dues: Sequence[Due]

    @property
    def urgent(self) -> bool:
        """Whether something is overdue or clashes."""
        return any(one.state != "running" for one in self.dues)


@dataclass(frozen=True)
class Listed:
    """A page of people, and how many there are.

    Attributes:
        people: of the page.
        page: its number, from 1.
        pages: how many there are.
        counts: what is shown to how many people it is.
    """

    people: Sequence[Duties]
    page: int
    pages: int
    counts: dict[str, int]


def listed(visit: Visit, *, text: str, shown: str, page: int) -> Listed:
    """People whose name holds a text, by what is shown: all, open, closed, or due."""
    wanted = select(Candidate.id, Candidate.name, Candidate.consent)
    wanted = wanted.where(Candidate.project_id == visit.here.id)
    with visit.studio.database.reading() as session:
        rows = session.execute(wanted.order_by(Candidate.name)).all()
        consents = {name: consent_of(kept) for _, name, kept in rows}
        since = begun(session, visit.here.id, consents)
    gate = gate_of(visit.studio, visit.here)
    shut = closed(gate, consents)
    terms = cache(lambda days: dues(gate, visit.here, dict(days)))  # most share their days
    people = [
        Duties(id_, name, consents[name], shut.get(name, ""), terms(tuple(since[name].items())))
        for id_, name, _ in rows
        if text.casefold() in name.casefold()
    ]
    parts = {
        "": people,
        OPEN: [one for one in people if not one.closed],
        CLOSED: [one for one in people if one.closed],
        DUE: [one for one in people if one.urgent],
    }
    chosen = parts[shown if shown in SHOWN else ""]
    pages = max(1, -(-len(chosen) // PER_PAGE))
    page = min(max(page, 1), pages)
    counts = {name: len(found) for name, found in parts.items()}
    return Listed(chosen[(page - 1) * PER_PAGE : page * PER_PAGE], page, pages, counts)

"""The people of a project with what stands recorded of them and what is due."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import NamedTuple

from sqlalchemy import Text, cast, select

from trifold.policy.facts import Consent
from trifold.studio.database.projects import Candidate
from trifold.studio.duties.clock import Due, begun, dues, scored_on
from trifold.studio.duties.consents import consent_of
from trifold.studio.duties.policies import closed, gate_of
from trifold.studio.web.visit import Visit

PER_PAGE = 100
OPEN, CLOSED, DUE = "open", "closed", "due"
SHOWN = ("", OPEN, CLOSED, DUE)


@dataclass(frozen=True)
class Standing:
    """What holds of everybody with the same record who was scored on the same day.

    Attributes:
        consent: what stands recorded.
        closed: why nothing may be analysed; empty where it may.
        dues: terms of what is kept.
    """

    consent: Consent
    closed: str
    dues: Sequence[Due]

    @cached_property
    def urgent(self) -> bool:
        """Whether something is overdue or clashes."""
        return any(one.state != "running" for one in self.dues)


class Duties(NamedTuple):
    """Of one person: id of the candidate, the name in rows and tables, and how they stand."""

    candidate_id: str
    name: str
    standing: Standing


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
    # records as text: most people share theirs, and ten thousand are slow to take apart
    wanted = select(Candidate.id, Candidate.name, cast(Candidate.consent, Text))
    wanted = wanted.where(Candidate.project_id == visit.here.id)
    with visit.studio.database.reading() as session:
        rows = session.connection().execute(wanted.order_by(Candidate.name)).all()
        scored = scored_on(session, visit.here.id, [name for _, name, _ in rows])
    gate = gate_of(visit.studio, visit.here)
    told = {kept: consent_of(json.loads(kept)) for kept in {kept for _, _, kept in rows}}
    shut = closed(gate, told)  # rules look at what stands recorded, whoever it is of

    @cache
    def standing(kept: str, day: date | None) -> Standing:
        terms = dues(gate, visit.here, begun(told[kept], day))
        return Standing(told[kept], shut.get(kept, ""), terms)

    part = text.casefold()
    people = [
        Duties(id_, name, standing(kept, scored.get(name)))
        for id_, name, kept in rows
        if not part or part in name.casefold()
    ]
    parts = {
        "": people,
        OPEN: [one for one in people if not one.standing.closed],
        CLOSED: [one for one in people if one.standing.closed],
        DUE: [one for one in people if one.standing.urgent],
    }
    chosen = parts[shown if shown in SHOWN else ""]
    pages = max(1, -(-len(chosen) // PER_PAGE))
    page = min(max(page, 1), pages)
    counts = {name: len(found) for name, found in parts.items()}
    return Listed(chosen[(page - 1) * PER_PAGE : page * PER_PAGE], page, pages, counts)

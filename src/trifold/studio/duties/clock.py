"""The clock of retention: what of whom must be kept until when, and be gone by when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.commands.governance.policies import Gate
from trifold.policy.facts import Consent
from trifold.policy.retention import Term, terms_of
from trifold.studio.database.projects import Project
from trifold.studio.database.work import CandidateResult, Run


@dataclass(frozen=True)
class Due:
    """A term of a person.

    Attributes:
        term: as ``trifold retention`` has it.
        state: ``clash``, ``overdue`` or ``running``.
    """

    term: Term
    state: str


def scored_on(session: Session, project_id: str, names: Collection[str]) -> dict[str, date]:
    """Name to the day of the last run that scored them; who was never scored is not there.

    The newest run often has everybody, so that older ones need not be read.
    """
    runs = select(Run.id, Run.created_at).where(Run.project_id == project_id)
    left, found = set(names), dict[str, date]()
    for run, at in session.execute(runs.order_by(Run.created_at.desc())).all():
        if not left:
            break
        wanted = select(CandidateResult.candidate).where(CandidateResult.run_id == run)
        if len(left) == 1:
            wanted = wanted.where(CandidateResult.candidate.in_(left))
        here = left.intersection(session.connection().scalars(wanted))
        found |= dict.fromkeys(here, at.date())
        left -= here
    return found


def begun(told: Consent, scored: date | None) -> dict[str, date]:
    """The days from which retention of one person's data runs, as far as they are known."""
    days = {"consent": told.consent_on, "requested": told.withdrawn_on, "scored": scored}
    return {name: day for name, day in days.items() if day is not None}


def dues(gate: Gate, project: Project, since: Mapping[str, date]) -> Sequence[Due]:
    """The terms of one person; ``keep_days`` of the project is what they were told."""
    days = project.keep_days or gate.deployment.get("retention", "days")
    terms = terms_of(gate.policy, since, gate.today, own_days=days)
    dated = (term for term in terms if term.keep_until or term.delete_by)
    return [Due(term, _state(term, gate.today)) for term in dated]


def _state(term: Term, today: date) -> str:
    if term.clashes:
        return "clash"
    return "overdue" if term.delete_by is not None and term.delete_by < today else "running"

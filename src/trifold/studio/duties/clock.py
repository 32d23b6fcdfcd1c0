"""The clock of retention: what of whom must be kept until when, and be gone by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def begun(
    session: Session, project_id: str, consents: Mapping[str, Consent]
) -> dict[str, dict[str, date]]:
    """Name of each candidate to the days from which retention runs, as far as they are known."""
    runs = select(Run.id, Run.created_at).where(Run.project_id == project_id)
    scored: dict[str, date] = {}
    for run, at in session.execute(runs.order_by(Run.created_at)):
        names = select(CandidateResult.candidate).where(CandidateResult.run_id == run)
        if len(consents) == 1:
            names = names.where(CandidateResult.candidate.in_(consents))
        scored |= dict.fromkeys(session.scalars(names), at.date())
    return {name: _since(told, scored.get(name)) for name, told in consents.items()}


def dues(gate: Gate, project: Project, since: Mapping[str, date]) -> Sequence[Due]:
    """The terms of one person; ``keep_days`` of the project is what they were told."""
    days = project.keep_days or gate.deployment.get("retention", "days")
    terms = terms_of(gate.policy, since, gate.today, own_days=days)
    dated = (term for term in terms if term.keep_until or term.delete_by)
    return [Due(term, _state(term, gate.today)) for term in dated]


def _since(told: Consent, scored: date | None) -> dict[str, date]:
    days = {"consent": told.consent_on, "requested": told.withdrawn_on, "scored": scored}
    return {name: day for name, day in days.items() if day is not None}


def _state(term: Term, today: date) -> str:
    if term.clashes:
        return "clash"
    return "overdue" if term.delete_by is not None and term.delete_by < today else "running"

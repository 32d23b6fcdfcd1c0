"""The duties towards one person: what they were told, what is due, a copy, the deletion."""

from __future__ import annotations

import zipfile

from sqlalchemy import Select, select
from starlette.responses import Response

from trifold.errors import InputError
from trifold.policy.findings import PolicyError
from trifold.records.consent import DATES
from trifold.runtime.private import folder_aside
from trifold.studio.accounts.roles import Action
from trifold.studio.database.projects import Candidate
from trifold.studio.duties.clock import begun, dues, scored_on
from trifold.studio.duties.consents import consent_of, given, stored
from trifold.studio.duties.policies import closed, gate_of, needed
from trifold.studio.duties.serving import (
    RECEIPTS,
    Person,
    delete_person,
    export_person,
    look_at_deletion,
)
from trifold.studio.web.guard import Page
from trifold.studio.web.refusals import NOT_FOUND, refused
from trifold.studio.web.visit import Visit


def person_duties(visit: Visit) -> Response:
    """One person."""
    return _page(visit)


def consent_change(visit: Visit) -> Response:
    """What one person was told and agreed to."""
    fields = {name: visit.field(name, largest=200) for name in ("notice_id", *DATES)}
    told = given(fields)
    with visit.studio.database.writing() as session:
        candidate = session.scalar(_wanted(visit))
        if candidate is None:
            return refused(visit, 404, NOT_FOUND)
        candidate.consent = stored(told)
        candidate_id = candidate.id
    visit.note("consent_changed", candidate=candidate_id, recorded=sorted(stored(told)))
    return visit.to("person_duties", project=visit.here.id, candidate=candidate_id)


def person_export(visit: Visit) -> Response:
    """A copy of all that is held of a person, as one file."""
    person = _person(visit)
    if person is None:
        return refused(visit, 404, NOT_FOUND)
    visit.note("person_exported", candidate=person.candidate_id)
    with folder_aside(visit.studio.settings.home) as made:
        folder = export_person(visit.studio, person, made / "person")
        packed = made / "person.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(folder.rglob("*")):
                archive.write(file, file.relative_to(folder))
        name = f"person-{person.candidate_id}.zip"
        kind = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(packed.read_bytes(), media_type="application/zip", headers=kind)


def person_delete(visit: Visit) -> Response:
    """A person removed from files and database, for who has written their name."""
    person, despite = _person(visit), visit.field("despite")
    if person is None:
        return refused(visit, 404, NOT_FOUND)
    if visit.field("name") != person.name:
        error = InputError(expected="the person's name, as it stands above", got="another")
        return _page(visit, error=visit.wrong(error), status=422)
    gate = gate_of(visit.studio, visit.here)
    with visit.studio.database.reading() as session:
        candidate = session.scalar(_wanted(visit))
        scored = scored_on(session, visit.here.id, [person.name]).get(person.name)
        since = begun(consent_of(candidate.consent if candidate else {}), scored)
    try:
        facts = look_at_deletion(gate, since, despite=despite)
    except PolicyError as error:
        return _page(visit, error=visit.wrong(error), status=422)
    visit.note("person_deletion_begun", candidate=person.candidate_id, in_spite=bool(despite))
    receipt = delete_person(visit.studio, gate, person, facts, despite=despite)
    visit.note("person_deleted", candidate=person.candidate_id, receipt=receipt.stem)
    answer = visit.to("duties_page", project=visit.here.id)
    answer.headers["location"] += f"?receipt={receipt.stem}"
    return answer


def receipt_page(visit: Visit) -> Response:
    """What was removed, and who is to be told; it names the person by a hash alone."""
    known = {path.stem: path for path in (visit.folder / RECEIPTS).glob("*.json")}
    path = known.get(visit.request.path_params["receipt"])
    if path is None:
        return refused(visit, 404, NOT_FOUND)
    return Response(path.read_bytes(), media_type="application/json")


def _page(visit: Visit, *, error: str = "", status: int = 200) -> Response:
    with visit.studio.database.reading() as session:
        candidate = session.scalar(_wanted(visit))
        if candidate is None:
            return refused(visit, 404, NOT_FOUND)
        told = {candidate.name: consent_of(candidate.consent)}
        scored = scored_on(session, visit.here.id, [candidate.name]).get(candidate.name)
        session.expunge(candidate)
    gate = gate_of(visit.studio, visit.here)
    visit.note("duties_seen", candidate=candidate.id)
    return visit.page(
        "duties_person.html.j2",
        candidate=candidate,
        consent=told[candidate.name],
        given=[name for name in ("notice_id", *DATES) if getattr(told[candidate.name], name)],
        needed=needed(gate.policy, gate.today),
        closed=closed(gate, told).get(candidate.name, ""),
        dues=dues(gate, visit.here, begun(told[candidate.name], scored)),
        error=error,
        status=status,
    )


def _person(visit: Visit) -> Person | None:
    with visit.studio.database.reading() as session:
        found = session.scalar(_wanted(visit))
        if found is None:
            return None
        return Person(visit.here.id, found.id, found.name, tuple(found.known_as))


def _wanted(visit: Visit) -> Select[Candidate]:
    own = Candidate.project_id == visit.here.id
    return select(Candidate).where(own, Candidate.id == visit.request.path_params["candidate"])


ONE = "/projects/{project}/duties/{candidate}"
PAGES = (
    Page(ONE, person_duties, Action.NOTE_CONSENT),
    Page(ONE, consent_change, Action.NOTE_CONSENT, ("POST",)),
    Page(f"{ONE}/export", person_export, Action.SERVE_PEOPLE, ("POST",)),
    Page(f"{ONE}/delete", person_delete, Action.SERVE_PEOPLE, ("POST",)),
    Page("/projects/{project}/receipts/{receipt}", receipt_page, Action.SERVE_PEOPLE),
)

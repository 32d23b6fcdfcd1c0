"""Pages of people: whose the recordings are, in which order, renamed and merged."""

from __future__ import annotations

from starlette.responses import Response

from trifold.studio.accounts.roles import Action
from trifold.studio.database.projects import Candidate
from trifold.studio.recordings import listing
from trifold.studio.recordings.corrections import correct
from trifold.studio.recordings.grouping import told_by_names
from trifold.studio.recordings.people import People
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Visit


def people_page(visit: Visit) -> Response:
    """People with their recordings, and recordings of nobody."""
    search = visit.request.query_params.get("q", "")[:200].strip()
    with visit.studio.database.reading() as session:
        counts = listing.counts(session, visit.here.id)
        nobodys = listing.nobodys(session, visit.here.id)
        unclear = []
        if any(not one.left_out for one in nobodys):
            unclear = told_by_names(visit.studio, visit.here.id, visit.here.candidates).unclear
        return visit.page(
            "recordings_people.html.j2",
            part=listing.people(session, visit.here.id, search=search, page=visit.part),
            counts=counts,
            nobodys=nobodys,
            unclear=unclear,
            search=search,
        )


def people_change(visit: Visit) -> Response:
    """Whose recordings are, their order, questions and speakers."""
    with visit.studio.database.writing() as session:
        changed = correct(session, visit.here.id, visit.form, folder=visit.folder)
    if changed:
        visit.note("recordings_corrected", recordings=changed)
    return back(visit)


def person_rename(visit: Visit) -> Response:
    """Another name for a candidate."""
    with visit.studio.database.writing() as session:
        people = People(session, visit.here.id)
        one = people.rename(visit.request.path_params["candidate"], visit.field("name"))
        candidate = one.id
    visit.note("candidate_renamed", candidate=candidate)
    return back(visit)


def person_merge(visit: Visit) -> Response:
    """Two candidates are one."""
    candidate = visit.request.path_params["candidate"]
    with visit.studio.database.writing() as session:
        into: Candidate = People(session, visit.here.id).merge(candidate, visit.field("into"))
    visit.note("candidates_merged", candidate=candidate, into=into.id)
    return back(visit)


def back(visit: Visit) -> Response:
    """To the page of people."""
    return visit.to("people_page", project=visit.here.id)


SEE, CHANGE = Action.SEE_RECORDINGS, Action.CHANGE_RECORDINGS
PEOPLE, ONE = "/projects/{project}/people", "/projects/{project}/people/{candidate}"
PAGES = (
    Page(PEOPLE, people_page, SEE),
    Page(PEOPLE, people_change, CHANGE, ("POST",)),
    Page(f"{ONE}/rename", person_rename, CHANGE, ("POST",)),
    Page(f"{ONE}/merge", person_merge, CHANGE, ("POST",)),
)

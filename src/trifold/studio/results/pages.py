"""Pages of results: runs, candidates of one, and several side by side."""

from __future__ import annotations

from sqlalchemy import select
from starlette.responses import Response

from trifold.codes import code_of
from trifold.scoring.columns import STATUSES
from trifold.studio.accounts.roles import Action
from trifold.studio.database.work import Run
from trifold.studio.results.comparing import MOST, side_by_side
from trifold.studio.results.drawing import bars
from trifold.studio.results.listing import SIZES, Found, Wish, find
from trifold.studio.results.opening import OpenRun, nothing_here, person_of, within_run
from trifold.studio.results.people.out import files_of
from trifold.studio.results.people.pages import PAGES as OF_PEOPLE
from trifold.studio.results.ties import score_of
from trifold.studio.web.guard import Page
from trifold.studio.web.messages.advice import advice_of
from trifold.studio.web.visit import Area, Visit


def results_page(visit: Visit) -> Response:
    """The runs of a project that scored, the latest first."""
    with visit.studio.database.reading() as session:
        wanted = select(Run).where(Run.project_id == visit.here.id, Run.kind == "score")
        runs = list(session.scalars(wanted.order_by(Run.created_at.desc(), Run.id)))
        session.expunge_all()
    return visit.page("results_runs.html.j2", runs=runs)


@within_run
def candidates_page(visit: Visit, opened: OpenRun) -> Response:
    """Candidates of a run, searched, filtered, sorted and paged."""
    names = [scale.name for scale in opened.scales]
    wish = Wish.of(visit.request.query_params, names)
    anchor = person_of(visit, opened, wish.tied) if wish.tied and wish.sort else None
    tied_with = None if anchor is None else score_of(anchor.row, wish.sort)
    with visit.studio.database.reading() as session:
        found = find(session, opened.run.id, wish, tied_with)
        session.expunge_all()
    visit.note("scores_seen", run=opened.run.id, candidates=[person.key for person in found.people])
    return visit.page(
        "results_candidates.html.j2",
        opened=opened,
        wish=wish,
        found=found,
        rows=_rows(found, opened),
        anchor=anchor if tied_with else None,
        statuses=STATUSES,
        sizes=SIZES,
        most=MOST,
        files=files_of(opened.folder),
        flags={
            code: {"meaning": getattr(code_of(code), "meaning", code), "advice": advice_of(code)}
            for code in opened.run.facts["codes"]
        },
    )


@within_run
def compare_page(visit: Visit, opened: OpenRun) -> Response:
    """Two to five people side by side."""
    keys = list(dict.fromkeys(visit.request.query_params.getlist("who")))
    found = [person_of(visit, opened, key) for key in keys[: MOST + 1]]
    people = [person for person in found if person is not None]
    if len(people) < len(found):
        return nothing_here(visit)
    compared = side_by_side(people, opened.scales)
    visit.note("scores_seen", run=opened.run.id, candidates=[person.key for person in people])
    return visit.page("results_compare.html.j2", opened=opened, people=people, compared=compared)


def _rows(found: Found, opened: OpenRun) -> list[dict[str, object]]:
    """Each person with a bar per scale and the codes that they carry."""
    return [
        {
            "person": person,
            "bars": bars(person.row, opened.scales),
            "codes": person.codes.split(),
        }
        for person in found.people
    ]


AREAS = (
    Area(
        "results_page",
        "Results",
        "Scores with their intervals: search, compare, watch what moved them.",
        Action.SEE_SCORES,
    ),
)
PAGES = (
    Page("/projects/{project}/results", results_page, Action.SEE_SCORES),
    Page("/projects/{project}/results/{run}", candidates_page, Action.SEE_SCORES),
    Page("/projects/{project}/results/{run}/compare", compare_page, Action.SEE_SCORES),
    *OF_PEOPLE,
)

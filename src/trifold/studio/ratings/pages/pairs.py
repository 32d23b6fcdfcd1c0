"""Pages of a rater who compares: two answers to one question, which shows more?"""

from __future__ import annotations

from sqlalchemy import select
from starlette.responses import JSONResponse, Response

from trifold.errors import InputError
from trifold.studio.accounts.roles import Action
from trifold.studio.database.projects import Candidate
from trifold.studio.database.ratings import Comparison
from trifold.studio.ratings import keeping
from trifold.studio.ratings.choosing import next_pair
from trifold.studio.ratings.pages.rating import answer, recording_here, settings_of, title_of
from trifold.studio.ratings.pairs import judged
from trifold.studio.ratings.schema import targets_of
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Visit


def pairs_home(visit: Visit) -> Response:
    """How many pairs a rater has compared, and the next one."""
    if settings_of(visit).mode != "pairs":
        return visit.to("rating_home", project=visit.here.id)
    targets = targets_of(visit.here.targets)
    with visit.studio.database.reading() as session:
        found = judged(session, visit.here.id, targets, raters=[visit.me.id])
    own = found.pairs.get(visit.me.id, set())
    following = next_pair(found, rater=visit.me.id)
    return visit.page(
        "ratings_pairs_home.html.j2", targets=targets, done=len(own), following=following
    )


def pair_page(visit: Visit) -> Response:
    """Two recordings side by side."""
    targets = targets_of(visit.here.targets)
    with visit.studio.database.reading() as session:
        sides = [recording_here(visit, session, side) for side in ("left", "right")]
        people = [session.get_one(Candidate, one.candidate_id) for one in sides]
        answers = [answer(visit, session, one, n) for n, one in enumerate(sides, start=1)]
        wanted = select(Comparison.target, Comparison.choice).where(
            Comparison.account_id == visit.me.id,
            Comparison.left_id == sides[0].id,
            Comparison.right_id == sides[1].id,
        )
        given = dict(session.execute(wanted).all())
        done = keeping.pairs_compared(session, visit.here.id, visit.me.id)
    for one in people:
        visit.note("rating_page_seen", candidate=one.id)
    return visit.page(
        "ratings_pair.html.j2",
        sides=answers,
        titles=[title_of(visit, one) for one in people],
        targets=targets,
        given=given,
        done=done,
        now_ms=keeping.now_ms(),
    )


def pair_keep(visit: Visit) -> Response:
    """What a rater chose, on one target or on all."""
    given, at_ms = keeping.values_sent(visit.form, expected="at least one choice")
    with visit.studio.database.writing() as session:
        left, right = (recording_here(visit, session, side) for side in ("left", "right"))
        if left.candidate_id == right.candidate_id or left.question != right.question:
            raise InputError(
                expected="answers of two candidates to one question", got="a pair of others"
            )
        for name, choice in given.items():
            keeping.keep_choice(
                session,
                project=visit.here,
                pair=(left.id, right.id),
                rater=visit.me.id,
                target=keeping.target_named(visit.here, name),
                choice=choice,
                at_ms=at_ms,
            )
    for one in (left, right):
        visit.note("compared", candidate=one.candidate_id, targets=sorted(given))
    if "application/json" in visit.request.headers.get("accept", ""):
        return JSONResponse({"kept": sorted(given)})
    return visit.to("pairs_home", project=visit.here.id)


PAGES = (
    Page("/projects/{project}/compare", pairs_home, Action.RATE),
    Page("/projects/{project}/compare/{left}/{right}", pair_page, Action.RATE),
    Page("/projects/{project}/compare/{left}/{right}", pair_keep, Action.RATE, ("POST",)),
)

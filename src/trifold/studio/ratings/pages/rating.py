"""Pages of a rater: their candidates, one at a time, blind to names, scores and other raters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from trifold.errors import InputError
from trifold.studio.accounts.roles import Action
from trifold.studio.database.projects import Candidate, Recording
from trifold.studio.previews.kinds import has_picture, kind_of, plays
from trifold.studio.previews.pages import played, preview
from trifold.studio.ratings import keeping
from trifold.studio.ratings.cues import cues_beside
from trifold.studio.ratings.order import number_of, own_order
from trifold.studio.ratings.schema import RatingSettings, targets_of
from trifold.studio.recordings.files import file_of
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Area, Visit

PER_PAGE = 100


def rating_home(visit: Visit) -> Response:
    """What a rater has done and what comes next."""
    if settings_of(visit).mode == "pairs":
        return visit.to("pairs_home", project=visit.here.id)
    targets = targets_of(visit.here.targets)
    with visit.studio.database.reading() as session:
        candidates = {one.id: one for one in keeping.candidates_to_rate(session, visit.here.id)}
        given = keeping.own_ratings(session, visit.here.id, visit.me.id)
    order = own_order(candidates, rater=visit.me.id)
    names = {one.name for one in targets}
    following = next((one for one in order if not names <= set(given.get(one, ()))), None)
    page, pages = page_of(visit, len(order))
    rows: list[dict[str, Any]] = [
        {
            "id": one,
            "title": title_of(visit, candidates[one]),
            "given": len(names & set(given.get(one, ()))),
        }
        for one in order[(page - 1) * PER_PAGE : page * PER_PAGE]
    ]
    return visit.page(
        "ratings_home.html.j2",
        rows=rows,
        targets=targets,
        following=following,
        part={"number": page, "pages": pages},
        first=(page - 1) * PER_PAGE + 1,
        progress=keeping.progress_of(order, given, names),
    )


def rating_page(visit: Visit) -> Response:
    """One candidate: recordings, transcript and the scales."""
    targets = targets_of(visit.here.targets)
    with visit.studio.database.reading() as session:
        candidate = candidate_here(visit, session)
        answers = [
            answer(visit, session, one, number)
            for number, one in enumerate(keeping.recordings_of(session, candidate), start=1)
        ]
        given = keeping.own_ratings(session, visit.here.id, visit.me.id)
        everybody = [one.id for one in keeping.candidates_to_rate(session, visit.here.id)]
    order = own_order(everybody, rater=visit.me.id)
    names = {one.name for one in targets}
    at = order.index(candidate.id) if candidate.id in order else 0
    rest = [*order[at + 1 :], *order[:at]]
    following = next((one for one in rest if not names <= set(given.get(one, ()))), None)
    visit.note("rating_page_seen", candidate=candidate.id)
    return visit.page(
        "ratings_one.html.j2",
        candidate=candidate.id,
        title=title_of(visit, candidate),
        answers=answers,
        targets=targets,
        given=given.get(candidate.id, {}),
        following=following,
        progress=keeping.progress_of(order, given, names),
        now_ms=keeping.now_ms(),
    )


def rating_keep(visit: Visit) -> Response:
    """Ratings of one candidate: one from the script, or all that a form without script sent."""
    given, at_ms = keeping.values_sent(visit.form, expected="at least one rating")
    with visit.studio.database.writing() as session:
        candidate = candidate_here(visit, session)
        for name, text in given.items():
            target = keeping.target_named(visit.here, name)
            keeping.keep_rating(
                session,
                project=visit.here,
                candidate=candidate.id,
                rater=visit.me.id,
                target=target,
                value=keeping.value_of(text, target),
                at_ms=at_ms,
            )
    visit.note("rated", candidate=candidate.id, targets=sorted(given))
    if "application/json" in visit.request.headers.get("accept", ""):
        return JSONResponse({"kept": sorted(given)})
    return visit.to("rating_home", project=visit.here.id)


def rating_media(visit: Visit) -> Response:
    """A recording for a rater's player, by HTTP Range, under a name that tells nothing."""
    with visit.studio.database.reading() as session:
        recording = recording_here(visit, session)
        path = file_of(visit.studio, recording)
        found = preview(session, recording, visit.folder, path)
    if not path.is_file():
        raise InputError(expected="a recording", got="a file that is gone")
    if visit.request.headers.get("range", "bytes=0-").startswith("bytes=0-"):
        visit.note("recording_seen", candidate=recording.candidate_id, recording=recording.id)
    return played(path, kind_of(path), found)


def settings_of(visit: Visit) -> RatingSettings:
    """How the project is rated."""
    return RatingSettings(**visit.here.rating)


def page_of(visit: Visit, n: int) -> tuple[int, int]:
    """Which page of a list of ``n`` the address asks for, from 1, and how many there are."""
    pages = max(1, -(-n // PER_PAGE))
    return min(max(visit.part, 1), pages), pages


def title_of(visit: Visit, candidate: Candidate | keeping.Rated) -> str:
    """What raters call a candidate: a number, or the name where the project says so."""
    if settings_of(visit).show_names:
        return candidate.name
    return visit.studio.wording.say(
        "Candidate %(number)s", visit.language, number=number_of(candidate.id)
    )


def candidate_here(visit: Visit, session: Session) -> Candidate:
    """The candidate of the address, within the project.

    Raises:
        InputError: when there is none.
    """
    wanted = select(Candidate).where(
        Candidate.id == visit.request.path_params["candidate"],
        Candidate.project_id == visit.here.id,
    )
    found = session.scalar(wanted)
    if found is None:
        raise InputError(expected="a candidate of this project", got="none of that id")
    return found


def recording_here(visit: Visit, session: Session, name: str = "recording") -> Recording:
    """The recording of the address, within the project and somebody's.

    Raises:
        InputError: when there is none.
    """
    wanted = select(Recording).where(
        Recording.id == visit.request.path_params[name],
        Recording.project_id == visit.here.id,
        Recording.candidate_id.is_not(None),
    )
    found = session.scalar(wanted)
    if found is None:
        raise InputError(expected="a recording of this project", got="none of that id")
    return found


def answer(visit: Visit, session: Session, recording: Recording, number: int) -> dict[str, Any]:
    """What a player shows of a recording; labels of speakers may be names and are left out."""
    path, codecs = file_of(visit.studio, recording), recording.quality.get("codecs", {})
    copy = preview(session, recording, visit.folder, path).path
    return {
        "id": recording.id,
        "number": number,
        "question": recording.question,
        "is_audio": not has_picture(path),
        "plays": copy is not None or plays(path, codecs.get("video"), codecs.get("audio")),
        "cues": cues_beside(path),
    }


AREAS = (
    Area("rating_home", "Rate", "One candidate at a time, in an order of your own.", Action.RATE),
)
PAGES = (
    Page("/projects/{project}/rate", rating_home, Action.RATE),
    Page("/projects/{project}/rate/media/{recording}", rating_media, Action.RATE),
    Page("/projects/{project}/rate/{candidate}", rating_page, Action.RATE),
    Page("/projects/{project}/rate/{candidate}", rating_keep, Action.RATE, ("POST",)),
)

"""A run and a person of it, looked up within the project of the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

from sqlalchemy import select
from starlette.responses import Response

from trifold.errors import InputError
from trifold.reports.model import ReportedModel
from trifold.studio.database.work import CandidateResult, Run
from trifold.studio.results.index import ensure_indexed
from trifold.studio.results.listing import one
from trifold.studio.results.model import read_model
from trifold.studio.results.people.person import Results, results_of
from trifold.studio.results.poles import Scale, scales_of
from trifold.studio.web.refusals import NOT_FOUND, refused
from trifold.studio.web.visit import Visit


@dataclass(frozen=True)
class OpenRun:
    """A run whose rows are in the database.

    Attributes:
        run: of the database.
        folder: of its files.
        model: what made the scores.
        scales: its targets in the project's words, else in those of the language of the answer.
    """

    run: Run
    folder: Path
    model: ReportedModel
    scales: tuple[Scale, ...]


OfRun = Callable[[Visit, OpenRun], Response]
OfPerson = Callable[[Visit, OpenRun, Results], Response]


def within_run(handler: OfRun) -> Callable[[Visit], Response]:
    """A handler that gets the run of the address; 404 where the project has none of it."""

    @wraps(handler)
    def page(visit: Visit) -> Response:
        opened = open_run(visit)
        return nothing_here(visit) if opened is None else handler(visit, opened)

    return page


def of_person(handler: OfPerson) -> Callable[[Visit], Response]:
    """A handler that gets a person of the run of the address; 404 where there is no such."""

    @wraps(handler)
    def page(visit: Visit) -> Response:
        opened = open_run(visit)
        found = opened and person_of(visit, opened, visit.request.path_params["person"])
        if not opened or not found:
            return nothing_here(visit)
        return handler(visit, opened, results_of(opened.folder, found))

    return page


def open_run(visit: Visit) -> OpenRun | None:
    """The run of the address; None where the project has none of it.

    Raises:
        InputError: when nobody was scored, or the rows cannot be read.
    """
    run = _run(visit)
    if run is None:
        return None
    ensure_indexed(visit.studio, visit.here.id, run)
    run = _run(visit) or run
    folder = visit.folder / run.folder
    if not run.facts["people"]:
        raise InputError(expected="a run that scored somebody", got="no rows")
    model = read_model(folder)
    scales = scales_of(model.targets, visit.here.targets, visit.language, visit.told)
    return OpenRun(run, folder, model, scales)


def person_of(visit: Visit, opened: OpenRun, key: str) -> CandidateResult | None:
    """A person of the run by the key of addresses."""
    with visit.studio.database.reading() as session:
        found = one(session, opened.run.id, key)
        session.expunge_all()
    return found


def nothing_here(visit: Visit) -> Response:
    """Says that there is no such page, as for a project that is not one's own."""
    return refused(visit, 404, NOT_FOUND)


def _run(visit: Visit) -> Run | None:
    with visit.studio.database.reading() as session:
        found = session.scalar(
            select(Run).where(
                Run.id == visit.request.path_params["run"],
                Run.project_id == visit.here.id,
                Run.kind == "score",
            )
        )
        session.expunge_all()
    return found

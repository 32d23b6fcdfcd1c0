"""The application: all pages, behind one guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from trifold.database.engine import Database
from trifold.database.upgrade import bring_up_to_date
from trifold.runtime.private import private_folder
from trifold.serve.audit.log import AuditLog
from trifold.studio.accounts.pages import PAGES as ACCOUNTS
from trifold.studio.accounts.sign_on_pages import PAGES as SIGN_ON
from trifold.studio.accounts.sign_on_pages import told
from trifold.studio.database.tables import MIGRATIONS
from trifold.studio.duties.log_pages import PAGES as OF_LOG
from trifold.studio.duties.pages import AREAS as OF_DUTIES
from trifold.studio.duties.pages import PAGES as DUTIES
from trifold.studio.duties.person_pages import PAGES as OF_PERSON
from trifold.studio.jobs.pages import AREAS as OF_JOBS
from trifold.studio.jobs.pages import PAGES as JOBS
from trifold.studio.previews.pages import PAGES as PREVIEWS
from trifold.studio.projects.next_step import next_step
from trifold.studio.projects.pages import AREAS as OF_PROJECTS
from trifold.studio.projects.pages import PAGES as PROJECTS
from trifold.studio.ratings.pages import AREAS as OF_RATINGS
from trifold.studio.ratings.pages import PAGES as RATINGS
from trifold.studio.recordings.pages import AREAS as OF_RECORDINGS
from trifold.studio.recordings.pages import PAGES as RECORDINGS
from trifold.studio.results.pages import AREAS as OF_RESULTS
from trifold.studio.results.pages import PAGES as RESULTS
from trifold.studio.settings import StudioSettings
from trifold.studio.training.pages import AREAS as OF_TRAINING
from trifold.studio.training.pages import PAGES as TRAINING
from trifold.studio.web.guard import Page, arrive
from trifold.studio.web.headers import Headers
from trifold.studio.web.hosts import Hosts, names_of
from trifold.studio.web.refusals import BY_STATUS, UNREADABLE, refused
from trifold.studio.web.routes import NamedRoutes
from trifold.studio.web.visit import Area, Studio
from trifold.studio.web.wording import Wording

STATIC = Path(__file__).with_name("static")
LOG = "log.jsonl"
PAGES: tuple[Page, ...] = (
    *ACCOUNTS,
    *SIGN_ON,
    *PROJECTS,
    *PREVIEWS,  # before the page of one recording, whose address is theirs with another word
    *RECORDINGS,
    *RATINGS,
    *TRAINING,
    *RESULTS,
    *JOBS,
    *DUTIES,
    *OF_PERSON,
    *OF_LOG,
)
AREAS: tuple[Area, ...] = (
    *OF_RECORDINGS,
    *OF_RATINGS,
    *OF_TRAINING,
    *OF_RESULTS,
    *OF_JOBS,
    *OF_DUTIES,
    *OF_PROJECTS,
)


def open_studio(settings: StudioSettings) -> Studio:
    """A home folder and a database that are ready.

    Raises:
        InputError: when the database is of a later release, or the file of ``sign_on`` is wrong.
    """
    if settings.sign_on is not None:
        told(settings.sign_on)  # what is wrong with it is said now
    private_folder(settings.home)
    private_folder(settings.home / "projects")
    database = Database(settings.database_url)
    bring_up_to_date(database, MIGRATIONS)
    log, wording = AuditLog(settings.home / LOG), Wording(settings.language)
    return Studio(settings, database, log, wording, AREAS, next_step)


def application(studio: Studio) -> Starlette:
    """All of it as an ASGI application."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        studio.database.close()

    async def not_done(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        visit = await run_in_threadpool(arrive, request, studio)
        answer = refused(visit, status, BY_STATUS.get(status, UNREADABLE))
        answer.headers.update(getattr(error, "headers", None) or {})
        return answer

    made = Starlette(
        middleware=[
            Middleware(Headers, secure=studio.settings.secure),
            Middleware(Hosts, names=names_of(studio.settings)),
        ],
        exception_handlers={HTTPException: not_done},
    )
    static = Mount("/static", StaticFiles(directory=STATIC), name="static")
    made.router = NamedRoutes([static, *(page.route(studio) for page in PAGES)], lifespan=lifespan)
    return made

"""Who gets to which page: sessions, roles, projects and forms from elsewhere, in one place."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from trifold.errors import TrifoldError
from trifold.studio.accounts.roles import Action, may, sees_all_projects
from trifold.studio.accounts.sign_in import current
from trifold.studio.database.base import now
from trifold.studio.database.engine import Database
from trifold.studio.database.people import Account, Membership, SignIn
from trifold.studio.database.projects import Project
from trifold.studio.settings import StudioSettings
from trifold.studio.web.visit import Studio, Visit

TOKEN_FIELD, TOKEN_HEADER = "form_token", "x-form-token"
SAFE = {"GET", "HEAD", "OPTIONS"}
FORM_BYTES = 1 << 20  # of a form; files come by another way
SEEN_EVERY_S = 60.0  # between notes that a session is in use
Handler = Callable[[Visit], Response]
Streaming = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """An address of the studio and who may use it.

    Attributes:
        path: as Starlette takes it; ``{project}`` in it is checked for membership.
        handler: makes the answer, in a thread of its own.
        action: that the role must allow; None lets everybody in, signed in or not.
        methods: of HTTP.
        name: for links; by default the handler's.
        streaming: a handler that reads the request itself, in the event loop.
    """

    path: str
    handler: Handler | None
    action: Action | None
    methods: tuple[str, ...] = ("GET",)
    name: str = ""
    streaming: Streaming | None = None

    def route(self, studio: Studio) -> Route:
        """For the application."""
        made = self.handler or self.streaming
        name = self.name or getattr(made, "__name__", "page")

        async def endpoint(request: Request) -> Response:
            return await _answer(self, request, studio)

        return Route(self.path, endpoint, methods=list(self.methods), name=name)


def cookie_name(settings: StudioSettings) -> str:
    """Of a session's cookie; ``__Host-`` keeps neighbours of our domain from setting it."""
    return "__Host-studio" if settings.secure else "studio"


async def _answer(page: Page, request: Request, studio: Studio) -> Response:
    visit = await run_in_threadpool(_arrive, request, studio)
    if page.action is not None and visit.account is None:
        return _sign_in_first(request)
    if page.action is not None and not may(visit.me.role, page.action):
        return _refused(visit, 403, "Your role does not allow this.")
    if "project" in request.path_params:
        visit = await run_in_threadpool(_within, visit)
        if visit.project is None:
            return _refused(visit, 404, "There is no such page, or it is not yours to see.")
    if request.method not in SAFE:
        visit = await _with_form(page, visit)
        if not _is_ours(visit):
            return _refused(visit, 403, "This form has expired. Go back, load the page again.")
    try:
        if page.streaming is not None:
            return await page.streaming(visit)
        if page.handler is None:
            raise RuntimeError(f"{page.path} has no handler")
        return await run_in_threadpool(page.handler, visit)
    except TrifoldError as error:
        return _refused(visit, 422, str(error))


def _arrive(request: Request, studio: Studio) -> Visit:
    """Who asks."""
    token, account, form_token = request.cookies.get(cookie_name(studio.settings)), None, ""
    if token:
        with studio.database.reading() as session:
            found = current(session, token, studio.settings)
            if found is not None:
                account, form_token, seen_at = found.account, found.form_token, found.seen_at
                session.expunge_all()
        if account is not None and (now() - seen_at).total_seconds() > SEEN_EVERY_S:
            _seen(studio.database, found)
    wish = account.language if account else None
    language = studio.wording.chosen(wish, request.headers.get("accept-language", ""))
    return Visit(request, studio, account, form_token, language=language)


def _seen(database: Database, found: SignIn | None) -> None:
    with database.writing() as session:
        known = session.get(SignIn, found.token_hash) if found else None
        if known is not None:
            known.seen_at = now()


def _within(visit: Visit) -> Visit:
    """With the project of the address, where this account may see it."""
    with visit.studio.database.reading() as session:
        project = session.get(Project, visit.request.path_params["project"])
        if project is not None:
            session.expunge(project)
        if project is None or not _is_member(session.scalars, visit.account, project):
            return visit
    return replace(visit, project=project)


def _is_member(ask: Callable[..., object], account: Account | None, project: Project) -> bool:
    if account is None:
        return False
    if sees_all_projects(account.role):
        return True
    wanted = select(Membership.account_id).where(
        Membership.project_id == project.id, Membership.account_id == account.id
    )
    return bool(list(ask(wanted)))  # type: ignore[call-overload]


async def _with_form(page: Page, visit: Visit) -> Visit:
    kind = visit.request.headers.get("content-type", "").split(";")[0]
    if page.streaming is not None or kind not in (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ):
        return visit
    if int(visit.request.headers.get("content-length") or 0) > FORM_BYTES:
        return replace(visit, form=FormData())
    return replace(visit, form=await visit.request.form(max_part_size=FORM_BYTES))


def _is_ours(visit: Visit) -> bool:
    """Whether a form comes from one of our pages: cross-site forms lack the session's token."""
    if visit.request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    if visit.account is None:
        return True  # there is no session that could be misused
    sent = visit.request.headers.get(TOKEN_HEADER) or visit.form.get(TOKEN_FIELD)
    return isinstance(sent, str) and secrets.compare_digest(
        sent.encode(), visit.form_token.encode()
    )


def _sign_in_first(request: Request) -> Response:
    if request.method in SAFE and "text/html" in request.headers.get("accept", "text/html"):
        return RedirectResponse("/sign-in", status_code=303)
    return JSONResponse({"error": "sign in first"}, status_code=401)


def _refused(visit: Visit, status: int, message: str) -> Response:
    said = visit.studio.wording.say(message.replace("%", "%%"), visit.language)
    if "text/html" not in visit.request.headers.get("accept", "text/html"):
        return JSONResponse({"error": said}, status_code=status)
    return visit.page("refused.html.j2", message=said, status=status)

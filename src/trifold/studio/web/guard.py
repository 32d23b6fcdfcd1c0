"""Who gets to which page: sessions, roles, projects and forms from elsewhere, in one place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from trifold.database.engine import Database
from trifold.errors import TrifoldError
from trifold.serve.audit.chain import AuditError
from trifold.studio.accounts.roles import Action, may, sees_all_projects
from trifold.studio.accounts.sign_in import current
from trifold.studio.database.base import now
from trifold.studio.database.people import Account, Membership, SignIn
from trifold.studio.database.projects import Project
from trifold.studio.web.forms import (
    FORM_BYTES,
    TooLargeError,
    cookie_name,
    form_of,
    is_ours,
    is_text,
    visitor_cookie_name,
    visitor_token,
)
from trifold.studio.web.refusals import (
    BUSY,
    BY_STATUS,
    CLASH,
    EXPIRED,
    NOT_FOUND,
    ROLE,
    TOO_LARGE,
    UNREADABLE,
    broken,
    refused,
    sign_in_first,
)
from trifold.studio.web.visit import Studio, Visit

SAFE = {"GET", "HEAD", "OPTIONS"}
LONGEST_PART = 2000  # characters of a part of an address
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
        checks_form: that handler calls ``is_ours`` itself, as the token is in what it reads.
        form_bytes: that a form may have.
        form_files: that may be in it.
    """

    path: str
    handler: Handler | None
    action: Action | None
    methods: tuple[str, ...] = ("GET",)
    name: str = ""
    streaming: Streaming | None = None
    checks_form: bool = False
    form_bytes: int = FORM_BYTES
    form_files: int = 0

    def route(self, studio: Studio) -> Route:
        """For the application."""
        made = self.handler or self.streaming
        name = self.name or getattr(made, "__name__", "page")

        async def endpoint(request: Request) -> Response:
            return await _answer(self, request, studio)

        return Route(self.path, endpoint, methods=list(self.methods), name=name)


async def _answer(page: Page, request: Request, studio: Studio) -> Response:
    visit = await run_in_threadpool(arrive, request, studio)
    try:
        return _with_cookie(visit, await _checked(page, visit))
    except HTTPException as error:
        return refused(visit, error.status_code, BY_STATUS.get(error.status_code, UNREADABLE))
    except TooLargeError:
        return refused(visit, 413, TOO_LARGE)
    except AuditError:
        return refused(visit, 503, BUSY)
    except TrifoldError as error:
        if "project" in request.path_params:  # of which the page may name the way back
            visit = await run_in_threadpool(_within, visit)
        return refused(visit, 422, visit.wrong(error).replace("%", "%%"))
    except IntegrityError:
        return refused(visit, 409, CLASH)
    except OperationalError:
        return refused(visit, 503, BUSY)
    except ClientDisconnect:
        raise
    except Exception as error:  # whatever it is: no page of the server's own, no traceback
        return await run_in_threadpool(broken, visit, error)


async def _checked(page: Page, visit: Visit) -> Response:
    """The page's answer to who may have it; the first refusal else."""
    if page.action is not None and visit.account is None:
        return sign_in_first(visit)
    if page.action is not None and not may(visit.me.role, page.action):
        return refused(visit, 403, ROLE)
    asked = (one for pair in visit.request.query_params.multi_items() for one in pair)
    if not all(map(_is_plain, (*visit.request.path_params.values(), *asked))):
        return refused(visit, 404, NOT_FOUND)
    if "project" in visit.request.path_params:
        visit = await run_in_threadpool(_within, visit)
        if visit.project is None:
            return refused(visit, 404, NOT_FOUND)
    if visit.request.method not in SAFE:
        if page.streaming is None:
            form = await form_of(visit.request, largest=page.form_bytes, files=page.form_files)
            visit = replace(visit, form=form)
        if not page.checks_form and not is_ours(
            visit.request, visit.form, visit.form_token, visit.studio.settings
        ):
            return refused(visit, 403, EXPIRED)
        await run_in_threadpool(visit.studio.log.check)  # what leaves no line is not done
    if page.streaming is not None:
        return await page.streaming(visit)
    if page.handler is None:
        raise RuntimeError(f"{page.path} has no handler")
    return await run_in_threadpool(page.handler, visit)


def _is_plain(part: object) -> bool:
    """Whether a part of an address may be an id, or a question to a list."""
    return not isinstance(part, str) or (is_text(part) and len(part) <= LONGEST_PART)


def _with_cookie(visit: Visit, answer: Response) -> Response:
    """Who is not signed in keeps the token of their forms in a cookie."""
    settings = visit.studio.settings
    name = visitor_cookie_name(settings)
    if visit.account is None and visit.request.cookies.get(name) != visit.form_token:
        answer.set_cookie(
            name, visit.form_token, httponly=True, samesite="lax", secure=settings.secure
        )
    return answer


def arrive(request: Request, studio: Studio) -> Visit:
    """Who asks."""
    token, account = request.cookies.get(cookie_name(studio.settings)), None
    form_token = visitor_token(request, studio.settings)
    if token:
        with studio.database.reading() as session:
            found = current(session, token, studio.settings)
            if found is not None:
                account, form_token, seen_at = found.account, found.form_token, found.seen_at
                session.expunge_all()
        if account is not None and (now() - seen_at).total_seconds() > SEEN_EVERY_S:
            _seen(studio.database, found)
    wishes = request.query_params.get("language"), account.language if account else None
    language = studio.wording.chosen(wishes, request.headers.get("accept-language", ""))
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

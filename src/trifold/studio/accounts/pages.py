"""Pages of signing in, of one's own account, and of all accounts."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, select
from starlette.responses import RedirectResponse, Response

from trifold.errors import InputError
from trifold.studio.accounts.guessing import TooManyAttemptsError, counted
from trifold.studio.accounts.keeping import change_account, make_account
from trifold.studio.accounts.known_browsers import KEPT, known_cookie_name, remember
from trifold.studio.accounts.passwords import fits
from trifold.studio.accounts.roles import Action, Role
from trifold.studio.accounts.setup import is_setup_token, use_up
from trifold.studio.accounts.sign_in import begin, end, end_all, remove_ended, sign_in
from trifold.studio.database.people import Account
from trifold.studio.web.forms import cookie_name
from trifold.studio.web.guard import Page
from trifold.studio.web.refusals import NOT_FOUND, refused
from trifold.studio.web.visit import Visit
from trifold.studio.web.wording import mark as _


def sign_in_page(visit: Visit) -> Response:
    """The form; who is signed in already goes on."""
    if visit.account is not None:
        return visit.to("home")
    return _form(visit, login="", failed=False)


def sign_in_here(visit: Visit) -> Response:
    """Check a login and a password."""
    login, database = visit.field("login"), visit.studio.database
    own = {"address": _address(visit), "browser": _known(visit)}
    try:
        account = sign_in(database, login, visit.field("password"), **own)
    except TooManyAttemptsError as slow:
        visit.note("sign_in_refused")
        answer = _form(visit, login=login, failed=True, slow=True, status=429)
        answer.headers["retry-after"] = str(slow.retry_s)
        return answer
    if account is None:
        visit.note("sign_in_failed")
        return _form(visit, login=login, failed=True, status=401)
    answer = signed_in(visit, account)
    answer.headers["location"] = _asked(visit) or answer.headers["location"]
    return _remembered(visit, account, answer)


def _form(visit: Visit, **values: Any) -> Response:
    return visit.page("sign_in.html.j2", to=_asked(visit), **values)


def _asked(visit: Visit) -> str:
    """The page of ours that somebody wanted before they were asked who they are; else nothing."""
    to = visit.form.get("to") or visit.request.query_params.get("to", "")
    return to if isinstance(to, str) and re.fullmatch(r"/(?!/)[A-Za-z0-9_/.-]{0,500}", to) else ""


def _remembered(visit: Visit, account: Account, answer: Response) -> Response:
    """With a cookie by which the browser is known to guessing elsewhere."""
    settings = visit.studio.settings
    with visit.studio.database.writing() as session:
        token = remember(session, account, instead_of=_known(visit))
    answer.set_cookie(
        known_cookie_name(settings),
        token,
        max_age=round(KEPT.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=settings.secure,
    )
    return answer


def _known(visit: Visit) -> str:
    return visit.request.cookies.get(known_cookie_name(visit.studio.settings), "")


def signed_in(visit: Visit, account: Account) -> Response:
    """Begin a session in place of any that the browser had, and go to the first page."""
    settings = visit.studio.settings
    name = cookie_name(settings)
    with visit.studio.database.writing() as session:
        remove_ended(session, settings)
        token = begin(session, account, instead_of=visit.request.cookies.get(name, ""))
    visit.note("signed_in", account=account.id)
    answer = visit.to("home")
    answer.set_cookie(name, token, httponly=True, samesite="lax", secure=settings.secure)
    return answer


def sign_out(visit: Visit) -> Response:
    """End this session."""
    settings = visit.studio.settings
    with visit.studio.database.writing() as session:
        end(session, visit.request.cookies.get(cookie_name(settings), ""))
    visit.note("signed_out")
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_name(settings), secure=settings.secure, httponly=True)
    return answer


def set_up_page(visit: Visit) -> Response:
    """The first account, for who has the link that the command printed."""
    if not _may_set_up(visit):
        return visit.to("sign_in_page")
    return visit.page("set_up.html.j2", error="")


def set_up(visit: Visit) -> Response:
    """Make the first account, an administrator."""
    if not _may_set_up(visit):
        return visit.to("sign_in_page")
    try:
        with visit.studio.database.writing() as session:
            if session.scalar(select(func.count()).select_from(Account)):
                return visit.to("sign_in_page")
            account = make_account(
                session,
                login=visit.field("login"),
                name=visit.field("name"),
                role=Role.ADMINISTRATOR,
                password=visit.field("password"),
            )
            use_up(visit.studio.settings.home)
    except InputError as error:
        return visit.page("set_up.html.j2", error=visit.wrong(error), status=422)
    visit.note("set_up", account=account.id)
    return signed_in(visit, account)


def own_page(visit: Visit) -> Response:
    """One's own account."""
    return visit.page("own.html.j2", error="")


def own_change(visit: Visit) -> Response:
    """Another language or password of one's own."""
    new, language = visit.field("new_password"), visit.field("language")
    try:
        if new and not _knows_password(visit):
            said = visit.say(_("The present password is another."))
            return visit.page("own.html.j2", error=said, status=422)
        if language not in ("", *visit.studio.wording.languages):
            raise InputError(expected="a language of the studio", got=repr(language))
        with visit.studio.database.writing() as session:
            change_account(session, visit.me.id, language=language, password=new or None)
    except InputError as error:
        return visit.page("own.html.j2", error=visit.wrong(error), status=422)
    except TooManyAttemptsError:
        said = visit.say(_("Too many attempts. Wait a quarter of an hour, then try again."))
        return visit.page("own.html.j2", error=said, status=429)
    if not new:
        return visit.to("own_page")
    visit.note("password_changed", account=visit.me.id)
    return visit.to("sign_in_page")


def sign_out_everywhere(visit: Visit) -> Response:
    """End all sessions of one's own, in whatever browser."""
    with visit.studio.database.writing() as session:
        end_all(session, visit.me.id)
    visit.note("signed_out_everywhere")
    return visit.to("sign_in_page")


def accounts_page(visit: Visit) -> Response:
    """All accounts."""
    with visit.studio.database.reading() as session:
        accounts = list(session.scalars(select(Account).order_by(Account.login)))
    return visit.page("accounts.html.j2", accounts=accounts, roles=list(Role))


def account_add(visit: Visit) -> Response:
    """A new account with a first password, or without one for who signs on elsewhere."""
    password = visit.field("password") or None
    if password is None and visit.studio.settings.sign_on is None:
        raise InputError(expected="a first password", got="none")
    with visit.studio.database.writing() as session:
        account = make_account(
            session,
            login=visit.field("login"),
            name=visit.field("name"),
            role=visit.field("role"),
            password=password,
        )
    visit.note("account_added", account=account.id, role=account.role)
    return visit.to("accounts_page")


def account_change(visit: Visit) -> Response:
    """Another role, no more sign-in, or a new password for who has forgotten theirs."""
    account_id, active = visit.request.path_params["account"], "active" in visit.form
    password = visit.field("password") if "password" in visit.form else ""
    with visit.studio.database.reading() as session:
        if session.get(Account, account_id) is None:
            return refused(visit, 404, NOT_FOUND)
    with visit.studio.database.writing() as session:
        change_account(
            session, account_id, role=visit.field("role"), active=active, password=password or None
        )
    facts = {"role": visit.field("role"), "active": active, "password_changed": bool(password)}
    visit.note("account_changed", account=account_id, **facts)
    return visit.to("accounts_page")


def _knows_password(visit: Visit) -> bool:
    """Whoever found a browser signed in shall not guess the password there."""
    with counted(visit.studio.database, visit.me.login, _address(visit)) as right:
        right.append(fits(visit.field("password"), visit.me.password_hash))
        return right[0]


def _may_set_up(visit: Visit) -> bool:
    token = visit.request.path_params["token"]
    return is_setup_token(visit.studio.settings.home, token)


def _address(visit: Visit) -> str:
    return visit.request.client.host if visit.request.client else "unknown"


PAGES = (
    Page("/sign-in", sign_in_page, None),
    Page("/sign-in", sign_in_here, None, ("POST",)),
    Page("/sign-out", sign_out, Action.SEE_OWN, ("POST",)),
    Page("/set-up/{token}", set_up_page, None),
    Page("/set-up/{token}", set_up, None, ("POST",)),
    Page("/sign-out-everywhere", sign_out_everywhere, Action.SEE_OWN, ("POST",)),
    Page("/account", own_page, Action.SEE_OWN),
    Page("/account", own_change, Action.SEE_OWN, ("POST",)),
    Page("/accounts", accounts_page, Action.MANAGE_ACCOUNTS),
    Page("/accounts", account_add, Action.MANAGE_ACCOUNTS, ("POST",)),
    Page("/accounts/{account}", account_change, Action.MANAGE_ACCOUNTS, ("POST",)),
)

"""To the sign-on provider and back."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from starlette.responses import RedirectResponse, Response

from trifold.errors import TrifoldError
from trifold.studio.accounts.pages import signed_in
from trifold.studio.accounts.sign_on import Begun, Provider, SignOnError, back_address
from trifold.studio.accounts.sign_on_settings import SignOn, account_of, read_sign_on
from trifold.studio.settings import StudioSettings
from trifold.studio.web.guard import Page
from trifold.studio.web.refusals import NOT_FOUND, refused
from trifold.studio.web.visit import Visit
from trifold.studio.web.wording import mark as _

WAITS_S = 600  # for somebody to come back
NOT_SIGNED_ON = _(
    "The sign-on did not work. Begin again; if that fails too, ask your administrator."
)
NOT_SIGNED_OUT = _(
    "Your organisation's sign-on offers no way out from here. Sign out there, or close the browser."
)
NO_ACCOUNT = _("Nobody has given you an account here. Ask your administrator for one.")


def sign_on(visit: Visit) -> Response:
    """Send the browser to the provider, with secrets in a cookie that tie it to this browser."""
    settings = visit.studio.settings
    if settings.sign_on is None:
        return refused(visit, 404, NOT_FOUND)
    begun = Begun.new()
    try:
        to = _provider(settings).address(begun)
    except SignOnError:
        visit.note("sign_on_failed")
        return refused(visit, 502, NOT_SIGNED_ON)
    answer = RedirectResponse(to, status_code=303)
    answer.set_cookie(
        _cookie(settings),
        str(begun),
        max_age=WAITS_S,
        httponly=True,
        samesite="lax",  # comes along when the provider sends the browser back
        secure=settings.secure,
    )
    return answer


def sign_on_back(visit: Visit) -> Response:
    """Who comes back from the provider, signed in if all is as it was asked for; once."""
    answer = _back(visit)
    settings = visit.studio.settings
    answer.delete_cookie(_cookie(settings), secure=settings.secure, httponly=True)
    return answer


def _back(visit: Visit) -> Response:
    settings = visit.studio.settings
    begun = Begun.of(visit.request.cookies.get(_cookie(settings), ""))
    if settings.sign_on is None or begun is None:
        return refused(visit, 403, NOT_SIGNED_ON)
    try:
        claims = _provider(settings).claims(begun, visit.request.query_params)
        with visit.studio.database.writing() as session:
            account = account_of(session, claims, told(settings.sign_on))
    except TrifoldError as error:
        visit.note("sign_on_failed", why=type(error).__name__)
        return refused(visit, 403, NOT_SIGNED_ON)
    if account is None:
        visit.note("sign_on_refused")
        return refused(visit, 403, NO_ACCOUNT)
    return signed_in(visit, account)


def sign_on_out(visit: Visit) -> Response:
    """To the provider, to be signed out there too; who is signed in here stays so.

    A page of its own and no answer to the form of signing out: forms lead to no other address.
    """
    settings = visit.studio.settings
    if settings.sign_on is None:
        return refused(visit, 404, NOT_FOUND)
    try:
        to = _provider(settings).leaving(_own(settings).rstrip("/") + "/sign-in")
    except SignOnError:
        return refused(visit, 502, NOT_SIGNED_OUT)
    return RedirectResponse(to, status_code=303)


@lru_cache(maxsize=4)
def told(path: Path) -> SignOn:
    """The provider's settings, read once."""
    return read_sign_on(path)


def _provider(settings: StudioSettings) -> Provider:
    if settings.sign_on is None:
        raise RuntimeError("asked for a provider where there is none")
    return Provider(told(settings.sign_on), back_address(_own(settings)))


def _own(settings: StudioSettings) -> str:
    return settings.address or f"http://{settings.host}:{settings.port}"


def _cookie(settings: StudioSettings) -> str:
    return "__Host-studio-on" if settings.secure else "studio-on"


PAGES = (
    Page("/sign-on", sign_on, None),
    Page("/sign-on/back", sign_on_back, None),
    Page("/sign-on/out", sign_on_out, None),
)

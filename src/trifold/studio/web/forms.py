"""Forms: read up to a limit, and taken only from our own pages."""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from trifold.studio.settings import StudioSettings

TOKEN_FIELD, TOKEN_HEADER = "form_token", "x-form-token"  # tells our forms from those of others
ONCE_FIELD = "once"  # of each page that is shown: its form, sent twice, asks for one thing
FORM_BYTES = 1 << 20  # of a form; files come by another way
FIELDS = 10_000
LONGEST_NAME = 200  # characters of a field's name
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")
SHORTEST_TOKEN = 32  # characters


class TooLargeError(Exception):
    """A form has more bytes than any of ours."""


async def form_of(request: Request, *, largest: int = FORM_BYTES, files: int = 0) -> FormData:
    """What a form sent, by whatever way of sending; empty for other content.

    Args:
        request: not yet read.
        largest: bytes of all of it.
        files: how many it may hold.

    Raises:
        TooLargeError: when it is larger than ``largest``.
        HTTPException: 400, when it is no form after all, or holds what is no text.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() not in KINDS:
        return FormData()
    body = bytearray()
    async for part in request.stream():  # the length that a header claims is not believed
        body += part
        if len(body) > largest:
            raise TooLargeError

    async def whole() -> Message:
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    try:
        read = Request(request.scope, whole)
        form = await read.form(max_files=files, max_fields=FIELDS, max_part_size=largest)
    except (UnicodeError, LookupError, ValueError) as error:  # of character sets that are none
        raise HTTPException(400) from error
    for name, value in form.multi_items():
        said = value if isinstance(value, str) else value.filename or ""
        if len(name) > LONGEST_NAME or not is_text(name) or not is_text(said):
            raise HTTPException(400)
    return form


def is_text(said: str) -> bool:
    """Whether it can be kept and shown: PostgreSQL takes no NUL, UTF-8 no half of a pair."""
    return not re.search("[\0\ud800-\udfff]", said)


def cookie_name(settings: StudioSettings) -> str:
    """Of a session's cookie; ``__Host-`` keeps neighbours of our domain from setting it."""
    return "__Host-studio" if settings.secure else "studio"


def visitor_cookie_name(settings: StudioSettings) -> str:
    """Of the cookie that ties forms of who is not signed in to their browser."""
    return "__Host-studio-form" if settings.secure else "studio-form"


def visitor_token(request: Request, settings: StudioSettings) -> str:
    """The token of forms without a session: that of the browser's cookie, or a new one.

    Without it another site could sign somebody in to an account of its choosing.
    """
    known = request.cookies.get(visitor_cookie_name(settings), "")
    return known if len(known) >= SHORTEST_TOKEN else secrets.token_urlsafe(32)


def is_ours(request: Request, form: FormData, token: str, settings: StudioSettings) -> bool:
    """Whether a request that changes something comes from a page of ours.

    The token says it; what browsers say of where a request comes from may only speak against it.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    if not _from_here(request.headers.get("origin"), request, settings):
        return False
    sent = request.headers.get(TOKEN_HEADER) or form.get(TOKEN_FIELD)
    return isinstance(sent, str) and secrets.compare_digest(sent.encode(), token.encode())


def _from_here(origin: str | None, request: Request, settings: StudioSettings) -> bool:
    if origin is None:
        return True
    own = {urlsplit(settings.address or "").netloc, request.headers.get("host", "")}
    return urlsplit(origin).netloc in own - {""}

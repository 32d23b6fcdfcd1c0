"""Answers to what is not done: in the studio's own page, without what was asked or what broke."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from trifold.runtime.private import private_folder, write_atomically
from trifold.studio.web.visit import Visit
from trifold.studio.web.wording import mark as _

FOLDER = "errors"  # in the home
MOST_FILES = 100

ROLE = _("Your role does not allow this.")
NOT_FOUND = _("There is no such page, or it is not yours to see.")
NOT_HERE = _("This page cannot be used in that way.")
EXPIRED = _("This form has expired. Go back, load the page again.")
TOO_LARGE = _("That is larger than any form here.")
UNREADABLE = _("What was sent cannot be read.")
CLASH = _("Somebody else changed the same at this moment. Load the page again.")
BUSY = _("The database or the log cannot be written at the moment. Try again.")
BROKEN = _("Something broke. Tell your administrator this number: %(number)s")
BY_STATUS = {400: UNREADABLE, 404: NOT_FOUND, 405: NOT_HERE, 413: TOO_LARGE}


def refused(visit: Visit, status: int, message: str, **values: object) -> Response:
    """A page, or JSON for who does not want pages; ``message`` is translated."""
    said = visit.say(message, **values)
    if "text/html" not in visit.request.headers.get("accept", "text/html"):
        return JSONResponse({"error": said}, status_code=status)
    return visit.page("refused.html.j2", message=said, back=_back(visit.request), status=status)


def _back(request: Request) -> str:
    """The page of ours that led here; empty where there was none, or it is this one."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:  # no address
        return ""
    ours = came.netloc == request.url.netloc and not came.path.startswith("//")
    if not ours or (request.method in ("GET", "HEAD") and came.path == request.url.path):
        return ""
    return f"{came.path}?{came.query}" if came.query else came.path


def sign_in_first(visit: Visit) -> Response:
    """To the form, and from there to what was asked for; an error for scripts."""
    if visit.request.method in ("GET", "HEAD") and "text/html" in visit.request.headers.get(
        "accept", "text/html"
    ):
        path = visit.request.url.path
        asked = f"?{urlencode({'to': path})}" if path != "/" else ""
        return RedirectResponse(f"/sign-in{asked}", status_code=303)
    return JSONResponse({"error": visit.say(_("Sign in first."))}, status_code=401)


def broken(visit: Visit, error: BaseException) -> Response:
    """A fault of ours: a page with a number, and a file with that number for whoever mends it.

    The page shows nothing of it, and standard error only the number: it may hold names.
    """
    number = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    folder = private_folder(visit.studio.settings.home / FOLDER)
    for old in sorted(folder.glob("*.txt"))[: -MOST_FILES + 1 or None]:
        old.unlink(missing_ok=True)
    write_atomically(folder / f"{number}.txt", _report(visit, error))
    print(f"error {number}: see {Path(FOLDER) / number}.txt in the home folder", flush=True)
    return refused(visit, 500, BROKEN, number=number)


def _report(visit: Visit, error: BaseException) -> bytes:
    route = getattr(visit.request.scope.get("route"), "path", "none")
    lines = traceback.format_exception(error)
    return f"{visit.request.method} {route}\n{''.join(lines)}".encode("utf-8", "backslashreplace")

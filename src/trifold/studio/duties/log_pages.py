"""The log: who saw and changed what, and whether the chain holds."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select
from starlette.responses import Response

from trifold.serve.audit.chain import AuditError
from trifold.serve.audit.check import verify
from trifold.studio.accounts.roles import Action
from trifold.studio.database.people import Account
from trifold.studio.database.projects import Project
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Visit

MOST = 200  # lines of a page
FILTERS = ("event", "by", "project", "candidate", "before")
CHAIN = ("n", "time", "event", "by", "project", "candidate", "hash", "previous")

Line = Mapping[str, Any]


def log_page(visit: Visit) -> Response:
    """The last lines that are asked for; checking the chain reads all of it, if one asks for it."""
    asked = {name: visit.request.query_params.get(name, "")[:100] for name in FILTERS}
    path = visit.studio.log.path
    last = deque((line for line in lines_of(path) if _is_asked(line, asked)), maxlen=MOST)
    with visit.studio.database.reading() as session:
        who = {one.id: one.name for one in session.scalars(select(Account))}
        where = {one.id: one.name for one in session.scalars(select(Project))}
    visit.note("log_seen", filtered=[name for name, value in asked.items() if value])
    holds, said = _checked(path) if "check" in visit.request.query_params else (None, "")
    return visit.page(
        "duties_log.html.j2",
        lines=list(reversed(last)),
        chain=CHAIN,
        asked=asked,
        who=who,
        where=where,
        holds=holds,
        said=said,
        full=len(last) == MOST,
    )


def lines_of(path: Path) -> Iterator[Line]:
    """Whole lines of a log, in order; none where there is none."""
    if path.exists():
        with path.open("rb") as file:
            for raw in file:
                if raw.endswith(b"\n"):
                    yield json.loads(raw)


def _is_asked(line: Line, asked: Mapping[str, str]) -> bool:
    before = asked["before"]
    if before and not (before.isdecimal() and line["n"] < int(before)):
        return False
    person = asked["candidate"]
    if person and person not in (line.get("candidate"), *line.get("candidates", ())):
        return False
    return all(str(line.get(name)) == asked[name] for name in FILTERS[:3] if asked[name])


def _checked(path: Path) -> tuple[bool, str]:
    try:
        return True, str(verify(path))
    except AuditError as error:
        return False, str(error)


PAGES = (Page("/log", log_page, Action.SEE_LOG),)

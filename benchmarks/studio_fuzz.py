"""Bad input for the studio: ``python -m benchmarks.studio_fuzz [n=2000] [seed=0] [on=sqlite]``.

A studio with content is served on this machine, on SQLite or, with ``on=postgresql``, on a
PostgreSQL of its own, and gets requests that no page of it would send: to every address that
changes something, and to lists with odd questions, as every role and as nobody. Ends non-zero when
there was a 5xx, when somebody changed what they may not, in their project or another, when an
answer shows a trace or a path, when the log holds a name, or when the studio does not answer
afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import select

from benchmarks.hostile_forms import NOBODY, Known, Request, draw, draw_page
from benchmarks.sound_forms import NAME
from tests.factories.postgres import cluster
from tests.factories.studios import PASSWORD, TestedStudio, furnished, served, token_in
from tests.factories.worked_in import WorkedIn, worked_in
from trifold.runtime.endings import values_of
from trifold.studio.accounts.passwords import hashed
from trifold.studio.accounts.roles import Role
from trifold.studio.database.base import Base
from trifold.studio.database.people import Account
from trifold.studio.database.projects import Candidate, Recording
from trifold.studio.database.work import CandidateResult, Job
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import open_studio
from trifold.studio.web.forms import cookie_name

FULL = 507  # no room on the disk for a file of the length that was told
SESSIONS = {"sign_ins", "attempts"}  # tables that everybody changes who comes and goes


def is_in(text: str, name: str) -> bool:
    """Whether a text has a name, but not within a longer word, as digests and ids are."""
    return re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", text) is not None


class Fuzz:
    """A studio under bad input: what came back, counted; and what should not have.

    Args:
        filled: the studio; its database is on SQLite or PostgreSQL.
        client: reaches it; of httpx or Starlette.
        seed: of all choices.
    """

    def __init__(self, filled: WorkedIn, client: Any, seed: int) -> None:
        self.filled, self.client = filled, client
        self.statuses, self.wrong = Counter[int](), list[str]()
        self.generator = random.Random(seed)  # noqa: S311
        self.password, self.names, self.changes = hashed(PASSWORD), {NAME}, 0

    @property
    def tested(self) -> TestedStudio:
        """The studio."""
        return self.filled.tested

    def run(self, n: int) -> None:
        """Send requests, one after the other; then look at the log, and whether it answers."""
        self._restore()
        for _ in range(n):
            self.one()
        lines = self.tested.studio.log.path.read_text("utf-8").splitlines()
        said = [text for line in lines for text in texts_in(json.loads(line))]
        self.wrong += [f"the log names {n}" for n in self.names if any(is_in(t, n) for t in said)]
        self.wrong += self._asleep()

    def one(self) -> None:
        """One request; whoever may not change anything shall not have."""
        page, who = draw_page(self.generator)
        request = draw(page, who, self.known, self._sign_in(who), self.generator)
        try:
            answer = self.client.request(
                request.method,
                request.path,
                content=request.content,
                headers=request.headers,
                follow_redirects=False,
            )
        except Exception as error:  # every failure is counted, none stops the run
            self._blame(request, f"{type(error).__name__}: {error}"[:300])
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 500 and answer.status_code != FULL:
            self._blame(request, str(answer.status_code))
        text = "" if "zip" in answer.headers.get("content-type", "") else answer.text
        for shown in ("Traceback (most", str(self.tested.studio.settings.home), "<script>alert("):
            as_text = shown.startswith("<") and "html" not in answer.headers.get("content-type", "")
            if shown in text and not as_text:  # JSON shows no elements
                self._blame(request, f"an answer that shows {shown}")
        if self._state() != self.state:
            if not request.allowed:
                self._blame(request, f"a change, with {answer.status_code}")
            self.changes += 1
            elsewhere = self.elsewhere
            self._restore()
            if who != Role.ADMINISTRATOR and self.elsewhere != elsewhere:
                self._blame(request, "a change of another's project")

    def _blame(self, request: Request, what: str) -> None:
        self.wrong.append(f"{what} for {request.method} {request.page.path} as {request.who}")
        if os.environ.get("FUZZ_SHOWS"):
            print(what, request, flush=True)

    def _restore(self) -> None:
        """Accounts and members as they should be, after a change; and what is there now."""
        with self.tested.studio.database.writing() as session:
            for role in Role:
                account = session.get_one(Account, self.tested.accounts[role])
                account.role, account.active, account.password_hash = role, True, self.password
        self.tested.enlist()
        self.known, self.names = self._known(), self.names | self._candidates()
        self.state, self.elsewhere = self._state(), self._state(self.tested.elsewhere)

    def _sign_in(self, who: str) -> str:
        """A new session; returns the token of its forms."""
        self.client.cookies.clear()
        if who != NOBODY:
            cookie, token = self.tested.session_of(who)
            self.client.cookies.set(cookie_name(self.tested.studio.settings), cookie)
            return token
        return token_in(self.client.get("/sign-in").text)

    def _known(self) -> Known:
        """Ids that are there at this moment."""
        own, others = self.tested.project, self.tested.elsewhere
        ids = self.filled.ids
        with self.tested.studio.database.reading() as session:

            def of(table: Any, project: str) -> list[str]:
                return list(session.scalars(select(table.id).where(table.project_id == project)))[
                    :20
                ]

            known = Known(
                {**{name: [one] for name, one in ids.items()},
                 "project": [own], "candidate": of(Candidate, own), "recording": of(Recording, own),
                 "job": [*of(Job, own), ids["job"]], "account": [*self.tested.accounts.values()],
                 "upload": []},
                {"project": [others], "candidate": [*of(Candidate, others), ids["candidate"]],
                 "recording": [ids["recording"]], "job": [ids["job"]], "run": [ids["run"]],
                 "person": [ids["person"]], "account": [*self.tested.accounts.values()]},
            )  # fmt: skip
        return known

    def _candidates(self) -> set[str]:
        """Names that nobody may find in the log."""
        with self.tested.studio.database.reading() as session:
            found = {*session.scalars(select(Candidate.name))}
            found |= {*session.scalars(select(CandidateResult.candidate))}
        return {name for name in found if len(name) > 3}  # shorter ones stand in any id

    def _state(self, project: str = "") -> str:
        """A digest of all tables but those of sessions and of all files; of one project's rows."""
        said = hashlib.sha256()
        with self.tested.studio.database.reading() as session:
            for name, table in sorted(Base.metadata.tables.items()):
                if name in SESSIONS or (project and "project_id" not in table.c):
                    continue
                rows = select(table).order_by(*table.primary_key.columns)
                if project:
                    rows = rows.where(table.c.project_id == project)
                said.update(repr((name, session.execute(rows).all())).encode("utf-8", "replace"))
        root = self.tested.studio.settings.home / "projects" / project
        files = (path for path in root.rglob("*") if path.is_file())
        said.update(repr(sorted((str(path), path.stat().st_size) for path in files)).encode())
        return said.hexdigest()

    def _asleep(self) -> Iterator[str]:
        token = self._sign_in(Role.PSYCHOLOGIST)
        sent = {"name": "Afterwards", "form_token": token}
        answer = self.client.post("/projects", data=sent, follow_redirects=False)
        if answer.status_code != 303:
            yield f"the studio answers {answer.status_code} afterwards"
        for fault in (self.tested.studio.settings.home / "errors").glob("*.txt"):
            yield f"a fault: {fault.read_text('utf-8').strip().splitlines()[-1][:200]}"


def texts_in(held: Any) -> Iterator[str]:
    """Every text of a value of JSON: a person may be called ``true``, which lines say as well."""
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict):
        yield from (text for pair in held.items() for one in pair for text in texts_in(one))
    elif isinstance(held, list):
        yield from (text for one in held for text in texts_in(one))


@contextmanager
def opened(on: str, home: Path) -> Iterator[WorkedIn]:
    """A studio with content, on a database of its own."""
    with ExitStack() as stack:
        url = None
        if on == "postgresql":
            url = stack.enter_context(cluster()).new_database()
        studio = open_studio(StudioSettings(home / "home", database=url))
        stack.callback(studio.database.close)
        yield worked_in(furnished(studio), home)


def main(arguments: list[str]) -> int:
    """Print what came back; 1 when something should not have."""
    given = values_of(arguments, ["n", "seed", "on"])
    count, seed, on = (
        int(given.get("n", "2000")),
        int(given.get("seed", "0")),
        given.get("on", "sqlite"),
    )
    with (
        tempfile.TemporaryDirectory() as home,
        opened(str(on), Path(home)) as filled,
        served(filled.tested.studio) as at,
        httpx2.Client(base_url=at, timeout=60) as client,
    ):
        client.headers["accept"] = "text/html"
        fuzz = Fuzz(filled, client, seed)
        fuzz.run(count)
    listed = ", ".join(f"{status}: {n}" for status, n in sorted(fuzz.statuses.items()))
    n = sum(fuzz.statuses.values())
    print(f"{n} requests on {on}, seed {seed}, {fuzz.changes} changes; {listed}")
    for line, times in Counter(fuzz.wrong).most_common():
        print(f"wrong, {times} times: {line}")
    return 1 if fuzz.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Studios for tests: a home folder and a database, accounts of every role, browsers' clients."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from httpx2 import Response
from sqlalchemy import delete
from starlette.testclient import TestClient

from trifold.studio.accounts.keeping import make_account
from trifold.studio.accounts.roles import Role
from trifold.studio.accounts.sign_in import begin
from trifold.studio.database.people import Account, Membership, SignIn
from trifold.studio.database.projects import Candidate, Project
from trifold.studio.server import configured
from trifold.studio.web.app import application
from trifold.studio.web.forms import TOKEN_FIELD, cookie_name
from trifold.studio.web.visit import Studio

PASSWORD = "a long password of tests"  # noqa: S105
STARTS_S = 20.0


def token_in(page: str) -> str:
    """The token of the first form of a page; empty where there is none."""
    found = re.search(rf'name="{TOKEN_FIELD}" value="([^"]+)"', page)
    return found[1] if found else ""


class Browser(TestClient):
    """A client as a browser is: it keeps cookies, and forms carry their token."""

    form_token = ""

    def send_form(self, path: str, values: Mapping[str, Any] | None = None) -> Response:
        """Post a form with this session's token; redirects are not followed."""
        if not self.form_token:
            self.form_token = token_in(self.look(path).text) or token_in(self.look("/account").text)
        data = {TOKEN_FIELD: self.form_token, **(values or {})}
        answer = self.post(path, data=data, follow_redirects=False)
        if "set-cookie" in answer.headers:  # another session, whose forms carry another token
            self.form_token = ""
        return answer

    def look(self, path: str) -> Response:
        """Get a page; redirects are not followed."""
        return self.get(path, follow_redirects=False)


@dataclass
class TestedStudio:
    """A studio, and the clients of its accounts.

    Attributes:
        studio: what all pages share.
        accounts: role to the id of an account of that role.
        project: id of a project; rater, recruiter and psychologist are its members.
        elsewhere: id of a project that only administrators see.
        candidate: id of a person of ``project``.
        stranger: id of a person of ``elsewhere``.
    """

    __test__ = False
    studio: Studio
    accounts: dict[str, str] = field(default_factory=dict)
    project: str = ""
    elsewhere: str = ""
    candidate: str = ""
    stranger: str = ""

    def nobody(self, **more: Any) -> Browser:
        """A browser in which nobody is signed in."""
        base = self.studio.settings.address or "http://127.0.0.1"
        headers = {"accept": "text/html"}
        return Browser(application(self.studio), base_url=base, headers=headers, **more)

    def enlist(self) -> None:
        """Rater, recruiter and psychologist are the members of the project, and of no other."""
        members = [self.accounts[role] for role in (Role.RATER, Role.RECRUITER, Role.PSYCHOLOGIST)]
        with self.studio.database.writing() as session:
            both = Membership.project_id.in_([self.project, self.elsewhere])
            session.execute(delete(Membership).where(both))
            session.add_all(Membership(project_id=self.project, account_id=one) for one in members)

    def browser(self, role: str, **more: Any) -> Browser:
        """A browser in which an account of a role is signed in."""
        client = self.nobody(**more)
        cookie, client.form_token = self.session_of(role)
        client.cookies.set(cookie_name(self.studio.settings), cookie)
        return client

    def session_of(self, role: str) -> tuple[str, str]:
        """A new session of an account of a role: its cookie, and the token of its forms."""
        with self.studio.database.writing() as session:
            account = session.get(Account, self.accounts[role])
            assert account is not None
            cookie = begin(session, account)
            session.flush()
            newest = session.query(SignIn).filter_by(account_id=account.id)
            token = newest.order_by(SignIn.created_at.desc()).first().form_token
        return cookie, token


def furnished(studio: Studio) -> TestedStudio:
    """With accounts of all roles, two projects and a candidate in each."""
    tested = TestedStudio(studio)
    with studio.database.writing() as session:
        for role in Role:
            login = f"{role}@example.org"
            made = make_account(
                session, login=login, name=f"A {role}", role=role, password=PASSWORD
            )
            tested.accounts[str(role)] = made.id
        here, there = Project(name="Sales"), Project(name="Elsewhere")
        session.add_all([here, there])
        session.flush()
        people = [Candidate(project_id=one.id, name="c001") for one in (here, there)]
        session.add_all(people)
        session.flush()
        tested.project, tested.elsewhere = here.id, there.id
        tested.candidate, tested.stranger = (one.id for one in people)
    tested.enlist()
    return tested


@contextmanager
def served(studio: Studio) -> Iterator[str]:
    """A real server on a free port, in a thread; gives its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = configured(studio)
        config.lifespan = "off"  # the database stays open for the test
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        until = time.monotonic() + STARTS_S
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(STARTS_S)

"""One request as a page sees it: who asks, about which project, in which language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from trifold.database.engine import Database
from trifold.errors import InputError, TrifoldError
from trifold.serve.audit.log import AuditLog
from trifold.studio.accounts.roles import Action, may
from trifold.studio.database.people import Account
from trifold.studio.database.projects import Project
from trifold.studio.settings import StudioSettings
from trifold.studio.web.messages.telling import marked
from trifold.studio.web.wording import Wording

PROJECTS = "projects"  # folder of the studio's home


@dataclass(frozen=True)
class Area:
    """A part of a project, with a card on the project's page.

    Attributes:
        page: name of its first page, which takes ``project``.
        title: of the card, to be translated.
        text: what it is for, likewise.
        action: that a role must allow to see it.
    """

    page: str
    title: str
    text: str
    action: Action


@dataclass(frozen=True)
class Step:
    """What to do next in a project.

    Attributes:
        page: name of the page to do it on, which takes ``project``.
        text: what to do there, as it is said.
    """

    page: str
    text: str


@dataclass(frozen=True)
class Studio:
    """What all pages share.

    Attributes:
        settings: as it was started.
        database: of accounts, projects, ratings and jobs.
        log: who saw and changed what; the chained log of the endpoint.
        wording: templates and messages by language.
        areas: of every project, in the order in which one works.
        next_step: what comes next in a project for who asks; None where nothing does.
    """

    settings: StudioSettings
    database: Database
    log: AuditLog
    wording: Wording
    areas: tuple[Area, ...] = ()
    next_step: Callable[[Visit], Step | None] = lambda visit: None

    def folder_of(self, project_id: str) -> Path:
        """Where a project's recordings and runs lie."""
        return self.settings.home / PROJECTS / project_id

    def without_home(self, said: object) -> str:
        """What an error or a page says, without the folders above the home: they are the server's.

        Of what lies in a project's folder, the name within that folder stays.
        """
        text = str(said)
        for home in (self.settings.home, self.settings.home.resolve()):
            for way in {f"{home}/", escape(f"{home}/"), json.dumps(f"{home}/")[1:-1]}:
                text = re.sub(rf"{re.escape(way)}({PROJECTS}/[\w-]{{12}}/)?", "", text)
        return text


@dataclass(frozen=True)
class Visit:
    """See above.

    Attributes:
        request: what the browser sent.
        studio: what all pages share.
        account: who is signed in; None on pages that need nobody.
        form_token: that forms of this session carry.
        project: that the address names, if this account may see it.
        form: what a form sent.
        language: of the answer.
    """

    request: Request
    studio: Studio
    account: Account | None = None
    form_token: str = ""
    project: Project | None = None
    form: FormData = field(default_factory=FormData)
    language: str = "en"

    @property
    def me(self) -> Account:
        """Who is signed in, where the page lets nobody else in."""
        if self.account is None:
            raise RuntimeError("a page that anybody may see asked who is signed in")
        return self.account

    @property
    def here(self) -> Project:
        """The project of the address."""
        if self.project is None:
            raise RuntimeError("a page without a project in its address asked for it")
        return self.project

    @property
    def folder(self) -> Path:
        """Of that project."""
        return self.studio.folder_of(self.here.id)

    def may(self, action: str) -> bool:
        """Whether who is signed in may do something; for links that lead there."""
        return self.account is not None and may(self.account.role, Action(action))

    def field(self, name: str, *, largest: int = 2000) -> str:
        """What a form sent in a field, without spaces around it.

        Raises:
            InputError: when the field is missing, is a file or is too long.
        """
        value = self.form.get(name)
        if not isinstance(value, str):
            raise InputError(expected=f"the field {name}", got="none")
        if len(value) > largest:
            raise InputError(
                expected=f"at most {largest} characters in {name}", got=f"{len(value)} characters"
            )
        return value.strip()

    @property
    def part(self) -> int:
        """Which page of a list the address asks for, from 1; 1 for what is no number."""
        asked = self.request.query_params.get("page", "")
        return int(asked) if asked.isdecimal() and len(asked) < 7 else 1

    def file(self, name: str) -> tuple[str, bytes]:
        """Name and content of the file that a form sent in a field; ``Page.form_files`` allows it.

        Raises:
            InputError: when there is none.
        """
        sent = self.form.get(name)
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise InputError(expected=f"a file in {name}", got="none")
        return sent.filename, sent.file.read()

    def say(self, message: str, **values: object) -> str:
        """A message of the code in the language of the answer."""
        return self.studio.wording.say(message, self.language, **values)

    def told(self, text: str) -> str:
        """A text that is looked up, in the language of the answer."""
        return self.studio.wording.told(text, self.language)

    def said(self, line: str) -> str:
        """What a command says, without the server's folders; what stays English is marked so."""
        return marked(self.language, self.studio.without_home(line))

    def wrong(self, error: TrifoldError) -> str:
        """An error in the language of the answer."""
        return self.studio.without_home(self.studio.wording.error(error, self.language))

    def page(self, template: str, values: Mapping[str, Any] | None = None, **more: Any) -> Response:
        """A template with the values that all pages have.

        Args:
            template: its name.
            values: of its own.
            more: likewise; ``status`` is that of the response.
        """
        status = int(more.pop("status", 200))
        text = self.studio.wording.render(
            template, self.language, {**(values or {}), **more, "visit": self}
        )
        return HTMLResponse(text, status_code=status)

    def to(self, name: str, **parts: str) -> Response:
        """Go to another page, as after a form."""
        return RedirectResponse(self.request.url_for(name, **parts).path, status_code=303)

    def note(self, event: str, **facts: object) -> None:
        """A line in the log, with who did it and in which project."""
        by = self.account.id if self.account else None
        within = {"project": self.project.id} if self.project else {}
        self.studio.log.append(event, by=by, **within, **facts)

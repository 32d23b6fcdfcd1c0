"""What a job has made is one step away; pages that wait for it are loaded anew by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.factories.chromium import Window
from tests.factories.studios import TestedStudio
from trifold.studio.accounts.roles import Role
from trifold.studio.database.base import new_id
from trifold.studio.database.work import Job
from trifold.studio.jobs.kinds import KINDS
from trifold.studio.web.forms import cookie_name


@pytest.fixture
def add(sqlite_studio: TestedStudio) -> Iterator[object]:
    """Puts a job into the project."""

    def added(kind: str, state: str) -> Job:
        one = Job(project_id=sqlite_studio.project, kind=kind, state=state, spec={"run": new_id()},
                  account_id=sqlite_studio.accounts["psychologist"])  # fmt: skip
        with sqlite_studio.studio.database.writing() as session:
            session.add(one)
        return one

    return added


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_that_is_done_leads_to_what_it_made_for_who_may_see_it(
    sqlite_studio: TestedStudio, add, kind: str
) -> None:
    project, one = f"/projects/{sqlite_studio.project}", add(kind, "done")
    row = re.compile(rf'data-job="{one.id}".*?</li>', re.DOTALL)
    links = {}
    for role in (Role.PSYCHOLOGIST, Role.RECRUITER, Role.ADMINISTRATOR):
        page = sqlite_studio.browser(role).look(f"{project}/jobs").text
        links[role] = re.findall(r'<a href="([^"]+)"', row.search(page)[0])
    (link,) = links[Role.PSYCHOLOGIST]
    assert link.startswith(f"{project}/")
    assert links[Role.ADMINISTRATOR] == []
    assert links[Role.RECRUITER] == ([link] if kind in ("look", "preview", "score") else [])


@pytest.mark.slow
def test_a_page_that_waits_for_a_job_shows_what_it_made(
    chromium, sqlite_studio: TestedStudio, add, address: str
) -> None:
    one = add("learning_curve", "running")
    window = Window(chromium, address)
    client = sqlite_studio.browser("psychologist")
    window.sign_in(client, cookie_name(sqlite_studio.studio.settings))
    window.go(f"/projects/{sqlite_studio.project}/training")
    assert window.js("document.querySelector('[data-under-way]').dataset.underWay") == one.id
    with sqlite_studio.studio.database.writing() as session:
        session.get_one(Job, one.id).state = "failed"
    window.until("!document.querySelector('[data-under-way]') && document.querySelector('.banner')")
    assert window.said == []
    window.context.close()

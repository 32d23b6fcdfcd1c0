"""From nothing to scores: every page names a way on, and the next step is the right one."""

from __future__ import annotations

import re

import pytest

from tests.factories.studios import TestedStudio
from trifold.studio.accounts.roles import Role, may
from trifold.studio.database.people import Account, Membership
from trifold.studio.database.projects import Candidate, Project, Recording
from trifold.studio.database.work import Run
from trifold.studio.ratings import keeping
from trifold.studio.ratings.starting_sets import starting_set
from trifold.studio.web.app import PAGES

LEADERS = (Role.PSYCHOLOGIST, Role.RECRUITER, Role.ADMINISTRATOR)
STEP = re.compile(r'class="next">.*?<a href="/projects/[^/]+/([\w-]+)">', re.DOTALL)
SOMEBODY = re.compile(r"A (recruiter or )?psychologist of the project")  # who has the next step
# a page or a form to go on with, which are not those that every page has
WAY = re.compile(r'href="/projects/[^"]+/|<form|<button')


def new_project(tested: TestedStudio) -> str:
    """An empty one, of which everybody but raters are members."""
    with tested.studio.database.writing() as session:
        project = Project(name="Empty")
        session.add(project)
        session.flush()
        for role in (Role.RECRUITER, Role.PSYCHOLOGIST):
            session.add(Membership(project_id=project.id, account_id=tested.accounts[role]))
        return project.id


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("role", Role)
def test_every_page_of_an_empty_project_names_a_way_on(
    sqlite_studio: TestedStudio, role: Role
) -> None:
    project, browser = new_project(sqlite_studio), sqlite_studio.browser(role)
    with sqlite_studio.studio.database.writing() as session:
        if role is Role.RATER:
            account = sqlite_studio.accounts[role]
            session.add(Membership(project_id=project, account_id=account))
    seen = 0
    for page in PAGES:
        of_project = page.path.startswith("/projects/{project}") and page.path.count("{") == 1
        if not of_project or "GET" not in page.methods or page.streaming is not None:
            continue
        if page.action is not None and may(role, page.action):
            answer = browser.look(page.path.format(project=project))
            if answer.status_code == 200 and "</main>" in answer.text:
                shown = main_of(answer.text)
                assert WAY.search(shown) or SOMEBODY.search(shown), (page.path, shown)
                seen += 1
    assert seen >= 3


def test_the_next_step_is_the_first_that_is_not_done(sqlite_studio: TestedStudio) -> None:
    tested, project = sqlite_studio, new_project(sqlite_studio)
    browsers = {role: tested.browser(role) for role in Role}

    def steps() -> tuple[str | None, ...]:
        pages = (browsers[role].look(f"/projects/{project}").text for role in LEADERS)
        return tuple(found[1] if (found := STEP.search(page)) else None for page in pages)

    assert steps() == ("recordings", "recordings", "targets")
    with tested.studio.database.writing() as session:
        recording = Recording(project_id=project, path="q1.mp4")
        session.add(recording)
    assert steps() == ("people", "people", "targets")
    with tested.studio.database.writing() as session:
        person = Candidate(project_id=project, name="ann")
        session.add(person)
        session.flush()
        session.get_one(Recording, recording.id).candidate_id = person.id
    assert steps() == ("targets", "model", "targets")
    with tested.studio.database.writing() as session:
        targets = starting_set("interview")[:1]
        session.get_one(Project, project).targets = [one.as_json() for one in targets]
    assert steps() == ("members", "model", "members")
    with tested.studio.database.writing() as session:
        rater = session.get_one(Account, tested.accounts[Role.RATER])
        session.add(Membership(project_id=project, account_id=rater.id))
    assert steps() == ("agreement", "model", None)
    with tested.studio.database.writing() as session:
        keeping.keep_rating(
            session, project=session.get_one(Project, project), candidate=person.id,
            rater=rater.id, target=targets[0], value=3.0, at_ms=1,
        )  # fmt: skip
    assert steps() == ("training", "model", None)
    with tested.studio.database.writing() as session:
        session.get_one(Project, project).bundle = "somewhere"
    assert steps() == ("recordings", "recordings", None)
    with tested.studio.database.writing() as session:
        session.add(Run(project_id=project, kind="score", folder="runs/x"))
    assert steps() == ("results", "results", None)

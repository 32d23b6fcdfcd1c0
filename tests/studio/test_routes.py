"""Every role at every address of the studio: what is let in is what the table of roles says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.factories.studios import Browser, TestedStudio
from trifold.studio.accounts.roles import MAY, Action, Role
from trifold.studio.web.app import PAGES
from trifold.studio.web.guard import Page

NOBODY = "nobody"
UNKNOWN = "AAAAAAAAAAAA"
UNSAFE = [page for page in PAGES if set(page.methods) - {"GET", "HEAD", "OPTIONS"}]
ENDS_SESSIONS = {"/sign-out", "/sign-out-everywhere"}


def address(page: Page, tested: TestedStudio, *, project: str) -> str:
    """With the project, and ids that are nobody's in all other places."""
    path = page.path.replace("{project}", project).replace("{n:int}", "1")
    return re.sub(r"\{[^}]+\}", UNKNOWN, path)


def asked(client: Browser, page: Page, path: str, *, method: str) -> int:
    """The status of an empty form, or of looking."""
    token = {"x-form-token": client.form_token} if client.form_token else {}
    options = {"headers": token, "follow_redirects": False}
    if method in ("GET", "HEAD"):
        return client.request(method, path, **options).status_code
    return client.request(
        method, path, data={"form_token": client.form_token}, **options
    ).status_code


@pytest.fixture(scope="module")
def browsers(sqlite_studio: TestedStudio) -> Iterator[dict[str, Browser]]:
    made = {str(role): sqlite_studio.browser(role) for role in Role}
    return made | {NOBODY: sqlite_studio.nobody()}


@pytest.fixture(autouse=True)
def members(sqlite_studio: TestedStudio) -> None:
    sqlite_studio.enlist()  # forms that were let in may have changed it


NOT_THERE = {404, 422}  # an id of nothing


def tried(page: Page) -> list[tuple[Page, str]]:
    return [(page, method) for method in page.methods if page.path not in ENDS_SESSIONS]


CASES = [case for page in PAGES for case in tried(page)]


ENDLESS = {"/projects/{project}/jobs/events"}  # whom it lets in, it never lets go; tried with jobs
TRIED = [
    (page, method, str(who))
    for page, method in CASES
    for who in (NOBODY, *Role)
    if page.path not in ENDLESS or who == NOBODY or page.action not in MAY[Role(who)]
]


@pytest.mark.parametrize(
    ("page", "method", "who"),
    TRIED,
    ids=[f"{method} {page.path}-{who}" for page, method, who in TRIED],
)
def test_a_page_lets_in_whom_its_action_allows(
    browsers: dict[str, Browser], sqlite_studio: TestedStudio, page: Page, method: str, who: str
) -> None:
    path = address(page, sqlite_studio, project=sqlite_studio.project)
    status = asked(browsers[who], page, path, method=method)
    assert status < 500
    if page.action is None:
        assert who == NOBODY or status != 401
    elif who == NOBODY:
        assert status == (303 if method in ("GET", "HEAD") else 401)
    elif page.action not in MAY[Role(who)]:
        assert status == 403
    elif method in ("GET", "HEAD"):
        others = re.sub(r"\{project\}", "", page.path).count("{")
        assert status in (NOT_THERE | {412} if others else {200, 303})
    else:
        assert status in NOT_THERE | {204, 303, 400, 412}  # an empty form, or no upload after all


@pytest.mark.parametrize("role", [Role.RATER, Role.RECRUITER, Role.PSYCHOLOGIST])
@pytest.mark.parametrize("page", [page for page in PAGES if "{project}" in page.path],
                         ids=lambda page: f"{page.methods[0]} {page.path}")  # fmt: skip
def test_projects_of_others_are_not_there(
    browsers: dict[str, Browser], sqlite_studio: TestedStudio, page: Page, role: str
) -> None:
    for project in (sqlite_studio.elsewhere, UNKNOWN, "x" * 3000, "%00"):
        path = address(page, sqlite_studio, project=project)
        status = asked(browsers[role], page, path, method=page.methods[0])
        allowed = page.action is None or page.action in MAY[role]
        assert status == (404 if allowed else 403)


@pytest.mark.parametrize("page", UNSAFE, ids=lambda page: f"{page.methods[0]} {page.path}")
def test_what_changes_something_refuses_forms_without_the_token(
    browsers: dict[str, Browser], sqlite_studio: TestedStudio, page: Page
) -> None:
    path = address(page, sqlite_studio, project=sqlite_studio.project)
    allowed = [role for role in Role if page.action is None or page.action in MAY[role]]
    client = browsers[allowed[0]] if page.action else sqlite_studio.nobody()
    for token in ("", "x" * 43):
        sent = client.request(page.methods[0], path, data={"form_token": token},
                              follow_redirects=False)  # fmt: skip
        # a streamed form is refused for its kind before its token is looked for
        assert sent.status_code in ({403, 422} if page.checks_form else {403})


def test_raters_see_no_scores_and_only_administrators_the_log() -> None:
    scores = {Action.SEE_SCORES, Action.OVERRIDE, Action.SCORE, Action.SEE_RATINGS}
    assert not MAY[Role.RATER] & scores
    assert [role for role in Role if Action.SEE_LOG in MAY[role]] == [Role.ADMINISTRATOR]


def test_every_page_says_who_may_use_it_and_few_let_everybody_in() -> None:
    opened = {page.path for page in PAGES if page.action is None}
    assert opened <= {"/sign-in", "/set-up/{token}", "/sign-on", "/sign-on/back", "/sign-on/out"}

"""Who reads German reads no English, on the pages of people and on those of reports."""

from __future__ import annotations

import re

import pytest

from tests.factories.page_texts import hyphened, texts
from tests.factories.studios import TestedStudio
from tests.reports.report_factory import SAID
from tests.studio.results.results_factory import add_run, address_of, keys_of
from trifold.codes import Code
from trifold.studio.accounts.roles import Role
from trifold.studio.database.projects import Project
from trifold.studio.database.work import Run
from trifold.studio.results.index import index_run
from trifold.studio.web.messages.telling import catalog

# what people said, wrote and called things is nobody's to translate
DATA = re.compile(
    r"person_\d+.*|What are you proud of\?.*|Norms: 101 drawn people\.|A \w+|Sales|Trifold|JSON|aac"
    r"|English|Deutsch|" + "|".join(map(re.escape, (*SAID, *Code)))
)
PEOPLE = ("person_00001", "person_00002", "person_00005")  # with a flag, without a face, withheld
OWN = [{"name": "openness", "low": 1, "high": 7, "label": "Neugier", "low_pole": "set in her ways"}]


@pytest.fixture(scope="module")
def run(sqlite_studio: TestedStudio) -> Run:
    """Scores of fourteen people with evidence."""
    made = add_run(sqlite_studio.studio, sqlite_studio.project, 14, answers=2, moved=14)
    index_run(sqlite_studio.studio, sqlite_studio.project, made.id)
    return made


def look(tested: TestedStudio, run: Run, person: str, page: str, language: str) -> str:
    at = address_of(run, f"/people/{keys_of(tested.studio, run)[person]}{page}")
    return tested.browser(Role.PSYCHOLOGIST).look(f"{at}?language={language}").text


@pytest.fixture
def targets(sqlite_studio: TestedStudio, run: Run, request: pytest.FixtureRequest) -> None:
    with sqlite_studio.studio.database.writing() as session:
        session.get_one(Project, sqlite_studio.project).targets = request.param


@pytest.mark.parametrize("targets", [[]], indirect=True)
@pytest.mark.parametrize("page", ["", "/feedback", "/technical"])
def test_pages_of_people_say_nothing_in_german_as_they_say_it_in_english(
    sqlite_studio: TestedStudio, run: Run, targets: None, page: str
) -> None:
    alike = {message.string for message in catalog("de")}  # that some words are is no fault
    for person in PEOPLE:
        english, german = (
            look(sqlite_studio, run, person, page, language) for language in ("en", "de")
        )
        assert '<html lang="de">' in german
        same = set(texts(german)) & set(texts(english)) - alike
        assert [text for text in same if not DATA.fullmatch(text)] == []
        assert hyphened(english) == hyphened(german) == []
        assert not re.search(r"[^\w/]\d\.\d+[^\w.%-]", " ".join(texts(german)))  # but 3,14


@pytest.mark.parametrize("targets", [OWN], indirect=True)
@pytest.mark.parametrize("page", ["", "/feedback", "/technical"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_a_team_wrote_stays_in_whatever_language(
    sqlite_studio: TestedStudio, run: Run, targets: None, page: str, language: str
) -> None:
    found = look(sqlite_studio, run, "person_00002", page, language)
    assert "Neugier" in found
    assert not re.search("Openness|Offenheit", found)
    assert page or "set in her ways" in found


@pytest.mark.parametrize(("wish", "language"), [("de", "de"), ("en", "en"), ("tlh", "en")])
def test_an_address_may_ask_for_a_language_of_one_page(
    sqlite_studio: TestedStudio, wish: str, language: str
) -> None:
    page = sqlite_studio.browser(Role.RATER).look(f"/?language={wish}").text
    assert f'<html lang="{language}">' in page

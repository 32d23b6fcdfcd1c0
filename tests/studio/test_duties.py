"""Notices, consents, terms and policies of a project, on pages and in the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.studios import Browser, TestedStudio
from trifold.commands.governance.policies import Gate
from trifold.policy.facts import Consent
from trifold.policy.reading import read_policy
from trifold.records.consent import DATES, read_consents
from trifold.shipped import POLICIES, names_of
from trifold.studio.accounts.roles import Role
from trifold.studio.database.base import now
from trifold.studio.database.projects import Candidate, Project
from trifold.studio.database.work import CandidateResult, Run
from trifold.studio.duties.clock import begun, dues, scored_on
from trifold.studio.duties.consents import consent_of, stored, table_of, write_consents
from trifold.studio.duties.policies import closed, gate_of, needed

TODAY = date.today()
consents = st.builds(
    Consent, st.text("abc-1", max_size=8), *[st.none() | st.dates() for _ in DATES]
)


@given(told=consents)
def test_what_is_stored_of_a_consent_is_the_consent(told: Consent) -> None:
    assert consent_of(stored(told)) == told


def test_the_table_that_is_written_is_read_as_the_same(tmp_path: Path) -> None:
    path = tmp_path / "consents.csv"
    told = {'ann, "b"': Consent("n1", TODAY), "c2": Consent(consent_on=TODAY, withdrawn_on=TODAY)}
    path.write_bytes(table_of(told))
    assert read_consents(path) == told


@pytest.fixture
def browser(studio: TestedStudio) -> Browser:
    with studio.studio.database.writing() as session:
        project = session.get_one(Project, studio.project)
        project.policy, project.keep_days = [], None
        session.get_one(Candidate, studio.candidate).consent = {}
    return studio.browser(Role.PSYCHOLOGIST)


def imported(client: Browser, page: str, content: bytes, **more: str):
    values = {"form_token": client.form_token, **more}
    return client.post(page, data=values, files={"table": ("consents.csv", content)})


def test_a_table_says_of_whom_it_was_written_down_and_of_whom_not(
    studio: TestedStudio, browser: Browser
) -> None:
    page = f"/projects/{studio.project}/duties"
    table = f"candidate_id,consent_on\nc001,{TODAY}\nstranger,{TODAY}\n".encode()
    answer = imported(browser, page, table)
    assert "1 person was written down" in answer.text
    assert "stranger" in answer.text
    written = write_consents(studio.studio, studio.project, studio.studio.settings.home / "t.csv")
    assert read_consents(written) == {"c001": Consent(consent_on=TODAY)}
    assert "stranger" in imported(browser, page, table, add="on").text
    assert read_consents(write_consents(studio.studio, studio.project, written)).keys() == {
        "c001", "stranger"}  # fmt: skip
    with studio.studio.database.reading() as session:
        assert session.get_one(Candidate, studio.stranger).consent == {}


@pytest.mark.parametrize(("content", "message"), [
    (b"name_of,consent_on\nx,2026-01-01\n", "candidate_id"),
    (b"candidate_id,consent_on\nc001,soon\n", "a date such as 2026-11-29"),
    (b"\x00\xff", "expected"),
])  # fmt: skip
def test_a_table_that_cannot_be_read_changes_nothing(
    studio: TestedStudio, browser: Browser, content: bytes, message: str
) -> None:
    answer = imported(browser, f"/projects/{studio.project}/duties", content)
    assert answer.status_code == 422
    assert message in answer.text
    with studio.studio.database.reading() as session:
        assert session.get_one(Candidate, studio.candidate).consent == {}


def test_a_policy_closes_people_until_what_it_demands_is_recorded(
    studio: TestedStudio, browser: Browser
) -> None:
    page = f"/projects/{studio.project}/duties"
    one = f"{page}/{studio.candidate}"
    chosen = browser.send_form(f"/projects/{studio.project}/policy",
                               {"policy": "us-il", "keep_days": "30"})  # fmt: skip
    assert chosen.status_code == 303
    assert 'class="state closed"' in browser.look(page).text
    assert "common, us-il" in browser.look("/projects/" + studio.project).text
    fields = dict.fromkeys(("notice_id", *DATES), "")
    days = dict.fromkeys(DATES[:-1], str(TODAY))
    assert browser.send_form(one, {**fields, **days}).status_code == 303
    assert "may be analysed" in browser.look(page).text
    assert "Nothing of this person may be analysed" not in browser.look(one).text
    late = str(TODAY - timedelta(days=40))
    browser.send_form(one, {**fields, **days, "withdrawn_on": late})
    said = browser.look(one).text
    assert "consent withdrawn on" in said
    assert "overdue" in said
    assert browser.send_form(one, {**fields, "consent_on": "soon"}).status_code == 422


@pytest.fixture
def scored(studio: TestedStudio) -> Iterator[str]:
    """Id of a run that scored the candidate."""
    with studio.studio.database.writing() as session:
        run = Run(project_id=studio.project, kind="score", folder="runs/clock")
        session.add(run)
        session.flush()
        row = {"candidate_id": "c001"}
        session.add(CandidateResult(run_id=run.id, candidate="c001", key="clock", status="scored",
                                    row=row))  # fmt: skip
    yield run.id
    with studio.studio.database.writing() as session:
        session.delete(session.get_one(Run, run.id))


@pytest.mark.parametrize(("days", "state"), [
    (0, "running"), (29, "running"), (30, "running"), (31, "overdue"), (400, "overdue"),
])  # fmt: skip
def test_the_clock_of_retention_runs_from_the_last_scoring(
    studio: TestedStudio, browser: Browser, scored: str, days: int, state: str
) -> None:
    """Time moves by moving the day of the run: pages go by today's."""
    with studio.studio.database.writing() as session:
        session.get_one(Run, scored).created_at = now() - timedelta(days=days)
        session.get_one(Project, studio.project).keep_days = 30
    by = TODAY + timedelta(days=30 - days)
    page = browser.look(f"/projects/{studio.project}/duties/{studio.candidate}").text
    assert format_date(by, "medium", locale="en") in page
    assert ("overdue" in page) is (state == "overdue")
    with studio.studio.database.reading() as session:
        project = session.get_one(Project, studio.project)
        gate = gate_of(studio.studio, project)
        since = begun(Consent(), scored_on(session, project.id, ["c001", "other"])["c001"])
        later = [
            [due.state for due in dues(replace(gate, today=by + timedelta(days=n)), project, since)]
            for n in (-1, 0, 1)
        ]
    assert later == [["running"], ["running"], ["overdue"]]


def test_the_policy_of_a_project_is_on_every_page_of_it(
    studio: TestedStudio, browser: Browser
) -> None:
    browser.send_form(f"/projects/{studio.project}/policy", {"policy": "eu", "keep_days": ""})
    for page in ("", "/duties", f"/duties/{studio.candidate}", "/policy", "/members"):
        assert "common, eu</a>" in browser.look(f"/projects/{studio.project}{page}").text


@pytest.mark.parametrize("values", [{"policy": "none", "keep_days": ""},
                                    {"keep_days": "-3"}, {"keep_days": "9" * 9}])  # fmt: skip
def test_no_policy_and_no_time_that_there_is_not(
    studio: TestedStudio, browser: Browser, values: dict[str, str]
) -> None:
    assert browser.send_form(f"/projects/{studio.project}/policy", values).status_code == 422


@pytest.mark.parametrize("profile", names_of(POLICIES))
@settings(max_examples=20)
@given(told=st.lists(consents, min_size=2, max_size=4))
def test_whoever_has_the_same_record_is_closed_for_the_same_reason(
    profile: str, told: list[Consent]
) -> None:
    """The list of people looks at each record once, whoever it is of."""
    gate = Gate(read_policy([profile]))
    alone = [closed(gate, {"ann": one}).get("ann") for one in told]
    others = closed(gate, {f"{n:016x}": one for n, one in enumerate([*told, *told])})
    assert [others.get(f"{n:016x}") for n in range(2 * len(told))] == alone * 2


def test_the_list_says_of_each_person_what_their_own_page_says(
    studio: TestedStudio, browser: Browser, scored: str
) -> None:
    root, day = f"/projects/{studio.project}", str(TODAY - timedelta(days=60))
    with studio.studio.database.writing() as session:
        project = session.get_one(Project, studio.project)
        project.policy, project.keep_days = ["us-il"], 30
        session.get_one(Run, scored).created_at = now() - timedelta(days=31)
        full = {"notice_on": day, "explained_on": day, "consent_on": day, "release_on": day}
        session.get_one(Candidate, studio.candidate).consent = full
        for n, told in enumerate([full, full, {}, {"consent_on": day}]):
            session.add(Candidate(project_id=studio.project, name=f"alike {n}", consent=told))
    found = {}
    for row in re.findall(r"<tr>(.+?)</tr>", browser.look(f"{root}/duties").text, re.S)[1:]:
        name, own = re.search(r"<a [^>]*>(.+?)</a>", row)[1], re.search(r'href="(.+?)"', row)[1]
        page = browser.look(own).text
        found[name] = "may be analysed" in row, "overdue" in row
        assert found[name] == ("Nothing of this person" not in page, "overdue" in page)
    assert found["c001"] == (True, True)
    alike = [found[f"alike {n}"] for n in range(4)]
    assert alike == [(True, False), (True, False), (False, False), (False, False)]


def test_what_is_needed_is_what_the_rules_look_at() -> None:
    assert needed(read_policy("common"), TODAY) == []
    needs = ["notice_on", "explained_on", "consent_on", "release_on"]
    assert needed(read_policy("us-il"), TODAY) == needs


def test_people_of_another_project_are_not_there(studio: TestedStudio, browser: Browser) -> None:
    page = f"/projects/{studio.project}/duties/{studio.stranger}"
    assert browser.look(page).status_code == 404
    fields = dict.fromkeys(("notice_id", *DATES), "")
    assert browser.send_form(page, fields).status_code == 404
    for what in ("export", "delete"):
        sent = browser.send_form(f"{page}/{what}", {"name": "c001", "despite": ""})
        assert sent.status_code == 404


def test_the_log_says_who_saw_whom_and_that_it_was_not_changed(
    studio: TestedStudio, browser: Browser
) -> None:
    browser.look(f"/projects/{studio.project}/duties/{studio.candidate}")
    reader = studio.browser(Role.ADMINISTRATOR)
    page = reader.look(f"/log?candidate={studio.candidate}&check=1").text
    assert "The chain holds." in page
    assert "duties_seen" in page
    assert "A psychologist" in page
    assert "sign_in" not in page
    path = studio.studio.log.path
    text = path.read_text()
    assert "c001" not in text
    assert "example.org" not in text
    path.write_text(text.replace("duties_seen", "duties_unseen", 1))
    assert "The chain does not hold." in reader.look("/log?check=1").text
    path.write_text(text)


@pytest.mark.parametrize("query", ["before=x", "before=2", "event=%20", "by=x&project=y", "check="])
def test_the_log_takes_any_question(studio: TestedStudio, query: str) -> None:
    assert studio.browser(Role.ADMINISTRATOR).look(f"/log?{query}").status_code == 200

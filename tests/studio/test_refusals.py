"""What is not done says so with a way back, and what to do without a shell."""

from __future__ import annotations

import re

import pytest

from tests.factories.studios import PASSWORD, TestedStudio
from trifold.codes import Code
from trifold.studio.database.projects import Recording
from trifold.studio.web.messages.advice import advice_of
from trifold.studio.web.messages.looked_up import SHOWN

OURS = "http://127.0.0.1"
OF_A_SHELL = re.compile(r"\w=|=\w|\btrifold \w|README|docs:|`|\bwithhold\b|timeout_s")
BACK = re.compile(r'<a href="([^"]*)">Back</a>')


@pytest.mark.parametrize("code", [code for code in Code if code.of in SHOWN])
def test_no_advice_of_a_page_takes_a_shell(code: Code) -> None:
    assert not OF_A_SHELL.search(advice_of(code))


def test_what_is_not_done_leads_back_to_the_form_and_to_the_project(
    sqlite_studio: TestedStudio,
) -> None:
    project, client = f"/projects/{sqlite_studio.project}", sqlite_studio.browser("psychologist")
    client.headers["referer"] = f"{OURS}{project}/recordings?page=2"
    answer = client.send_form(f"{project}/recordings/link", {"folder": "/nowhere"})
    assert answer.status_code == 422
    assert BACK.findall(answer.text) == [f"{project}/recordings?page=2"]
    assert f'<a href="{project}">Sales</a>' in answer.text.partition("<main")[2]


@pytest.mark.parametrize("came", [
    "", "http://elsewhere.example/x", "http://[", "http://127.0.0.1//elsewhere.example/x",
    "javascript:alert(1)", "http://127.0.0.1/nothing",
])  # fmt: skip
def test_nothing_leads_back_to_elsewhere_or_to_the_page_itself(sqlite_studio, came: str) -> None:
    page = sqlite_studio.browser("recruiter").get("/nothing", headers={"referer": came}).text
    assert "There is no such page" in page
    assert BACK.findall(page) == []


def test_signing_in_leads_to_the_page_that_was_asked_for(sqlite_studio: TestedStudio) -> None:
    client, wanted = sqlite_studio.nobody(), f"/projects/{sqlite_studio.project}/rate"
    form = client.look(wanted).headers["location"]
    sent = {"login": "rater@example.org", "password": "wrong"}
    again = client.send_form(form, sent)
    (to,) = re.findall(r'name="to" value="([^"]+)"', again.text)
    answer = client.send_form("/sign-in", {**sent, "password": PASSWORD, "to": to})
    assert answer.headers["location"] == wanted


@pytest.mark.parametrize("to", [
    "//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere.example", "/a\nb", "x", "",
])  # fmt: skip
def test_signing_in_leads_to_nowhere_else(sqlite_studio: TestedStudio, to: str) -> None:
    values = {"login": "rater@example.org", "password": PASSWORD, "to": to}
    assert sqlite_studio.nobody().send_form("/sign-in", values).headers["location"] == "/"


def test_a_card_says_what_is_wrong_without_the_folders_of_the_server(
    sqlite_studio: TestedStudio,
) -> None:
    root = sqlite_studio.studio.folder_of(sqlite_studio.project) / "recordings"
    root.mkdir(parents=True, exist_ok=True)
    (root / "x.mp4").write_bytes(b"x")
    said = f"{root}/x.{{}}: expected another, got this"
    quality = {"error": said.format("mp4"),
               "codes": [{"code": "TRANSCRIPT_ERROR", "line": said.format("vtt")}]}  # fmt: skip
    with sqlite_studio.studio.database.writing() as session:
        one = Recording(project_id=sqlite_studio.project, path="x.mp4", quality=quality,
                        state="unusable")  # fmt: skip
        session.add(one)
    address = f"/projects/{sqlite_studio.project}/recordings/{one.id}"
    page = sqlite_studio.browser("recruiter").look(address).text
    assert str(root) not in page
    for kind in ("mp4", "vtt"):
        assert f"recordings/x.{kind}: expected another, got this" in page

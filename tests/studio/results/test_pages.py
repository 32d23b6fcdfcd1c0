"""Pages of results: for whom they are, what they say, what is noted, and what is taken out."""

from __future__ import annotations

import json
import re

import pytest
from markupsafe import escape

from tests.studio.results.results_factory import address_of, keys_of
from trifold.codes import Code
from trifold.records.overrides import read_overrides
from trifold.scoring.attribution.cue_words import every_text
from trifold.studio.accounts.roles import Action, may
from trifold.studio.results.pages import PAGES
from trifold.templates import css_string, sentence

LOOK = [page.path for page in PAGES if page.methods == ("GET",)]


@pytest.fixture(scope="module")
def keys(sqlite_studio, sqlite_run) -> dict[str, str]:
    return keys_of(sqlite_studio.studio, sqlite_run)


@pytest.fixture(scope="module")
def browser(sqlite_studio):
    return sqlite_studio.browser("recruiter")


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("louder than usual", "head turned away, also beside the people of training")),
    ("de", ("lauter als üblich", "Kopf abgewandt, auch im Vergleich mit den Menschen")),
])  # fmt: skip
def test_moments_say_in_words_what_was_heard_and_seen(
    browser, sqlite_run, keys, language: str, words: tuple[str, ...]
) -> None:
    address = address_of(sqlite_run, f"/people/{keys['person_00000']}")
    page = browser.get(address, headers={"accept-language": language}).text
    assert [text for text in words if text not in page] == []
    assert "read from:" not in page
    if language == "de":
        assert [text for text in every_text() if text in page] == []
    technical = browser.get(f"{address}/technical").text
    assert "louder than usual" in technical
    evidence = browser.get(f"{address}/json").json()["evidence"]
    assert {cue["words"] for cue in evidence["cues"]} == {"louder than usual", "head turned away"}


def filled(path: str, run, person: str) -> str:
    parts = {"project": run.project_id, "run": run.id, "person": person, "file": "candidates.xlsx"}
    return path.replace("{n:int}", "1").format(**parts)


def noted(studio) -> list[dict]:
    lines = (studio.settings.home / "log.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("role", ["rater", "recruiter", "psychologist", "administrator"])
@pytest.mark.parametrize("path", LOOK)
def test_who_may_not_see_scores_sees_no_page(sqlite_studio, sqlite_run, keys, path, role) -> None:
    page = next(one for one in PAGES if one.path == path and one.methods == ("GET",))
    answer = sqlite_studio.browser(role).look(filled(path, sqlite_run, keys["person_00001"]))
    allowed = {200, 404, 422}  # no recording is there; nobody was ticked to compare
    assert page.action in (Action.SEE_SCORES, Action.SEE_RECORDINGS)
    assert answer.status_code in (allowed if may(role, page.action) else {403})
    assert sqlite_studio.nobody().look(filled(path, sqlite_run, "x")).status_code == 303


@pytest.mark.parametrize("path", LOOK)
def test_a_run_is_seen_through_its_own_project_alone(sqlite_studio, sqlite_run, keys, path) -> None:
    person = keys["person_00001"]
    here = filled(path, sqlite_run, person)
    elsewhere = here.replace(sqlite_run.project_id, sqlite_studio.elsewhere)
    assert sqlite_studio.browser("recruiter").look(elsewhere).status_code == 404
    if "{person}" in path:
        other = filled(path, sqlite_run, "0123456789abcdef")
        assert sqlite_studio.browser("recruiter").look(other).status_code == 404


def test_every_view_of_a_person_is_noted_without_a_name(sqlite_studio, sqlite_run, browser, keys):
    key = keys["person_00003"]
    for more in ("", "/feedback", "/technical", "/json"):
        before = len(noted(sqlite_studio.studio))
        browser.look(address_of(sqlite_run, f"/people/{key}{more}"))
        (line,) = noted(sqlite_studio.studio)[before:]
        assert line["candidate"] == key
        assert line["event"] in ("scores_seen", "scores_exported")
        assert line["by"] == sqlite_studio.accounts["recruiter"]
    browser.look(address_of(sqlite_run, "?search=person_00003"))
    assert noted(sqlite_studio.studio)[-1]["candidates"] == [key]
    assert "person_" not in (sqlite_studio.studio.settings.home / "log.jsonl").read_text("utf-8")


def test_a_place_is_always_a_range(sqlite_run, browser) -> None:
    page = browser.look(address_of(sqlite_run, "?sort=openness")).text
    assert page.count("place ") == 13
    assert page.count(" to ") > page.count("place ")
    assert "1 reserved" in page
    assert "7 outgoing" in page


def test_two_to_five_stand_side_by_side(sqlite_run, browser, keys) -> None:
    names = sorted(keys)
    for n in range(8):
        who = "&".join(f"who={keys[name]}" for name in names[:n])
        answer = browser.look(address_of(sqlite_run, f"/compare?{who}"))
        assert answer.status_code == (200 if 2 <= n <= 5 else 422), n
    who = f"who={keys[names[0]]}&who=nobody"
    assert browser.look(address_of(sqlite_run, f"/compare?{who}")).status_code == 404


def test_reasons_for_withholding_come_with_what_to_do(sqlite_run, browser, keys) -> None:
    page = browser.look(address_of(sqlite_run, f"/people/{keys['person_00005']}")).text
    assert "No scores are given." in page
    assert "What to do:" in page
    assert "train on recordings of your own" in page


def test_json_holds_the_rows_of_the_tables(sqlite_studio, sqlite_run, browser, keys) -> None:
    folder = sqlite_studio.studio.folder_of(sqlite_run.project_id) / sqlite_run.folder
    for table, one in (("candidates", "candidate"), ("answers", "answers")):
        rows = [json.loads(x) for x in (folder / f"{table}.jsonl").read_text("utf-8").splitlines()]
        own = [row for row in rows if row["candidate_id"] == "person_00004"]
        got = browser.look(address_of(sqlite_run, f"/people/{keys['person_00004']}/json")).json()
        assert got[one] == (own[0] if one == "candidate" else own)


@pytest.mark.parametrize("name", ["candidates.xlsx", "answers.jsonl", "candidates.csv"])
def test_tables_are_the_files_that_scoring_wrote(sqlite_studio, sqlite_run, browser, name) -> None:
    folder = sqlite_studio.studio.folder_of(sqlite_run.project_id) / sqlite_run.folder
    answer = browser.look(address_of(sqlite_run, f"/files/{name}"))
    assert answer.content == (folder / name).read_bytes()


@pytest.mark.parametrize(
    "name", ["model.json", "..%2fmodel.json", "progress.jsonl", "evidence.jsonl"]
)
def test_no_other_file_of_the_run_is_given_out(sqlite_run, browser, name) -> None:
    assert browser.look(address_of(sqlite_run, f"/files/{name}")).status_code == 404


def test_an_override_stands_beside_the_score(sqlite_studio, sqlite_run, browser, keys) -> None:
    page = address_of(sqlite_run, f"/people/{keys['person_00006']}")
    words = {"target": "openness", "reason": "<b>Was ill</b>", "judgement": ""}
    score = browser.look(f"{page}/json").json()["candidate"]["openness"]
    assert browser.send_form(f"{page}/override", words).status_code == 303
    shown = browser.look(page).text
    assert "&lt;b&gt;Was ill&lt;/b&gt;" in shown
    folder = sqlite_studio.studio.folder_of(sqlite_run.project_id) / sqlite_run.folder
    (made,) = read_overrides(folder, "person_00006")
    assert (made.target, made.reviewer) == ("openness", "recruiter@example.org")
    assert browser.look(f"{page}/json").json()["candidate"]["openness"] == score
    assert noted(sqlite_studio.studio)[-3]["event"] == "score_overridden"
    for wrong in ({"target": "height"}, {"reason": " "}, {"reason": "x" * 2001}):
        assert browser.send_form(f"{page}/override", words | wrong).status_code == 422
    assert len(read_overrides(folder)) == 1


def test_feedback_names_whom_to_write_to_and_runs_nothing(sqlite_run, browser, keys) -> None:
    page = address_of(sqlite_run, f"/people/{keys['person_00004']}/feedback")
    answer = browser.look(f"{page}?contact=<script>x</script>")
    assert "&lt;script&gt;x&lt;/script&gt;" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "whoever invited you" in browser.look(page).text


def test_no_name_ends_a_string_of_css_or_the_element_around_it() -> None:
    hostile = '</style><script>alert(1)</script>"*/}'
    text = css_string(hostile)
    assert not set("<>/'*;{}") & set(str(text))
    assert str(text).startswith('"')
    assert str(text).count('"') == 2


def test_who_looked_at_a_list_is_found_by_each_of_it(sqlite_studio, sqlite_run, keys) -> None:
    log, people = sqlite_studio.browser("administrator"), ("person_00003", "person_00004")

    def seen(name: str) -> int:
        page = log.look(f"/log?candidate={keys[name]}&event=scores_seen").text
        return page.partition("<tbody>")[2].count("<tr>")

    before = [seen(name) for name in people]
    sqlite_studio.browser("recruiter").get(address_of(sqlite_run, "?search=person_00003"))
    assert [seen(name) for name in people] == [before[0] + 1, before[1]]


def test_flags_are_said_in_words(browser, sqlite_run) -> None:
    page = browser.get(address_of(sqlite_run, "")).text
    codes = re.findall(r'<option value="([A-Z_]+)"[^>]*>([^<]+)</option>', page)
    assert codes
    for code, words in codes:
        meaning = escape(sentence(Code(code).meaning))
        assert words == f"{meaning} ({code})"
        assert f"<dd>{meaning}." in page

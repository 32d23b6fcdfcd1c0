"""Every message has a translation in every language, with the same placeholders."""

from __future__ import annotations

import ast
import re
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from tests.factories.studios import TestedStudio
from trifold.codes import Code
from trifold.contracts import MEASURES
from trifold.reports.model import _group
from trifold.studio.accounts.roles import Role
from trifold.studio.database.projects import Recording
from trifold.studio.duties.policies import profiles
from trifold.studio.web.messages.advice import advice_of
from trifold.studio.web.messages.extraction import extracted, missing, template_of
from trifold.studio.web.messages.looked_up import SHOWN
from trifold.studio.web.messages.telling import catalog, local
from trifold.studio.web.wording import HERE, Wording
from trifold.templates import FOLDER as REPORTS

OTHERS = Wording().languages[1:]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")


def test_there_is_another_language_and_messages_are_found() -> None:
    assert "de" in OTHERS
    found = extracted()
    for one in ("Sign in", "Your role does not allow this.", "Members", "rater"):
        assert one in found


@pytest.mark.parametrize("language", OTHERS)
def test_no_message_lacks_its_translation(language: str) -> None:
    assert missing(language) == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_placeholders_of_their_messages(language: str) -> None:
    for message in catalog(language):
        if not message.id:
            continue
        asked = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in said:
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(asked[-1]))


@pytest.mark.parametrize("language", OTHERS)
def test_message_files_hold_nothing_that_nobody_says(language: str) -> None:
    said = {one if isinstance(one, str) else one[0] for one in extracted()}
    held = (m.id if isinstance(m.id, str) else m.id[0] for m in catalog(language) if m.id)
    assert set(held) - said == set()


@pytest.mark.parametrize(("accepts", "language", "words"), [
    ("de-AT, en;q=0.5", "de", "Anmelden"), ("fr", "en", "Sign in"), ("", "en", "Sign in"),
    ("x" * 5000, "en", "Sign in"), (",;q=;;,*", "en", "Sign in"),
])  # fmt: skip
def test_pages_say_which_language_they_are_in(
    sqlite_studio: TestedStudio, accepts: str, language: str, words: str
) -> None:
    page = sqlite_studio.nobody().get("/sign-in", headers={"accept-language": accepts})
    assert f'<html lang="{language}">' in page.text
    assert words in page.text


def test_no_template_looks_up_what_the_extraction_cannot_see() -> None:
    """A message that is not written there is looked up by ``told``, and listed in ``looked_up``."""
    by_name = re.compile(r"_\((?![\"'])([^()]*)\)")
    found = {
        (path.name, name)
        for path in (*(HERE / "templates").glob("*.j2"), *REPORTS.glob("*.j2"))
        for name in by_name.findall(path.read_text("utf-8"))
    }
    assert found == {("project.html.j2", "area.title"), ("project.html.j2", "area.text")}


@pytest.fixture(scope="module")
def every_code(sqlite_studio: TestedStudio) -> str:
    """Address of a recording whose card has every code and every number."""
    codes = [{"code": str(code), "line": ""} for code in Code if code.of in SHOWN]
    numbers = {one.name: 0.5 for one in MEASURES}
    with sqlite_studio.studio.database.writing() as session:
        one = Recording(project_id=sqlite_studio.project, path="c001/q1.mp4", state="looked_at",
                        quality={"codes": codes, "numbers": numbers})  # fmt: skip
        session.add(one)
        session.flush()
        file = sqlite_studio.studio.folder_of(sqlite_studio.project) / "recordings" / one.path
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x")
        return f"/projects/{sqlite_studio.project}/recordings/{one.id}"


@pytest.mark.parametrize("language", OTHERS)
def test_a_card_says_codes_what_to_do_and_numbers_in_the_language_of_the_page(
    sqlite_studio: TestedStudio, every_code: str, language: str
) -> None:
    client = sqlite_studio.browser(Role.RECRUITER)
    english, other = (
        client.get(every_code, headers={"accept-language": one}).text.lower()
        for one in ("en", language)
    )
    shown = [text for code in Code if code.of in SHOWN
             for text in (code.meaning, advice_of(code))]  # fmt: skip
    shown += [one.meaning for one in MEASURES]
    shown = [str(escape(text)).lower() for text in shown if len(text) > 12]
    assert [text for text in shown if text not in english] == []
    assert [text for text in shown if text in other] == []


@pytest.mark.parametrize(("values", "said"), [
    ({"folder": "/nowhere"}, "erwartet: "), ({}, "erwartet: das Feld folder; erhalten: nichts"),
])  # fmt: skip
def test_errors_are_said_in_the_language_of_the_page(
    sqlite_studio: TestedStudio, values: dict[str, str], said: str
) -> None:
    client = sqlite_studio.browser(Role.RECRUITER)
    client.headers["accept-language"] = "de"
    answer = client.send_form(f"/projects/{sqlite_studio.project}/recordings/link", values)
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize(("text", "said"), [
    ("a name of at most 200 characters", "ein Name von höchstens 200 Zeichen"),
    ("jobs/a.csv: expected a whole number from 1 to 7 for 'Tact', got none",
     "jobs/a.csv: erwartet: eine ganze Zahl von 1 bis 7 für „Tact“; erhalten: nichts"),
    ("expected targets among a, b, got 'c'; did you mean 'a'?",
     "erwartet: Merkmale aus: a, b; erhalten: 'c'; ist 'a' gemeint?"),
    ("it was ended by SIGKILL and goes on", "er wurde von SIGKILL beendet und geht weiter"),
    ("recordings 3/10 files", "Aufnahmen 3/10 Dateien"),
    ("training fold 2/15 epoch 7/40", "Training, Teil 2/15 Durchgang 7/40"),
    ("between fairly low and high", "zwischen eher niedrig und hoch"),
    ("no message of anybody", "no message of anybody"), ("", ""),
    ("a name of at most 200 characters" * 99, "a name of at most 200 characters" * 99),
])  # fmt: skip
def test_what_was_made_of_a_message_is_told_by_it(text: str, said: str) -> None:
    assert Wording().told(text, "de") == said
    assert Wording().told(text, "en") == text


VALUES = st.text("abc 12%", min_size=1, max_size=9)
WITH_VALUES = [one for one in extracted() if isinstance(one, str) and "%(" in one]


@pytest.mark.parametrize("language", OTHERS)
@settings(deadline=None)
@given(data=st.data())
def test_values_of_an_error_are_kept_whatever_the_language(language: str, data) -> None:
    message = data.draw(st.sampled_from(WITH_VALUES))
    values = {name: data.draw(VALUES) for name in re.findall(r"%\((\w+)\)s", message)}
    numbers = dict.fromkeys(re.findall(r"%\((\w+)\)d", message), 7)
    told = Wording().told(message % (values | numbers), language)
    for value in values.values():
        assert sorted(told.replace(" ", "")).count("%") >= value.count("%")
        assert all(part in told for part in value.split())


@pytest.mark.parametrize(("text", "said"), [
    ("2.27 to 3.87", "2,27 bis 3,87"), ("+1.02", "+1,02"), ("0:40 to 0:41", "0:40 bis 0:41"),
    ("18.5 dB", "18,5 dB"), ("h264", "h264"), (None, ""), (".80", "0,80"), ("v1.", "v1."),
])  # fmt: skip
def test_numbers_of_reports_are_written_as_the_language_does(text: str | None, said: str) -> None:
    assert local("de", text) == said
    assert local("en", text) == (text or "")


def test_what_reports_and_policies_say_is_told_in_german() -> None:
    wording = Wording()
    norms = _group("calls", {"drive": np.arange(12.0)})
    assert wording.told(norms, "de").startswith("Normgruppe: 12 Personen")
    for demands in profiles(date(2026, 11, 30)):
        for rule in (one for rules in demands.rules.values() for one in rules):
            assert wording.told(rule.message, "de") != rule.message


def test_a_text_in_code_gives_its_message() -> None:
    code = ast.parse(
        'f"at most {MOST} of {len(x)} in {one.name:>3}, {one.name} or 5 %"', mode="eval"
    )
    message = "at most %(most)s of %(value2)s in %(name)s, %(value4)s or 5 %%"
    assert template_of(code.body) == message
    assert template_of(ast.parse('f"{a} / {b}"', mode="eval").body) == ""


def test_an_account_chooses_its_language_among_those_that_there_are(
    sqlite_studio: TestedStudio,
) -> None:
    client = sqlite_studio.browser(Role.RATER)
    own = {"password": "", "new_password": ""}
    assert client.send_form("/account", {"language": "de", **own}).status_code == 303
    assert "Neues Passwort" in client.look("/account").text
    assert client.send_form("/account", {"language": "tlh", **own}).status_code == 422
    assert client.send_form("/account", {"language": "", **own}).status_code == 303
    assert '<html lang="en">' in client.look("/account").text

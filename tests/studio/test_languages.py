"""Every message has a translation in every language, with the same placeholders."""

from __future__ import annotations

import re

import pytest

from tests.factories.studios import TestedStudio
from trifold.studio.accounts.roles import Role
from trifold.studio.web.extraction import extracted, missing
from trifold.studio.web.wording import Wording, catalog

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

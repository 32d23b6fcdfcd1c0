"""Bad input, a little of it: the whole is ``python -m benchmarks.studio_fuzz``."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from benchmarks import studio_fuzz
from benchmarks.hostile_forms import UNSAFE, Known, Request
from benchmarks.hostile_values import FORM
from benchmarks.sound_forms import NAME
from benchmarks.studio_fuzz import Fuzz
from tests.factories.studios import TestedStudio
from tests.factories.worked_in import WorkedIn, worked_in
from trifold.studio.accounts.roles import Role
from trifold.studio.web.forms import TOKEN_HEADER
from trifold.studio.web.guard import Page

REQUESTS = 200


@pytest.fixture(scope="module")
def filled(sqlite_studio: TestedStudio, tmp_path_factory: pytest.TempPathFactory) -> WorkedIn:
    return worked_in(sqlite_studio, tmp_path_factory.mktemp("media"))


@pytest.fixture
def fuzz(filled: WorkedIn) -> Iterator[Fuzz]:
    with filled.tested.nobody() as client:
        yield Fuzz(filled, client, seed=2)


def test_bad_input_breaks_nothing_and_lets_nobody_in(fuzz: Fuzz) -> None:
    fuzz.run(REQUESTS)
    assert fuzz.wrong == []
    assert fuzz.changes > REQUESTS / 50, "some of it is sound"
    assert {200, 303, 400, 403, 404, 422} <= set(fuzz.statuses)


def test_what_should_not_be_would_be_seen(fuzz: Fuzz, monkeypatch: pytest.MonkeyPatch) -> None:
    page = next(one for one in UNSAFE if one.path == "/projects")

    def changes(page: Page, who: str, _known: Known, token: str, _generator: Random) -> Request:
        sent = {"content-type": FORM.encode(), TOKEN_HEADER: token.encode()}
        return Request(page, "POST", who, page.path, False, sent, b"name=Taken+as+not+allowed")

    monkeypatch.setattr(studio_fuzz, "draw_page", lambda _generator: (page, Role.PSYCHOLOGIST))
    monkeypatch.setattr(studio_fuzz, "draw", changes)
    fuzz.tested.studio.log.append("noted", said=[{"to": NAME}], once=True)
    fuzz.names.add("true")  # as somebody may be called
    fuzz.run(1)
    said = {"a change, with 303 for POST /projects as psychologist", f"the log names {NAME}"}
    assert set(fuzz.wrong) == said

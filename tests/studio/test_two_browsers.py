"""The same walk in Chromium and in Firefox, on a real server, by people who sign in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.chromium import Window
from tests.factories.firefox import FIREFOX, firefox
from tests.factories.studios import TestedStudio
from tests.factories.worked_in import WATCHED, WorkedIn, worked_in
from tests.studio.ratings.test_rating import kept
from tests.studio.walks import rate_by_keyboard, sign_in, watch_evidence
from trifold.studio.database.projects import Project

pytestmark = pytest.mark.slow
KEYS = "42?"  # levels of three targets; the last cannot be told


@pytest.fixture(scope="module")
def filled(sqlite_studio: TestedStudio, tmp_path_factory: pytest.TempPathFactory) -> WorkedIn:
    made = worked_in(sqlite_studio, tmp_path_factory.mktemp("media"))
    with sqlite_studio.studio.database.writing() as session:
        session.get_one(Project, made.rated.project).name = "Rated"
    return made


@pytest.fixture(params=["chromium", "firefox"])
def window(request: pytest.FixtureRequest, address: str) -> Iterator[Any]:
    if request.param == "chromium":
        yield Window(request.getfixturevalue("chromium"), address)
    elif FIREFOX is None:
        pytest.skip("no firefox on this machine (make browser, or apt install firefox-esr)")
    else:
        with firefox(address) as found:
            yield found


def test_people_sign_in_watch_evidence_and_rate(window, filled: WorkedIn) -> None:
    sign_in(window, "recruiter@example.org")
    watch_evidence(window, project="Sales", person=WATCHED)
    sign_in(window, "rater@example.org")
    before = kept(filled.rated)
    rate_by_keyboard(window, project="Rated", keys=KEYS)
    whose = filled.tested.accounts["rater"]
    given = {key: value for key, value in kept(filled.rated).items() if key not in before}
    assert {who for who, _, _ in given} == {whose}
    assert len({candidate for _, candidate, _ in given}) == 1
    names = [one.name for one in filled.rated.targets]
    by_target = {target: value for (_, _, target), value in given.items()}
    assert by_target == dict(zip(names, (4.0, 2.0, None), strict=True))
    assert window.said == []
    assert window.elsewhere() == []


def test_what_leaves_the_machine_would_be_seen(window) -> None:
    with pytest.raises(Exception, match=r"(?i)err_|neterror|proxy|net_"):
        window.away("http://elsewhere.example/")
    assert window.elsewhere() != []

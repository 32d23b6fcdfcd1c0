"""Every page of the route table in a real browser: accessible, offline, and without script."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from tests.factories.chromium import Window
from tests.factories.page_texts import hyphened, texts
from tests.factories.studios import TestedStudio
from tests.factories.worked_in import WorkedIn, worked_in
from tests.reports.report_factory import SAID
from trifold.codes import Code
from trifold.decimals import MINUS
from trifold.studio.accounts.roles import Role, may
from trifold.studio.web.app import PAGES
from trifold.studio.web.forms import cookie_name
from trifold.studio.web.messages.telling import catalog

pytestmark = pytest.mark.slow
VIEWS: tuple[tuple[int, str], ...] = ((1280, "light"), (390, "dark"))  # each width, each scheme
HEIGHT = 900
NOBODY = "nobody"


@pytest.fixture(scope="module")
def filled(sqlite_studio: TestedStudio, tmp_path_factory: pytest.TempPathFactory) -> WorkedIn:
    return worked_in(sqlite_studio, tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
def pages(filled: WorkedIn) -> list[tuple[str, str]]:
    """Role and address; also of pages that say no, and of lists that are sorted."""
    results = f"/projects/{filled.tested.project}/results/{filled.run.id}"
    more = [("psychologist", f"{results}?sort=openness"), ("recruiter", "/nothing"),
            ("administrator", "/log?check=1"), (NOBODY, "/sign-in")]  # fmt: skip
    return [*filled.looked_at(), *more]


def windows(chromium: Any, filled: WorkedIn, address: str, **more: Any) -> Mapping[str, Window]:
    """One in which each role is signed in, and one in which nobody is."""
    made = {}
    for role in (*filled.tested.accounts, NOBODY):
        made[role] = Window(chromium, address, **more)
        if role != NOBODY:
            name = cookie_name(filled.tested.studio.settings)
            made[role].sign_in(filled.tested.browser(role), name)
    return made


def test_axe_finds_nothing_nothing_sticks_out_and_nothing_leaves_the_machine(
    chromium, filled: WorkedIn, pages: list[tuple[str, str]], address: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    opened, axe, wrong = windows(chromium, filled, address), Axe(), []
    for role, path in pages:
        page = opened[role].go(path)
        for width, scheme in VIEWS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.emulate_media(color_scheme=scheme)
            found = axe.run(page).response["violations"]
            wrong += [(path, width, scheme, v["id"], v["nodes"][0]["html"]) for v in found]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append((path, width, scheme, "wider than the screen"))
    assert wrong == [], wrong
    assert sum(len(window.asked) for window in opened.values()) > len(pages)
    assert [url for window in opened.values() for url in window.elsewhere()] == []
    refused = "404 (Not Found)"  # as Chromium says of the page that there is none of
    said = [line for window in opened.values() for line in window.said]
    assert [line for line in said if refused not in line] == []


def test_no_answer_of_any_address_says_where_the_server_keeps_its_home(filled: WorkedIn) -> None:
    """Neither pages nor files of runs, which commands write for whoever has a shell."""
    studio = filled.tested.studio
    home = str(studio.settings.home)
    run = studio.folder_of(filled.rated.project) / "runs" / filled.ids["job"]
    kept = {name: run / f"read_from.{name}" for name in ("html", "json", "md", "csv")}
    for path in kept.values():
        path.write_text(f"Read from {run}, {home}/log.jsonl and {json.dumps(home + '/é')}")
    sent = {}
    for page in PAGES:
        if "GET" not in page.methods or page.streaming or page.action is None:
            continue
        for role in Role:
            if may(role, page.action):
                sent[filled.address_of(page), role] = None
    root = f"/projects/{filled.rated.project}/training/{filled.ids['job']}/files"
    sent |= {(f"{root}/{path.name}", Role.PSYCHOLOGIST): None for path in kept.values()}
    browsers = {role: filled.tested.browser(role) for role in Role}
    wrong = [(address, role) for address, role in sent if home in browsers[role].look(address).text]
    assert wrong == []
    shown = browsers[Role.PSYCHOLOGIST].look(f"{root}/read_from.html").text
    assert shown == f'Read from runs/{run.name}, log.jsonl and "\\u00e9"'


# what people wrote and called things, addresses, names of files and what the log calls events
DATA = re.compile(
    r"""(A|An|Rater)\ \w+ | Sales | Elsewhere | Analysts | Tell\ of\ a\ plan.* | person_\d+.*
    | What\ are\ you\ proud\ of.* | Norms:\ 101\ drawn\ people\. | 14\ of\ 33\ recordings | aac
    | I\ plan\ every\ step\. | Then\ I\ rest\. | Says\ little\. | Talks\ readily\. | [1-7]\ =\ .*
    | [\w-]+@[\w.]+ | \S+\.(webm|xlsx|csv|jsonl|parquet|yaml) | [\w-]{12} | [0-9a-f]{16}
    | \((2\ CCR|6\ RCNY|\d{3}\ ILCS|DCWP).* | [a-z]+(_[a-z]+)+ | [a-z]+:.*
    | 1\ reserved | 7\ outgoing | JSON | Trifold | English | Deutsch | Big\ Five | HEXACO""",
    re.VERBOSE,
)


@pytest.fixture(scope="module")
def both(filled: WorkedIn, pages: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Address to its page in English and in German, of whoever may see it."""
    browsers = {role: filled.tested.browser(role) for role in Role} | {
        NOBODY: filled.tested.nobody()
    }
    asked = {path: f"{path}{'&' if '?' in path else '?'}language=" for _, path in pages}
    return {
        path: tuple(browsers[role].look(asked[path] + one).text for one in ("en", "de"))
        for role, path in pages
    }


def test_no_page_says_in_german_what_it_says_in_english(
    filled: WorkedIn, both: dict[str, tuple[str, ...]]
) -> None:
    alike = {message.string for message in catalog("de")}  # that some words are is no fault
    written = "".join(str(one.as_json().values()) for one in filled.rated.targets)
    written += "".join(SAID) + "".join(Code)
    wrong = []
    for path, (english, german) in both.items():
        same = set(texts(german)) & set(texts(english)) - alike
        same = {text.removesuffix(" · Trifold") for text in same}
        wrong += [(path, one) for one in same if not DATA.fullmatch(one) and one not in written]
    assert wrong == [], wrong


def test_negative_numbers_have_a_minus_on_every_page(both: dict[str, tuple[str, ...]]) -> None:
    wrong = [(path, hyphened(page)) for path, said in both.items() for page in said]
    assert [one for one in wrong if one[1]] == []
    assert sum(MINUS in page for said in both.values() for page in said) >= 6


def words(page: Any) -> Counter[str]:
    """What can be read."""
    return Counter(page.inner_text("body").split())


# what only script can do, beside which a plain form stands; and what tells how things are now
MOVING = ".drop, [role=status]"


def test_without_script_the_same_can_be_read(
    chromium, filled: WorkedIn, pages: list[tuple[str, str]], address: str
) -> None:
    with_script = windows(chromium, filled, address)
    without = windows(chromium, filled, address, java_script_enabled=False)
    for role, path in pages:
        page = with_script[role].go(path)
        page.evaluate(f"document.querySelectorAll('{MOVING}').forEach(one => one.remove())")
        assert words(page) <= words(without[role].go(path)), path
        assert without[role].page.title() == page.title()

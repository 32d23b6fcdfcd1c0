"""Reports in a real browser: accessible, usable on a phone and by keyboard, and offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reports.report_factory import HOSTILE, folder
from tests.reports.test_pages import write, write_hostile
from trifold.reports.wording import page_name

SIZES = {"laptop": (1366, 768), "phone": (390, 844), "small phone": (320, 568)}
PAGES = ["report.html", "candidates/candidate_01.html", "candidates/candidate_05.html",
         "candidates/candidate_04.html"]  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("browser")
    write(folder(), root)
    return root


class Opened:
    """A page, and what it asked for and complained about."""

    def __init__(self, chromium, path: Path, size: str = "laptop", scheme: str = "light") -> None:
        width, height = SIZES[size]
        view = {"width": width, "height": height}
        self.page = chromium.new_page(viewport=view, color_scheme=scheme)
        self.requests: list[str] = []
        self.messages: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("dialog", lambda dialog: self.messages.append(dialog.message))
        self.url = path.as_uri()
        self.page.goto(self.url)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_sticks_out(
    chromium, out: Path, name: str, size: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with Opened(chromium, out / name, size) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert opened.requests == [opened.url]
        assert opened.messages == []
        found = Axe().run(opened.page).response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == []


@pytest.mark.parametrize("name", PAGES[:2])
def test_in_the_dark_axe_finds_nothing_and_paper_stays_white(
    chromium, out: Path, name: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    ground = "getComputedStyle(document.body).backgroundColor"
    with Opened(chromium, out / name, "phone", "dark") as opened:
        assert opened.page.evaluate(ground) == "rgb(20, 25, 31)"
        found = Axe().run(opened.page).response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == []
        opened.page.emulate_media(media="print", color_scheme="dark")
        assert opened.page.evaluate(ground) == "rgb(255, 255, 255)"


def test_axe_would_find_something(chromium, out: Path, tmp_path: Path) -> None:
    """So the test above has teeth."""
    from axe_playwright_python.sync_playwright import Axe

    text = (out / "report.html").read_text(encoding="utf-8")
    bad = text.replace('role="img" aria-label=', 'role="img" data-label=').replace('lang="en"', "")
    (tmp_path / "bad.html").write_text(bad.replace("--muted: #52606d", "--muted: #aab4bd"))
    with Opened(chromium, tmp_path / "bad.html") as opened:
        found = {v["id"] for v in Axe().run(opened.page).response["violations"]}
    assert {"html-has-lang", "color-contrast", "role-img-alt"} <= found


def test_the_keyboard_reaches_everything(chromium, out: Path) -> None:
    with Opened(chromium, out / "candidates/candidate_01.html") as opened:
        page, reached = opened.page, []
        for _ in range(12):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
        assert reached[0].startswith('<a class="skip"')
        assert any("report.html" in html for html in reached)
        assert any('type="radio"' in html for html in reached)


def test_the_focus_can_be_seen(chromium, out: Path) -> None:
    with Opened(chromium, out / "candidates/candidate_01.html") as opened:
        page = opened.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        for _ in range(8):
            page.keyboard.press("Tab")
            width = page.evaluate(
                "(() => { let e = document.activeElement; if (e.type == 'radio') "
                "e = e.nextElementSibling; return getComputedStyle(e).outlineWidth })()"
            )
            assert float(width.removesuffix("px")) >= 2


def test_arrow_keys_choose_the_score_whose_evidence_is_shown(chromium, out: Path) -> None:
    with Opened(chromium, out / "candidates/candidate_01.html") as opened:
        page = opened.page
        shown = "[...document.querySelectorAll('.panel')].map(p => p.offsetHeight > 0)"
        assert page.evaluate(shown) == [True, False, False, False, False]
        page.focus("#target-1")
        page.keyboard.press("ArrowRight")
        assert page.evaluate(shown) == [False, True, False, False, False]
        page.emulate_media(media="print")
        assert all(page.evaluate(shown))


def test_candidates_can_be_shown_by_status(chromium, out: Path) -> None:
    with Opened(chromium, out / "report.html", "phone") as opened:
        page = opened.page
        count = "[...document.querySelectorAll('.people > li')].filter(p => p.offsetHeight).length"
        assert page.evaluate(count) == 12
        for name, n in {
            "only-withheld": 1,
            "only-scored": 11,
            "only-flagged": 2,
            "all": 12,
        }.items():
            page.click(f"label[for={name}]")
            assert page.evaluate(count) == n, name


def test_links_go_to_a_candidate_and_back(chromium, out: Path) -> None:
    with Opened(chromium, out / "report.html") as opened:
        page = opened.page
        page.click("text=candidate_01")
        assert page.inner_text("h1") == "candidate_01"
        page.click("text=All candidates")
        assert page.inner_text("h1") == "Interview scores"


def test_marks_are_drawn_where_the_numbers_are(chromium, out: Path) -> None:
    """The dot of a score of 4.51 on 1 to 7 lies at 58.5 % of the axis, whatever the screen."""
    row = folder().candidates[1]
    for size in SIZES:
        with Opened(chromium, out / "candidates/candidate_01.html", size) as opened:
            places = opened.page.evaluate(
                "[...document.querySelectorAll('.scales .scale')].map(s => { const a = "
                "s.getBoundingClientRect(), d = s.querySelector('.dot').getBoundingClientRect();"
                " return (d.left + d.width / 2 - a.left) / a.width })"
            )
            expected = [(row[name] - 1) / 6 for name in
                        ("extraversion", "agreeableness", "conscientiousness",
                         "emotional_stability", "openness")]  # fmt: skip
            assert places == pytest.approx(expected, abs=0.01)


def test_a_hostile_candidate_runs_nothing(chromium, tmp_path: Path) -> None:
    write_hostile(tmp_path)
    for path in (tmp_path / "report.html", tmp_path / f"candidates/{page_name(HOSTILE)}.html"):
        with Opened(chromium, path, "phone") as opened:
            opened.page.wait_for_timeout(100)
            assert opened.page.title() != "owned"
            assert opened.messages == []
            assert opened.requests == [opened.url]
            assert opened.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_even_markup_that_slipped_through_would_not_run(
    chromium, out: Path, tmp_path: Path
) -> None:
    """The pages forbid all scripts and requests by themselves."""
    text = (out / "report.html").read_text(encoding="utf-8")
    path = tmp_path / "slipped.html"
    path.write_text(text.replace("<h1>", f"{HOSTILE}<img src='http://127.0.0.1:9/x.png'><h1>"))
    with Opened(chromium, path) as opened:
        opened.page.wait_for_timeout(100)
        assert opened.page.title() == "Interview scores"
        assert len([m for m in opened.messages if "Content Security Policy" in m]) >= 2

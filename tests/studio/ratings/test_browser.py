"""Rating in a real browser: by keyboard, with a connection that drops, without script."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.benches import Bench, bench, draw
from tests.factories.chromium import Window
from tests.factories.studios import TestedStudio
from tests.studio.ratings.test_rating import kept
from trifold.studio.ratings.order import own_order
from trifold.studio.web.forms import cookie_name

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def filled(sqlite_studio: TestedStudio, recording: Path) -> Bench:
    one = bench(sqlite_studio, recording, candidates=10, raters=3)
    one.rate(draw(2, 10, 3), raters=[1, 2])
    return one


def rater(chromium, one: Bench, address: str, **more) -> Window:
    window = Window(chromium, address, **more)
    window.sign_in(one.browser(0), cookie_name(one.tested.studio.settings))
    return window


def own(one: Bench) -> dict[tuple[str, str], float | None]:
    return {(c, t): v for (r, c, t), v in kept(one).items() if r == one.raters[0]}


def until(page, one: Bench, count: int) -> None:
    """Wait for so many ratings of the first rater."""
    for _ in range(200):
        if len(own(one)) >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(own(one))} of {count} ratings came")


def test_a_rater_rates_by_keyboard_alone(chromium, filled: Bench, address: str) -> None:
    seat = rater(chromium, filled, address)
    page = seat.go(f"{filled.home}/rate")
    page.keyboard.press("Tab")
    page.get_by_role("link", name="Begin").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("form[data-live]")
    first = own_order(filled.candidates, rater=filled.raters[0])[0]
    for key in ("4", "ArrowDown", "2", "ArrowDown", "?"):
        page.keyboard.press(key)
    until(page, filled, 3)
    names = [one.name for one in filled.targets]
    assert own(filled) == {(first, n): v for n, v in zip(names, (4.0, 2.0, None), strict=True)}
    page.wait_for_function("document.querySelector('[data-state]').textContent.includes('kept')")
    page.keyboard.press(" ")
    page.wait_for_function("!document.querySelector('audio').paused")
    page.keyboard.press(" ")
    page.wait_for_function("document.querySelector('audio').paused")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("5")
    page.wait_for_timeout(300)
    assert own(filled)[first, names[1]] == 5.0
    assert seat.said == []
    assert all(url.startswith(address) for url in seat.asked)


def test_ratings_of_a_dropped_connection_come_later(chromium, filled: Bench, address: str) -> None:
    seat = rater(chromium, filled, address)
    person = own_order(filled.candidates, rater=filled.raters[0])[1]
    page = seat.go(f"{filled.home}/rate/{person}")
    before = len(own(filled))
    seat.context.set_offline(True)
    page.keyboard.press("1")
    page.keyboard.press("3")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("5")
    page.wait_for_selector("[data-state][data-bad]")
    assert len(own(filled)) == before
    seat.context.set_offline(False)
    until(page, filled, before + 2)
    names = [one.name for one in filled.targets]
    assert (own(filled)[person, names[0]], own(filled)[person, names[1]]) == (3.0, 5.0)


def test_ratings_survive_a_browser_that_is_closed(chromium, filled: Bench, address: str) -> None:
    seat = rater(chromium, filled, address)
    people = own_order(filled.candidates, rater=filled.raters[0])
    page = seat.go(f"{filled.home}/rate/{people[2]}")
    before = len(own(filled))
    page.route("**/rate/*", lambda route: route.abort())
    page.keyboard.press("2")
    page.wait_for_selector("[data-state][data-bad]")
    page.close(run_before_unload=False)
    later = seat.context.new_page()
    later.goto(f"{address}{filled.home}/rate/{people[3]}")  # another candidate's page sends it
    until(later, filled, before + 1)
    assert own(filled)[people[2], filled.targets[0].name] == 2.0


def test_who_signs_in_again_loses_nothing(chromium, filled: Bench, address: str) -> None:
    seat = rater(chromium, filled, address)
    person = own_order(filled.candidates, rater=filled.raters[0])[4]
    page = seat.go(f"{filled.home}/rate/{person}")
    before = len(own(filled))
    seat.context.clear_cookies()
    page.keyboard.press("4")
    page.wait_for_selector("[data-state][data-bad]")
    assert "signed out" in page.inner_text("[data-state]")
    value = next(iter(filled.browser(0).cookies.jar)).value
    name = cookie_name(filled.tested.studio.settings)
    seat.context.add_cookies([{"name": name, "value": value, "url": address}])
    until(page, filled, before + 1)


def test_a_page_without_script_is_a_form(chromium, filled: Bench, address: str) -> None:
    seat = rater(chromium, filled, address, java_script_enabled=False)
    person = own_order(filled.candidates, rater=filled.raters[0])[5]
    page = seat.go(f"{filled.home}/rate/{person}")
    for target in filled.targets:
        page.check(f"[name='value-{target.name}'][value='3']")
    page.click("text=Keep these ratings")
    assert page.url.endswith("/rate")
    assert [own(filled)[person, one.name] for one in filled.targets] == [3.0] * 3

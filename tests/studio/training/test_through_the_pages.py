"""From an empty project to a scored candidate whose evidence plays, in a real browser.

A real studio with its worker trains with its defaults on six people: enough to run, and too few to
say anything, which the pages have to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.media import write_interviews
from tests.factories.running_studio import Person, RunningStudio, team

pytestmark = pytest.mark.slow
PATIENCE_MS = 300_000  # for jobs, where other tests have the machine
PEOPLE = ("ann", "ben", "cleo", "dan", "eve", "finn")


@pytest.fixture(scope="module")
def interviews(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_interviews(tmp_path_factory.mktemp("interviews"), PEOPLE)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    with RunningStudio(tmp_path_factory.mktemp("studio") / "home") as running:
        yield running


def seated(chromium, studio: RunningStudio, person: Person):
    """A page of a browser in which somebody is signed in."""
    context = chromium.new_context(base_url=studio.address)
    context.set_default_timeout(PATIENCE_MS)
    cookies = [
        {"name": c.name, "value": c.value, "url": studio.address} for c in person.http.cookies.jar
    ]
    context.add_cookies(cookies)
    return context.new_page()


def test_from_an_empty_project_to_evidence_that_plays(chromium, studio, interviews) -> None:
    project, psychologist, raters = team(studio)
    page = seated(chromium, studio, psychologist)
    page.goto(f"{project}/recordings")
    page.set_input_files("#pick-files", interviews)
    page.wait_for_selector("text=6 people")

    page.goto(f"{project}/targets")
    for name, text in {
        "label-0": "Warmth", "low_pole-0": "none of it", "high_pole-0": "much of it",
        "anchor-0-1": "speaks of things alone", "anchor-0-5": "asks what others think",
    }.items():  # fmt: skip
        page.fill(f"[name='{name}']", text)
    page.click("form.editor button")

    for number, rater in enumerate(raters):
        bench = seated(chromium, studio, rater)
        bench.goto(f"{project}/rate")
        bench.get_by_role("link", name="Begin").click()
        for n in range(len(PEOPLE)):
            bench.wait_for_selector("form[data-live]")
            bench.keyboard.press(str(1 + (n + number) % 5))
            bench.wait_for_function(
                "() => document.querySelector('[data-state]').textContent.includes('kept')"
            )
            following = bench.query_selector("[data-next]")
            if following:
                following.click()
        bench.context.close()

    page.goto(f"{project}/training")
    said = page.inner_text("main")
    assert "6 of 6 people with a recording are rated" in said
    assert "Very few people" in said
    page.click("text=Train on these ratings")
    page.wait_for_selector("svg.curve")
    assert "of 15 folds" in page.inner_text("#live")
    page.wait_for_selector("text=It is done.")
    page.wait_for_selector("text=Judge it")
    said = page.inner_text("main")
    assert "After 15 of 15 folds" in said
    assert "A baseline may do as well." in said
    assert "6 people were measured" in said
    run = page.url
    page.click("text=Open the report")
    report = page.inner_text("body")
    assert "A baseline may do as well." in report
    assert "Training run on Analysts" in report

    page.goto(run)
    page.click("text=Use this model in this project")
    page.goto(f"{project}/model")
    assert page.is_checked("[name='model']")
    page.goto(f"{project}/recordings")
    page.click("text=Make scores")
    page.wait_for_selector("text=done >> nth=1")
    page.goto(f"{project}/results")
    page.click("main a >> nth=0")
    said = page.inner_text("main")
    assert "6 candidates" in said
    assert "learned from ratings of 6 of these people" in said
    page.click("text=ann")
    assert "The model learned from ratings of this person" in page.inner_text("main")
    page.wait_for_function("() => document.querySelector('video').readyState >= 1")
    page.click(".panel[open] .words a[data-t='1.0']")
    page.wait_for_function("() => document.querySelector('video').currentTime > 1.2")
    page.context.close()

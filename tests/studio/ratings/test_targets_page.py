"""The editor of targets, as a psychologist uses it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.factories.benches import Bench, bench
from tests.factories.studios import TestedStudio
from trifold.studio.database.projects import Project
from trifold.studio.ratings.schema import targets_of
from trifold.studio.ratings.starting_sets import starting_set


def fields(one, number: int = 0) -> dict[str, str]:
    """What the editor sends of a target."""
    found = {f"{end}-{number}": getattr(one, end) for end in ("name", "label", "low", "high")}
    found |= {f"{end}-{number}": getattr(one, end) for end in ("low_pole", "high_pole")}
    found |= {f"anchor-{number}-{level}": one.anchors.get(level, "") for level in one.levels}
    return {name: str(text) for name, text in found.items()}


def targets(one: Bench):
    with one.tested.studio.database.reading() as session:
        return targets_of(session.get_one(Project, one.project).targets)


@pytest.fixture
def empty(sqlite_studio: TestedStudio, recording) -> Bench:
    return bench(sqlite_studio, recording, candidates=1, raters=1, targets=())


def test_what_the_editor_sends_is_kept_and_shown(empty: Bench) -> None:
    browser, big_five = empty.tested.browser("psychologist"), starting_set("big_five")
    sent = {}
    for number, one in enumerate(big_five[:2]):
        sent |= fields(one, number) | {f"name-{number}": ""}
    answer = browser.send_form(f"{empty.home}/targets", sent)
    assert answer.status_code == 303
    assert targets(empty) == big_five[:2]
    assert big_five[0].anchors[7] in browser.look(f"{empty.home}/targets").text


def test_a_set_is_added_once(empty: Bench) -> None:
    browser = empty.tested.browser("psychologist")
    for _ in range(2):
        browser.send_form(f"{empty.home}/targets/add", {"set": "interview"})
    assert targets(empty) == starting_set("interview")


def test_a_set_is_in_the_language_of_who_adds_it_and_stays_in_it(empty: Bench) -> None:
    browser = empty.tested.browser("psychologist")
    browser.headers["accept-language"] = "de"
    browser.send_form(f"{empty.home}/targets/add", {"set": "big_five"})
    german = starting_set("big_five", "de")
    assert targets(empty) == german != starting_set("big_five")
    browser.headers["accept-language"] = "en"
    assert german[2].anchors[7] in browser.look(f"{empty.home}/targets").text
    browser.send_form(f"{empty.home}/targets/add", {"set": "big_five"})
    assert targets(empty) == german


def test_what_is_refused_is_said_and_nothing_typed_is_lost(empty: Bench) -> None:
    browser = empty.tested.browser("psychologist")
    sent = fields(starting_set("interview")[0]) | {"name-0": "", "label-0": "Hireability"}
    answer = browser.send_form(f"{empty.home}/targets", sent)
    assert answer.status_code == 422
    assert "a verdict" in answer.text
    assert "Hireability" in answer.text
    assert sent["anchor-0-5"] in answer.text
    assert targets(empty) == ()


def test_a_behaviour_may_be_typed_over_several_lines(empty: Bench) -> None:
    typed = {"name-0": "", "anchor-0-5": "asks what others think,\r\n  and listens "}
    sent = fields(starting_set("interview")[0]) | typed
    browser = empty.tested.browser("psychologist")
    assert browser.send_form(f"{empty.home}/targets", sent).status_code == 303
    assert targets(empty)[0].anchors[5] == "asks what others think, and listens"


@pytest.mark.parametrize(("field", "text"), [("low-0", "one"), ("low-0", "²"), ("high-0", "-3"),
                                            ("high-0", "9" * 9), ("high-0", "9" * 30)])  # fmt: skip
def test_ends_that_are_no_whole_numbers_are_refused(empty: Bench, field: str, text: str) -> None:
    browser = empty.tested.browser("psychologist")
    sent = fields(starting_set("interview")[0]) | {field: text}
    answer = browser.send_form(f"{empty.home}/targets", sent)
    assert answer.status_code == 422
    assert "a whole number as an end of the scale" in answer.text


def test_a_rated_target_stays_and_the_page_says_why(sqlite_studio, recording) -> None:
    one = bench(sqlite_studio, recording, candidates=1, raters=1)
    one.rate(np.full((1, 1, 1), 3.0))
    browser = sqlite_studio.browser("psychologist")
    sent = {}
    for number, target in enumerate(one.targets):
        sent |= fields(target, number)
    assert browser.send_form(f"{one.home}/targets", sent).status_code == 303
    answer = browser.send_form(f"{one.home}/targets", sent | {"high_pole-0": "saintly"})
    assert answer.status_code == 422
    assert "which has 1 ratings and changes" in answer.text
    answer = browser.send_form(f"{one.home}/targets", sent | {"remove-0": "on"})
    assert "which has 1 ratings and goes" in answer.text
    assert browser.send_form(f"{one.home}/targets", sent | {"remove-1": "on"}).status_code == 303
    assert targets(one) == (one.targets[0], one.targets[2])


@pytest.mark.parametrize("role", ["rater", "recruiter"])
def test_only_who_makes_projects_changes_targets(rated: Bench, role: str) -> None:
    browser = rated.tested.browser(role)
    assert browser.send_form(f"{rated.home}/targets", {}).status_code == 403


def test_another_way_to_rate_leads_raters_to_pairs(sqlite_studio, recording) -> None:
    one = bench(sqlite_studio, recording, candidates=2, raters=1)
    psychologist = sqlite_studio.browser("psychologist")
    psychologist.send_form(f"{one.home}/rating-settings", {"mode": "pairs"})
    answer = one.browser(0).look(f"{one.home}/rate")
    assert answer.headers["location"] == f"{one.home}/compare"
    refused = psychologist.send_form(f"{one.home}/rating-settings", {"mode": "ranks"})
    assert refused.status_code == 422

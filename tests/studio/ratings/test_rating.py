"""Raters at work: nothing is lost or doubled, and nobody sees what others gave."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest
from sqlalchemy import select

from tests.factories.benches import Bench, bench
from tests.factories.studios import TestedStudio, served
from trifold.studio.database.projects import Project
from trifold.studio.database.ratings import Rating
from trifold.studio.ratings import keeping
from trifold.studio.ratings.order import own_order
from trifold.studio.ratings.pages import rating
from trifold.studio.ratings.starting_sets import starting_set
from trifold.studio.web.forms import TOKEN_HEADER, cookie_name

JSON = {"accept": "application/json"}


def kept(one: Bench) -> dict[tuple[str, str, str], float | None]:
    """Everything that is kept of a project: rater, candidate and target to value."""
    with one.tested.studio.database.reading() as session:
        rows = session.scalars(select(Rating).where(Rating.project_id == one.project))
        return {(row.account_id, row.candidate_id, row.target): row.value for row in rows}


def send(browser, one: Bench, candidate: str, **values: str):
    data = {f"value-{name}" if name != "at" else name: text for name, text in values.items()}
    headers = {**JSON, TOKEN_HEADER: browser.form_token}
    return browser.post(f"{one.home}/rate/{candidate}", data=data, headers=headers)


def test_twenty_raters_at_once_lose_nothing(studio: TestedStudio, recording: Path) -> None:
    one = bench(studio, recording, candidates=1, raters=20, targets=starting_set("interview")[:2])
    values = np.random.default_rng(0).integers(1, 6, (20, 1, 2))
    browsers = [one.browser(r) for r in range(20)]
    with served(studio.studio) as address:

        def work(r: int) -> None:
            cookies = {
                cookie_name(studio.studio.settings): next(iter(browsers[r].cookies.jar)).value
            }
            headers = {**JSON, TOKEN_HEADER: browsers[r].form_token}
            with httpx.Client(base_url=address, cookies=cookies, timeout=60) as client:
                for c, person in enumerate(one.candidates):
                    for t, target in enumerate(one.targets):
                        data = {f"value-{target.name}": str(values[r, c, t])}
                        for _ in range(1 + (r + t) % 2):  # some go twice, as after a cut
                            path = f"{one.home}/rate/{person}"
                            assert client.post(path, data=data, headers=headers).status_code == 200

        with ThreadPoolExecutor(20) as pool:
            list(pool.map(work, range(20)))
    found = kept(one)
    assert len(found) == values.size
    for (r, c, t), value in np.ndenumerate(values):
        assert found[one.raters[r], one.candidates[c], one.targets[t].name] == value


def test_sent_again_a_rating_changes_nothing_and_a_late_one_neither(
    studio: TestedStudio, recording: Path
) -> None:
    one = bench(studio, recording, candidates=1, raters=1)
    browser, person, name = one.browser(0), one.candidates[0], one.targets[0].name
    at = keeping.now_ms() - 5000
    for moment, text in [(at, "2"), (at + 10, "4"), (at + 10, "4"), (at, "2")]:
        answer = send(browser, one, person, **{name: text}, at=str(moment))
        assert answer.json() == {"kept": [name]}
    assert kept(one) == {(one.raters[0], person, name): 4.0}
    send(browser, one, person, **{name: "?"}, at=str(at + 10**9))  # a clock that is ahead
    assert kept(one) == {(one.raters[0], person, name): None}
    send(browser, one, person, **{name: "1"})
    assert kept(one) == {(one.raters[0], person, name): 1.0}


@pytest.mark.parametrize("text", ["0", "6", "2.5", "", "NaN", "drop table", "1e0", "٣"])
def test_what_is_no_level_is_refused(rated: Bench, text: str) -> None:
    browser = rated.browser(0)
    before = kept(rated)
    answer = send(browser, rated, rated.candidates[0], integrity=text)
    assert answer.status_code == 422
    assert "a whole number from 1 to 5 for 'Integrity'" in answer.json()["error"]
    assert kept(rated) == before


@pytest.mark.parametrize("values", [{}, {"unheard_of": "3"}, {"integrity": "3", "at": "soon"}])
def test_forms_that_mean_nothing_are_refused(rated: Bench, values) -> None:
    assert send(rated.browser(0), rated, rated.candidates[0], **values).status_code == 422


def test_candidates_of_other_projects_are_nobodys(rated: Bench) -> None:
    browser, stranger = rated.browser(0), rated.tested.stranger
    assert browser.look(f"{rated.home}/rate/{stranger}").status_code == 422
    assert send(browser, rated, stranger, integrity="3").status_code == 422
    assert browser.look(f"/projects/{rated.tested.elsewhere}/rate").status_code == 404


def test_a_form_without_script_keeps_all_that_it_sends(rated: Bench) -> None:
    browser, person = rated.browser(1), rated.candidates[1]
    values = {f"value-{one.name}": "3" for one in rated.targets}
    answer = browser.send_form(f"{rated.home}/rate/{person}", values)
    assert answer.headers["location"] == f"{rated.home}/rate"
    page = browser.look(f"{rated.home}/rate/{person}").text
    assert len(re.findall(r'value="3" checked', page)) == 3
    assert "1 of 4 candidates rated" in page


def test_the_order_is_the_raters_own_and_covers_everybody_once(rated: Bench) -> None:
    for number, rater in enumerate(rated.raters):
        page = rated.browser(number).look(f"{rated.home}/rate").text
        found = re.findall(r"/rate/([\w-]+)\">", page.split("<ol")[1])
        assert found == own_order(rated.candidates, rater=rater)


def test_pages_of_a_long_list_hold_everybody_once(rated: Bench, monkeypatch) -> None:
    monkeypatch.setattr(rating, "PER_PAGE", 2)
    browser, seen = rated.browser(0), list[str]()
    pages = -(-len(rated.candidates) // 2)
    for page in range(1, pages + 1):
        text = browser.look(f"{rated.home}/rate?page={page}").text
        assert f"Page {page} of {pages}" in text
        seen += re.findall(r'<li><a href="[^"]*/rate/([\w-]+)"', text)
    assert sorted(seen) == sorted(rated.candidates)
    beyond = browser.look(f"{rated.home}/rate?page=99").text  # the last where there is none
    each_has_its_own = r'name="once" value="[^"]*"'  # of forms, so that none is sent twice
    assert re.sub(each_has_its_own, "", beyond) == re.sub(each_has_its_own, "", text)


def test_a_raters_pages_hold_no_names_scores_or_values_of_others(
    sqlite_studio: TestedStudio, recording: Path
) -> None:
    one = bench(sqlite_studio, recording, candidates=3, raters=3)
    others = np.full((2, 3, 3), 5.0)
    one.rate(others, raters=[1, 2])
    browser = one.browser(0)
    seen, waiting = {}, ["/", one.home, f"{one.home}/rate"]
    while waiting:
        path = waiting.pop()
        answer = browser.get(path)
        seen[path] = answer
        if "text/html" in answer.headers["content-type"]:
            links = re.findall(r'(?:href|src|action|data-address)="(/[^"]*)"', answer.text)
            waiting += [
                link
                for link in links
                if link not in seen
                and link not in waiting
                and not link.startswith(("/static", "/sign-out"))
            ]
    assert len([path for path in seen if "/rate/" in path]) >= 6
    for path, answer in seen.items():
        told = f"{answer.headers} " + ("" if "media" in path else answer.text)
        assert "Secretname" not in told, path
        assert "Rater Number01" not in told, path
        assert "Rater Number02" not in told, path
        assert not re.search(r'type="radio"[^>]*checked', told), path
        assert f"/{one.project}/agreement" not in told, path


@pytest.mark.parametrize("page", ["agreement", "agreement/ratings.csv", "targets", "training"])
def test_raters_get_to_no_page_of_results(rated: Bench, page: str) -> None:
    assert rated.browser(0).look(f"{rated.home}/{page}").status_code == 403


def test_names_are_shown_where_the_project_says_so(
    sqlite_studio: TestedStudio, recording: Path
) -> None:
    one = bench(sqlite_studio, recording, candidates=1, raters=1)
    path = f"{one.home}/rate/{one.candidates[0]}"
    assert "Secretname" not in one.browser(0).look(path).text
    with sqlite_studio.studio.database.writing() as session:
        session.get_one(Project, one.project).rating = {"mode": "ratings", "show_names": True}
    assert "Secretname-000" in one.browser(0).look(path).text


def test_a_recording_comes_by_range_under_no_name(rated: Bench) -> None:
    path = f"{rated.home}/rate/media/{rated.recordings[0]}"
    browser = rated.browser(0)
    whole = browser.get(path)
    part = browser.get(path, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert "content-disposition" not in whole.headers


def test_the_page_shows_what_was_said_and_when(rated: Bench) -> None:
    page = rated.browser(0).look(f"{rated.home}/rate/{rated.candidates[0]}").text
    assert "I plan every step." in page
    assert 'data-at="1.5"' in page

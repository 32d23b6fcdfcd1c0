"""Comparisons: which pair comes next, what is kept, and how many more it takes."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tests.factories.benches import Bench, bench
from tests.factories.studios import TestedStudio
from trifold.corpora.readers.manifest import read_manifest
from trifold.paired_comparisons.diagnostics.reliability import comparisons_needed, spearman_brown
from trifold.paired_comparisons.io.reading import read_comparisons
from trifold.studio.database.projects import Project
from trifold.studio.ratings import keeping
from trifold.studio.ratings.export import comparisons_table, write_manifest
from trifold.studio.ratings.pairs import judged, next_pair, reliabilities
from trifold.tables.writing import write_csv


def pairs(one: Bench):
    with one.tested.studio.database.reading() as session:
        return judged(session, one.project, one.targets)


def judge(one: Bench, rater: int, *, strength: dict[str, float], most: int = 1000) -> list:
    """Let a rater judge pair after pair by strength, as they are chosen; gives the pairs."""
    seen = []
    while len(seen) < most and (pair := next_pair(pairs(one), rater=one.raters[rater])):
        left, right = (strength[recording] for recording in pair)
        choice = "left" if left > right else "right"
        with one.tested.studio.database.writing() as session:
            project = session.get_one(Project, one.project)
            for target in one.targets:
                keeping.keep_choice(
                    session,
                    project=project,
                    pair=pair,
                    rater=one.raters[rater],
                    target=target,
                    choice=choice,
                    at_ms=keeping.now_ms(),
                )
        seen.append(pair)
    return seen


@pytest.fixture(scope="module")
def compared(sqlite_studio: TestedStudio, recording: Path) -> Bench:
    one = bench(sqlite_studio, recording, candidates=5, raters=2, mode="pairs")
    strength = {name: float(n) for n, name in enumerate(one.recordings)}
    judge(one, 0, strength=strength)
    judge(one, 1, strength=strength, most=6)
    return one


def test_a_rater_sees_every_pair_once_and_then_no_more(compared: Bench) -> None:
    own = pairs(compared).pairs[compared.raters[0]]
    assert len(own) == 10
    assert {frozenset(pair) for pair in own} == {frozenset(p) for p in combinations(range(5), 2)}
    page = compared.browser(0).look(f"{compared.home}/compare").text
    assert "There is no pair that you have not compared" in page


def test_answers_of_one_person_are_not_compared(sqlite_studio, recording) -> None:
    one = bench(sqlite_studio, recording, candidates=3, raters=1, mode="pairs")
    found = pairs(one)
    same = type(found)(found.data, (found.people[0],) * 3, found.pairs)
    assert next_pair(found, rater=one.raters[0]) is not None
    assert next_pair(same, rater=one.raters[0]) is None


def test_raters_at_once_get_different_pairs(sqlite_studio, recording) -> None:
    one = bench(sqlite_studio, recording, candidates=8, raters=1, mode="pairs")
    found = pairs(one)
    assert len({next_pair(found, rater=f"r{n}") for n in range(20)}) > 5


def test_choices_are_kept_once_in_the_order_in_which_they_were_made(
    studio: TestedStudio, recording: Path
) -> None:
    one = bench(studio, recording, candidates=2, raters=1, mode="pairs")
    browser, (left, right) = one.browser(0), one.recordings
    address, at = f"{one.home}/compare/{left}/{right}", keeping.now_ms() - 1000
    for moment, choice in [(at, "left"), (at + 5, "none"), (at + 5, "none"), (at, "left")]:
        values = {"value-integrity": choice, "at": str(moment)}
        assert browser.send_form(address, values).status_code == 303
    found = pairs(one)
    assert len(found.data) == 0
    assert len(found.pairs[one.raters[0]]) == 1
    assert 'value="none" data-key="?" checked' in browser.look(address).text


@pytest.mark.parametrize("choice", ["middle", "", "LEFT"])
def test_other_choices_are_refused(compared: Bench, choice: str) -> None:
    address = f"{compared.home}/compare/{compared.recordings[0]}/{compared.recordings[1]}"
    answer = compared.browser(0).send_form(address, {"value-integrity": choice})
    assert answer.status_code == 422
    same = f"{compared.home}/compare/{compared.recordings[0]}/{compared.recordings[0]}"
    answer = compared.browser(0).send_form(same, {"value-integrity": "left"})
    assert "answers of two candidates to one question" in answer.text


def test_pages_of_pairs_hold_no_names(compared: Bench) -> None:
    address = f"{compared.home}/compare/{compared.recordings[0]}/{compared.recordings[1]}"
    page = compared.browser(1).look(address)
    assert page.status_code == 200
    assert "Secretname" not in page.text


def test_the_exported_comparisons_are_what_the_command_reads(compared: Bench, tmp_path) -> None:
    manifest = write_manifest(compared.tested.studio, compared.project, tmp_path)
    with compared.tested.studio.database.reading() as session:
        write_csv(comparisons_table(session, compared.project), tmp_path / "comparisons.csv")
    read = read_comparisons(tmp_path / "comparisons.csv").data
    assert len(read) == 3 * 16
    corpus = read_manifest(manifest, tmp_path / "schema.yaml")
    order = sorted(corpus.labels, key=lambda one: corpus.labels[one][0])
    assert order == [f"Secretname-{n:03}" for n in range(5)]


def test_the_page_says_how_many_more_comparisons_it_takes(compared: Bench) -> None:
    found = reliabilities(pairs(compared).data, 0.9)["integrity"]
    page = compared.tested.browser("psychologist").look(f"{compared.home}/agreement?wanted=0.9")
    assert found.given == 16
    assert 0 < found.reliability < 1
    assert "from 16 comparisons" in page.text


@pytest.mark.parametrize("reliability", [0.2, 0.5, 0.79])
@pytest.mark.parametrize("wanted", [0.8, 0.9])
def test_comparisons_needed_invert_spearman_and_brown(reliability: float, wanted: float) -> None:
    needed = comparisons_needed(reliability, 30, wanted) / 30
    assert needed * reliability / (1 + (needed - 1) * reliability) == pytest.approx(wanted)
    doubled = float(spearman_brown(np.array(reliability)))
    assert comparisons_needed(reliability, 30, doubled) == pytest.approx(60)
    assert comparisons_needed(0.0, 30, wanted) == float("inf")
    assert comparisons_needed(1.0, 30, wanted) == 0

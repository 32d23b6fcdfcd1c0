"""Comparisons: which pair comes next, what is kept, and how many more it takes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tests.factories.benches import Bench, bench
from tests.factories.studios import TestedStudio
from trifold.corpora.readers.manifest import read_manifest
from trifold.paired_comparisons.diagnostics.active import next_pairs
from trifold.paired_comparisons.diagnostics.reliability import comparisons_needed, spearman_brown
from trifold.paired_comparisons.io.reading import read_comparisons
from trifold.paired_comparisons.model.comparisons import Comparisons, degrees
from trifold.paired_comparisons.model.likelihood import no_effects
from trifold.studio.database.projects import Project
from trifold.studio.ratings import choosing, keeping
from trifold.studio.ratings.choosing import next_pair
from trifold.studio.ratings.export import comparisons_table, write_manifest
from trifold.studio.ratings.pair_reliability import reliabilities
from trifold.studio.ratings.pairs import Judged, judged, scores_of
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


def drawn(seed: int, *, clips: int, questions: int, judged: int) -> Judged:
    """Comparisons of clips by one rater on two targets; every third person answered twice."""
    generator = np.random.default_rng(seed)
    question = np.arange(clips) % questions
    pairs = [sorted(generator.choice(np.flatnonzero(question == q), 2, replace=False).tolist())
             for q in generator.integers(0, questions, judged)]  # fmt: skip
    left, right = np.repeat(np.array(pairs, dtype=np.int64).reshape(-1, 2), 2, axis=0).T
    rows, names = len(left), tuple(f"c{n}" for n in range(clips))
    data = Comparisons(
        left, right, np.tile([0, 1], judged), generator.integers(0, 2, rows).astype(float),
        np.zeros(rows, dtype=np.int64), np.ones(rows), question, names,
        tuple(f"q{n}" for n in range(questions)), ("a", "b"), ("r",),
    )  # fmt: skip
    people = tuple(f"p{n // questions // 3 if n // questions % 3 else n}" for n in range(clips))
    return Judged(data, people, {"r": {tuple(pair) for pair in pairs}})


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("clips", "questions", "judged"), [
    (12, 2, 0), (40, 1, 30), (60, 3, 200), (choosing.LARGEST, 5, 300),
])  # fmt: skip
def test_of_few_answers_the_choice_is_among_the_best_of_all_pairs(
    seed: int, clips: int, questions: int, judged: int
) -> None:
    found = drawn(seed, clips=clips, questions=questions, judged=judged)
    alone = [(a, b) for a, b in combinations(range(clips), 2) if found.people[a] == found.people[b]]
    draw = int.from_bytes(hashlib.sha256(f"r\0{len(found.pairs['r'])}".encode()).digest()[:4])
    scores, effects = scores_of(found.data), no_effects(found.data)
    best = next_pairs(found.data, scores, effects, count=8, seed=draw, largest=150,
                      closed=[*found.pairs["r"], *alone])  # fmt: skip
    one = best[draw % len(best)]
    names = found.data.clips
    assert next_pair(found, rater="r") == (names[one.left], names[one.right])


@pytest.mark.parametrize(("clips", "questions", "judged"), [(900, 3, 500), (400, 1, 0),
                                                            (1200, 300, 900)])  # fmt: skip
def test_of_many_answers_the_pair_is_open_and_of_those_compared_least(
    clips: int, questions: int, judged: int
) -> None:
    found = drawn(7, clips=clips, questions=questions, judged=judged)
    left, right = (int(name[1:]) for name in next_pair(found, rater="r"))
    question, met = found.data.question, degrees(found.data).sum(axis=1)
    assert question[left] == question[right]
    assert found.people[left] != found.people[right]
    assert tuple(sorted((left, right))) not in found.pairs["r"]
    means = [met[question == q].mean() for q in range(questions)]
    assert means[question[left]] <= np.median(means)
    assert met[[left, right]].max() <= np.median(met[question == question[left]])


def test_of_many_answers_too_a_rater_sees_every_pair_once_and_then_no_more() -> None:
    found = drawn(0, clips=160, questions=80, judged=0)  # two answers to a question
    found = replace(found, people=tuple(map(str, range(160))))
    seen = found.pairs["r"]
    seen |= {(q, q + 80) for q in range(80) if q not in (2, 31, 77)}
    while pair := next_pair(found, rater="r"):
        one = tuple(sorted(int(name[1:]) for name in pair))
        assert one not in seen
        seen.add(one)
    assert len(seen) == 80


def test_the_last_open_pair_of_a_large_question_is_found() -> None:
    found = drawn(0, clips=152, questions=1, judged=0)
    pairs = set(combinations(range(152), 2)) - {(3, 151)}
    only = replace(found, pairs={"r": pairs}, people=tuple(map(str, range(152))))
    assert set(next_pair(only, rater="r")) == {"c3", "c151"}


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

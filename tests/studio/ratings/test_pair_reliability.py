"""Figures of comparisons that are kept are those that are found anew, whatever changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, insert, select, update

from tests.factories.benches import Bench, bench
from tests.factories.studios import TestedStudio
from trifold.paired_comparisons.diagnostics.reliability import separation
from trifold.paired_comparisons.model.comparisons import TIE, subset
from trifold.paired_comparisons.model.likelihood import no_effects
from trifold.paired_comparisons.model.uncertainty import ridge_uncertainty
from trifold.studio.database.base import new_id
from trifold.studio.database.projects import Project, Recording
from trifold.studio.database.ratings import Comparison
from trifold.studio.ratings import pair_reliability
from trifold.studio.ratings.choosing import next_pair
from trifold.studio.ratings.pair_reliability import reliabilities
from trifold.studio.ratings.pairs import OUTCOMES, Judged, judged, scores_of

PEOPLE, OTHERS = 14, 7  # of whom the latter answered another question


@pytest.fixture
def compared(studio: TestedStudio, recording: Path) -> Bench:
    """Two questions, of each of which all pairs were judged on three targets, without a tie."""
    one = bench(studio, recording, candidates=PEOPLE, raters=2, mode="pairs")
    generator = np.random.default_rng(0)
    rows = [
        {"id": new_id(), "project_id": one.project, "account_id": one.raters[0], "left_id": left,
         "right_id": right, "target": target.name, "at_ms": 0,
         "choice": "left" if generator.random() < 0.8 else "right"}
        for half in (one.recordings[:OTHERS], one.recordings[OTHERS:])
        for left, right in combinations(half, 2) for target in one.targets
    ]  # fmt: skip
    with studio.studio.database.writing() as session:
        others = Recording.id.in_(one.recordings[:OTHERS])
        session.execute(update(Recording).where(others).values(question="What did you learn?"))
        session.execute(insert(Comparison), rows)
    return one


def pairs(one: Bench) -> Judged:
    with one.tested.studio.database.reading() as session:
        targets = session.get_one(Project, one.project).targets
        named = [target for target in one.targets if target.name in {t["name"] for t in targets}]
        return judged(session, one.project, named)


def page(one: Bench) -> str:
    """Of agreement, but for tokens of forms."""
    browser = one.tested.browser("psychologist")
    return re.sub(r'value="[^"]*"', "", browser.look(f"{one.home}/agreement?wanted=0.9").text)


def changes(one: Bench) -> Iterator[tuple[str, Any]]:
    """Words for it, and a statement that changes what was compared or what of."""
    mine = Comparison.project_id == one.project
    pair = mine & (Comparison.left_id == one.recordings[0])
    pair &= Comparison.right_id == one.recordings[1]
    first = Recording.id == one.recordings[0]
    yield "another choice", update(Comparison).where(pair).values(choice="left")
    yield "a choice back", update(Comparison).where(pair).values(choice="right")
    yield "a tie", update(Comparison).where(pair).values(choice="tie")
    yield "cannot tell", update(Comparison).where(pair).values(choice="none")
    yield "by another", update(Comparison).where(pair).values(account_id=one.raters[1])
    yield "other question", update(Recording).where(first).values(question="What then?")
    yield (
        "its question again",
        update(Recording).where(first).values(question="What did you learn?"),
    )
    yield "left out", update(Recording).where(first).values(left_out="too long")
    yield "nobody's", update(Recording).where(
        Recording.id == one.recordings[1]
    ).values(candidate_id=None)  # fmt: skip
    yield "gone", delete(Recording).where(Recording.id == one.recordings[2])
    fewer = [target.as_json() for target in one.targets[1:]]
    yield "a target less", update(Project).where(Project.id == one.project).values(targets=fewer)
    yield "nothing", delete(Comparison).where(mine)


def test_whatever_changes_the_page_is_the_one_that_is_found_anew(
    compared: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = pair_reliability._KEPT
    seen = [page(compared)]
    for what, statement in changes(compared):
        with compared.tested.studio.database.writing() as session:
            session.execute(statement)
        seen.append(page(compared))
        monkeypatch.setattr(pair_reliability, "_KEPT", pair_reliability._Kept(64))
        assert page(compared) == seen[-1], what
        monkeypatch.setattr(pair_reliability, "_KEPT", kept)
    assert "from 42 comparisons" in seen[0]
    assert "from 41 comparisons" in seen[4]  # who could not tell did not judge
    assert len(set(seen)) > 7


@pytest.mark.parametrize("ties", [0, 1, 2, 5, 20, 40])
def test_figures_of_questions_put_together_are_those_of_all_at_once(
    compared: Bench, ties: int
) -> None:
    data = pairs(compared).data
    data.outcome[:: 41 - ties] = TIE if ties else data.outcome[::41]
    effects, scores = no_effects(data), scores_of(data)
    assert effects.tie_weight.any() == (ties > 0)
    whole = separation(scores, ridge_uncertainty(data, scores, effects).sampling)
    ours = [one.reliability for one in reliabilities(data, 0.9).values()]
    np.testing.assert_allclose(ours, whole, atol=2e-4)


def test_a_tie_changes_little_of_what_was_found_of_other_questions(
    compared: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its weight is that of all questions, and few ties move it past a weight of the grid."""
    monkeypatch.setattr(pair_reliability, "_KEPT", pair_reliability._Kept(1000))
    data = pairs(compared).data
    data = subset(data, np.tile(np.arange(len(data)), 40))  # as many as a study has
    data.outcome[::10] = TIE
    new = []
    for n in range(1, 40, 3):
        before = len(pair_reliability._KEPT._found)
        data.outcome[n] = TIE
        reliabilities(data, 0.9)
        new.append(len(pair_reliability._KEPT._found) - before)
    assert new[0] == 12  # two questions, three targets, two weights
    assert np.median(new[1:]) == 2  # its question and target


def test_a_judgement_changes_what_was_found_of_its_question_on_its_target(
    compared: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair_reliability, "_KEPT", pair_reliability._Kept(64))
    data = pairs(compared).data
    first = reliabilities(data, 0.9)
    assert len(pair_reliability._KEPT._found) == 6  # two questions on three targets
    assert reliabilities(pairs(compared).data, 0.7).keys() == first.keys()
    assert len(pair_reliability._KEPT._found) == 6
    data.outcome[0] = 1 - data.outcome[0]
    reliabilities(data, 0.9)
    assert len(pair_reliability._KEPT._found) == 7


def test_what_is_kept_is_found_once_and_the_oldest_is_forgotten() -> None:
    kept, asked = pair_reliability._Kept(2), []

    def found(name: bytes) -> None:
        kept.of(name, lambda: asked.append(name) or (1.0, 2.0))

    for name in (b"a", b"b", b"a", b"c", b"a", b"b"):
        found(name)
    assert asked == [b"a", b"b", b"c", b"b"]


def test_what_is_read_in_groups_is_every_row(compared: Bench) -> None:
    generator = np.random.default_rng(1)
    choices, first = [*OUTCOMES, "none"], compared.targets[0].name
    database = compared.tested.studio.database
    with database.writing() as session:
        mine = select(Comparison).where(Comparison.project_id == compared.project)
        for one in list(session.scalars(mine)):
            one.choice = choices[int(generator.integers(4))]
            one.account_id = compared.raters[int(generator.random() < 0.2)]
            one.target = (
                "bygone" if one.target == first and generator.random() < 0.2 else one.target
            )
        session.get_one(Recording, compared.recordings[3]).state = "unusable"
    with database.reading() as session:
        there = [
            one
            for one in session.scalars(mine)
            if compared.recordings[3] not in (one.left_id, one.right_id)
        ]
        told = sorted((one.account_id, one.left_id, one.right_id, one.target, OUTCOMES[one.choice])
                      for one in there
                      if one.choice != "none" and one.target != "bygone")  # fmt: skip
        shown = {rater: {(one.left_id, one.right_id) for one in there if one.account_id == rater}
                 for rater in compared.raters}  # fmt: skip
    found = pairs(compared)
    data, clips = found.data, found.data.clips
    columns = (data.rater, data.left, data.right, data.dimension, data.outcome)
    read = [(data.raters[r], clips[a], clips[b], data.dimensions[k], float(y))
            for r, a, b, k, y in zip(*columns, strict=True)]  # fmt: skip
    assert sorted(read) == told
    named = {r: {(clips[a], clips[b]) for a, b in of} for r, of in found.pairs.items()}
    assert named == shown


def test_in_whatever_order_rows_lie_the_same_is_read_and_chosen(compared: Bench) -> None:
    database, before = compared.tested.studio.database, pairs(compared)
    mine = Comparison.project_id == compared.project
    with database.writing() as session:
        columns = [one for one in Comparison.__table__.columns if one.name != "id"]
        rows = [row._asdict() for row in session.execute(select(*columns).where(mine))]
        session.execute(delete(Comparison).where(mine))
        session.execute(insert(Comparison), [{**row, "id": new_id()} for row in rows[::-1]])
    after = pairs(compared)
    for name in ("left", "right", "dimension", "outcome", "rater", "question"):
        np.testing.assert_array_equal(getattr(before.data, name), getattr(after.data, name))
    for rater in compared.raters:
        assert next_pair(before, rater=rater) == next_pair(after, rater=rater)

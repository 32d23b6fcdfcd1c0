"""What a corpus lacks is named, with how much there is and what to do, before anything is read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.degenerate_factory import corpus_of, make_people
from trifold.errors import CorpusError, InputError
from trifold.training.requirements import plan_of, require_rated, require_trainable, without_targets

DIMS = {"prosody": 2}


def corpus(n: int, *, rated: int | None = None, targets: int = 2, split=(0.6, 0.2, 0.2)):
    people = make_people(n, dims=DIMS, targets=targets)
    if rated is not None:
        people.labels[rated:, 1] = np.nan
    return corpus_of(people, split)


def test_enough_people_pass() -> None:
    require_trainable(plan_of(corpus(10)))
    require_trainable(plan_of(corpus(5), folds=5, seeds=[0, 1]))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_fewer_than_five_people_are_refused(n: int) -> None:
    with pytest.raises(CorpusError, match=f"made up: expected at least 5 rated people, got {n}"):
        require_trainable(plan_of(corpus(n), folds=2, seeds=[0]))


def test_splits_say_what_they_need_what_there_is_and_what_to_do() -> None:
    with pytest.raises(
        CorpusError,
        match=r"expected at least 3 'train', 2 'val', 1 'test' rated candidates .* "
        r"cross-validate: experiment=own_ratings, or folds=5\), got 4 'train', 1 'val', 1 'test'",
    ):
        require_trainable(plan_of(corpus(6)))


def test_every_target_that_few_rated_is_named() -> None:
    people = make_people(12, dims=DIMS, targets=3)
    people.labels[3:, 1] = np.nan
    people.labels[1:, 2] = np.nan
    with pytest.raises(
        CorpusError,
        match=r"rate more, or leave out 'drive', 'candour': leave_out=\[drive,candour\], got 3 for "
        "'drive', 1 for 'candour'",
    ):
        require_rated(plan_of(corpus_of(people)))


def test_a_target_must_be_learnable_in_every_fold() -> None:
    lacking = plan_of(corpus(40, rated=5), folds=2, seeds=range(20))
    with pytest.raises(
        CorpusError, match=r"at least 3 people to train on in fold \d of 2 with seed"
    ):
        require_trainable(lacking)
    require_trainable(plan_of(corpus(40, rated=30), folds=2, seeds=range(20)))


def test_a_target_must_be_learnable_from_the_training_split() -> None:
    whole = corpus(40)
    for candidate, row in whole.labels.items():
        row[1] = np.nan if whole.splits[candidate] == "train" else row[1]
    with pytest.raises(CorpusError, match=r"in split 'train' .*, got 0 for 'drive'"):
        require_trainable(plan_of(whole))


def test_more_folds_than_people_are_refused() -> None:
    with pytest.raises(CorpusError, match="folds from 2 to 6, as there are 6 people, got folds=10"):
        require_trainable(plan_of(corpus(6), folds=10, seeds=[0]))


def test_equal_ratings_are_refused() -> None:
    people = make_people(8, dims=DIMS)
    people.labels[:, 1] = 3.0
    with pytest.raises(
        CorpusError, match=r"ratings that differ .*, got 3 for all 8 people on 'drive'"
    ):
        require_rated(plan_of(corpus_of(people)))


def test_answers_of_one_person_are_one_person() -> None:
    whole = corpus(12)
    answers = replace(whole, clips=tuple(replace(c, person_id="ann") for c in whole.clips))
    with pytest.raises(CorpusError, match="at least 5 rated people, got 1"):
        require_rated(plan_of(answers))


def test_targets_can_be_left_out_with_those_whom_nobody_rated_otherwise() -> None:
    people = make_people(12, dims=DIMS)
    people.labels[2:, 1] = np.nan
    people.labels[1, 0] = np.nan
    kept = without_targets(corpus_of(people), ["drive"])
    assert kept.schema.names == ("warmth",)
    assert set(kept.labels) == set(kept.splits) == {c.candidate_id for c in kept.clips}
    assert len(kept.labels) == 11
    require_rated(plan_of(kept))


@pytest.mark.parametrize(("names", "got"), [(["drvie"], "'drvie'"), (["warmth", "drive"], "all")])
def test_unknown_targets_and_all_of_them_are_not_left_out(names: list[str], got: str) -> None:
    with pytest.raises(InputError, match=f"leave_out: expected targets .* warmth, drive, .*{got}"):
        without_targets(corpus(12), names)

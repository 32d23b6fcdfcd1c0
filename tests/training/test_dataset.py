"""Laws of choosing and joining rows: everything of a candidate goes along, nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.degenerate_factory import dataset_of, make_people
from trifold.errors import InputError
from trifold.training.dataset import Dataset, join, subset, with_validation, without_splits
from trifold.training.learners.base import build_learner
from trifold.training.protocol.fold import fit_linked

DIMS = {"words": 4, "voice": 3}
N = 9


@pytest.fixture
def data() -> Dataset:
    made = dataset_of(make_people(N, dims=DIMS), DIMS)
    return replace(
        made,
        person_ids=tuple(f"person{i // 2}" for i in range(N)),
        splits={"train": np.arange(5), "val": np.arange(5, 7), "test": np.arange(7, N)},
        lengths={"words": np.arange(N) * 10.0, "seconds": np.arange(N) + 0.5},
        codecs=tuple({"audio": {"aac": i + 1}} for i in range(N)),
    )


def rows_of(data: Dataset) -> list[tuple]:
    """What is said of each row, in all places."""
    return [
        (sample.candidate_id, data.batch.candidate_ids[i], data.people[i], *data.labels[i],
         data.codecs[i]["audio"]["aac"],
         *(values[i] for values in data.lengths.values()),
         *(float(tokens[i].sum()) for tokens in data.batch.tokens.values()))
        for i, sample in enumerate(data.samples)
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [[0], [8, 1, 3], list(range(N)), [2, 2]], ids=str)
def test_a_subset_has_all_of_its_rows_and_no_splits(data: Dataset, rows: list[int]) -> None:
    chosen = subset(data, np.array(rows))
    everything = rows_of(data)
    assert rows_of(chosen) == [everything[row] for row in rows]
    assert chosen.train_rows.tolist() == list(range(len(rows)))
    assert not len(chosen.val_rows)


def test_halves_joined_are_the_whole(data: Dataset) -> None:
    halves = subset(data, np.arange(4)), subset(data, np.arange(4, N))
    whole = join(*halves)
    assert rows_of(whole) == rows_of(data)
    assert whole.splits == {}


@pytest.mark.parametrize("rows", [[], [3], [6, 0, 2]], ids=str)
def test_rows_are_watched_or_learnt_from(data: Dataset, rows: list[int]) -> None:
    watched = with_validation(data, np.array(rows, dtype=int))
    assert watched.val_rows.tolist() == rows
    assert sorted([*watched.train_rows, *watched.val_rows]) == list(range(N))
    assert without_splits(watched).train_rows.tolist() == list(range(N))


def test_nobody_who_is_tested_is_learnt_from(data: Dataset, tmp_path: Path) -> None:
    view = {"streams": ["words"], "kernel": "rbf", "scaling": "standard"}
    learner = build_learner(
        {"_target_": "trifold.training.learners.kernels.KernelLearner", "views": [view]}
    )
    message = "expected data to learn from alone, without a split 'test', got 2 candidates of it"
    with pytest.raises(InputError, match=message):
        fit_linked(learner, data, seed=0, out=tmp_path)

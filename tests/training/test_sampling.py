"""Batches of comparable pairs: complete, repeatable, and different at each epoch."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning import LightningModule, Trainer
from torch.utils.data import DataLoader

from trifold.errors import InputError
from trifold.training.gradient.sampling import GroupPairSampler, bootstrap_weights, temperature

IDS = [f"p{i}" for i in range(2000)]
GROUPS = np.repeat(np.arange(10), [40, 30, 25, 13, 13, 12, 3, 2, 1, 1])


@given(
    groups=st.lists(st.integers(-5, 5), min_size=1, max_size=80),
    per_batch=st.integers(1, 5),
    rows=st.integers(2, 7),
    seed=st.integers(0, 3),
)
def test_every_row_once_and_pairs_wherever_a_group_has_two(groups, per_batch, rows, seed) -> None:
    sampler = GroupPairSampler(groups, groups_per_batch=per_batch, rows_per_group=rows, seed=seed)
    batches = list(sampler)
    assert sorted(row for batch in batches for row in batch) == list(range(len(groups)))
    assert len(batches) == len(sampler)
    size = Counter(groups)
    for batch in batches:
        seen = Counter(groups[row] for row in batch)
        assert len(seen) <= per_batch
        assert len(batch) <= per_batch * math.ceil(1.5 * rows)
        assert all(count >= 2 for name, count in seen.items() if size[name] >= 2)


def test_batches_hold_many_more_pairs_than_plain_shuffling() -> None:
    groups = np.arange(960) % 76  # as many questions as RecruitView has

    def pairs(batches: list) -> float:
        counts = [np.bincount(groups[batch]) for batch in batches]
        return float(np.mean([(c * (c - 1) / 2).sum() for c in counts]))

    plain = np.random.default_rng(0).permutation(960).reshape(10, 96)
    grouped = list(GroupPairSampler(groups, groups_per_batch=8, rows_per_group=12))
    assert pairs(grouped) > 8 * pairs(list(plain))
    assert all(80 <= len(batch) <= 120 for batch in grouped)


def test_order_depends_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[list[int]]:
        sampler = GroupPairSampler(GROUPS, seed=seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    sampler = GroupPairSampler(torch.as_tensor(GROUPS), seed=1)
    assert list(sampler) == list(sampler) == order(1, 0)
    assert order(1, 5) == order(1, 5)
    assert order(1, 5) != order(1, 6)
    assert order(1, 5) != order(2, 5)


def test_batches_are_of_nearly_equal_numbers_of_parts() -> None:
    sampler = GroupPairSampler(np.repeat(np.arange(9), 4), groups_per_batch=4, rows_per_group=4)
    assert sorted(len(batch) for batch in sampler) == [12, 12, 12]


def test_a_trainer_moves_the_epoch_by_itself() -> None:
    seen: list[list[int]] = []

    class Watch(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(()))

        def training_step(self, batch: torch.Tensor, batch_idx: int) -> torch.Tensor:
            seen.append(batch.tolist())
            return self.weight.square()

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    sampler = GroupPairSampler(GROUPS, groups_per_batch=4, rows_per_group=6, seed=3)
    loader = DataLoader(range(len(GROUPS)), batch_sampler=sampler)  # type: ignore[arg-type]
    Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    ).fit(Watch(), loader)
    expected = GroupPairSampler(GROUPS, groups_per_batch=4, rows_per_group=6, seed=3)
    first = list(expected)
    expected.set_epoch(1)
    assert seen == first + list(expected)


@pytest.mark.parametrize(
    ("groups", "settings", "message"),
    [
        ([], {}, r"expected one group per row, got shape \(0,\)"),
        ([[1, 2]], {}, r"got shape \(1, 2\)"),
        ([1, 1], {"rows_per_group": 1}, r"rows_per_group of 2 at least, got 8 and 1"),
        ([1, 1], {"groups_per_batch": 0}, r"groups_per_batch of 1 .* got 0 and 12"),
    ],
)
def test_wrong_arguments_are_named(groups: list, settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        GroupPairSampler(groups, **settings)


def test_bootstrap_counts_are_poisson_1() -> None:
    counts = bootstrap_weights(IDS, 16, seed=0)
    assert counts.mean().item() == pytest.approx(1, abs=0.02)
    assert counts.var().item() == pytest.approx(1, abs=0.03)
    assert (counts == 0).float().mean().item() == pytest.approx(np.exp(-1), abs=0.01)
    assert torch.equal(counts, bootstrap_weights(IDS, 16, seed=0))
    assert not torch.equal(counts, bootstrap_weights(IDS, 16, seed=1))


def test_bootstrap_counts_do_not_depend_on_the_batch() -> None:
    whole = bootstrap_weights(IDS[:20], 4, seed=3)
    part = bootstrap_weights(list(reversed(IDS[5:9])), 4, seed=3)
    assert torch.equal(part, whole[5:9].flip(0))


def test_bootstrap_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    bootstrap_weights(["a", "b", "c"], 2, seed=5)
    assert torch.equal(torch.rand(1), expected)


def test_temperature_is_linear_between_its_ends_and_constant_outside() -> None:
    assert [temperature(step, 4) for step in (-1, 0, 1, 2, 4, 9)] == [2, 2, 1.75, 1.5, 1, 1]
    assert temperature(3, 10, start=5, end=5) == 5
    assert temperature(0, 0) == 1  # no step to take: trained

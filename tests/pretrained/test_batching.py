"""Batches: order kept, halved when memory runs out, errors that are none of it passed on."""

from __future__ import annotations

import pytest
import torch

from trifold.errors import EncoderError, InputError
from trifold.pretrained.batching import Batches

CPU = torch.device("cpu")
PETABYTE = 2**50


def needs_memory(limit: int, sizes: list[int]):
    """Squares of a batch; more than ``limit`` items ask for memory that no machine has."""

    def forward(batch: list[int]) -> list[int]:
        sizes.append(len(batch))
        if len(batch) > limit:
            torch.empty(PETABYTE, dtype=torch.uint8)
        return [item**2 for item in batch]

    return forward


@pytest.mark.parametrize("size", [1, 3, 7, 100, "auto"])
def test_every_item_has_its_result_in_order(size: int | str) -> None:
    found = list(Batches(size).run(iter(range(50)), needs_memory(1000, []), device=CPU))
    assert found == [item**2 for item in range(50)]


@pytest.mark.parametrize("limit", [1, 3, 5])
def test_running_out_of_memory_halves_the_batch_for_good(limit: int) -> None:
    sizes: list[int] = []
    batches = Batches(16)
    found = list(batches.run(range(40), needs_memory(limit, sizes), device=CPU))
    assert found == [item**2 for item in range(40)]
    failed = [size for size in sizes if size > limit]
    assert failed == [16 // 2**i for i in range(len(failed))]  # each size fails once
    assert batches.size(CPU) <= limit


def test_one_item_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(EncoderError, match="expected memory for one item at a time, got out of"):
        list(Batches(4).run(range(4), needs_memory(0, []), device=CPU))


def test_other_errors_pass() -> None:
    def forward(batch: list[int]) -> list[int]:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        list(Batches(4).run(range(4), forward, device=CPU))


def test_a_found_size_grows_on_a_gpu_until_it_no_longer_fits() -> None:
    sizes: list[int] = []
    gpu = torch.device("cuda")  # only named: nothing is put on it
    list(Batches().run(range(400), needs_memory(40, sizes), device=gpu))
    assert sizes[:4] == [8, 16, 32, 64]
    assert max(sizes[4:]) == 32


def test_a_given_size_never_grows() -> None:
    sizes: list[int] = []
    list(Batches(2).run(range(10), needs_memory(99, sizes), device=torch.device("cuda")))
    assert set(sizes) == {2}


@pytest.mark.parametrize("size", [0, -1, "many", 2.5])
def test_impossible_sizes_are_refused(size) -> None:
    with pytest.raises(InputError, match="expected batch_size auto or at least 1, got"):
        Batches(size)

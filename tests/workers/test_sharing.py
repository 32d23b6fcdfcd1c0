"""An object through a file: the same in another process, and nothing but numbers on the disk."""

from __future__ import annotations

import pickle
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from trifold.workers.local import LocalEngine
from trifold.workers.pool import run_all
from trifold.workers.sharing import ALIGNED, Shared
from trifold.workers.threads import one_thread

ARRAYS = {
    "numbers": np.arange(3000.0).reshape(50, 60),
    "columns": np.asfortranarray(np.arange(12).reshape(3, 4)),
    "every other": np.arange(10)[::2],
    "none": np.zeros((0, 4), np.float32),
    "mask": np.array([True, False]),
    "words": np.array(["a", None], dtype=object),
}
TENSORS = {
    "tokens": torch.arange(600.0).reshape(20, 30),
    "turned": torch.arange(12).reshape(3, 4).T,
    "half": torch.ones(5, dtype=torch.bfloat16),
    "mask": torch.tensor([True, False]),
    "none": torch.zeros(0, 2),
}


def test_what_comes_out_is_what_went_in(tmp_path: Path) -> None:
    shared = Shared({"a": ARRAYS, "t": TENSORS, "m": MappingProxyType({"x": 1})}, tmp_path / "data")
    found = shared()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found["a"][name], array)
        assert found["a"][name].dtype == array.dtype
    for name, tensor in TENSORS.items():
        assert torch.equal(found["t"][name], tensor)
        assert found["t"][name].dtype == tensor.dtype
    assert found["m"] == {"x": 1}


def test_large_arrays_go_through_the_file_once_and_alone(tmp_path: Path) -> None:
    array, tensor = np.zeros(100_000), torch.zeros(100_000)
    shared = Shared([array, tensor, {"again": array}], tmp_path / "deep/data")
    assert (tmp_path / "deep/data").stat().st_size < 1_200_000 + 4 * ALIGNED
    assert len(pickle.dumps(shared)) < 2_000
    first, _, again = shared()
    assert again["again"] is first
    assert not any((tmp_path / "deep/data").read_bytes())  # the zeros, and nothing about them


def test_memory_begins_where_it_would_by_itself(tmp_path: Path) -> None:
    found = Shared([torch.zeros(n) for n in (1, 3, 7, 100)], tmp_path / "data")()
    assert [one.data_ptr() % ALIGNED for one in found] == [0, 0, 0, 0]


class Writer:
    """Writes on what it shares with others."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __call__(self, items: list[int]) -> list[float]:
        self.values += 1
        return [float(self.values.sum()) for _ in items]


def test_what_a_process_writes_is_its_own(tmp_path: Path) -> None:
    shared = Shared(Writer(np.zeros(1000)), tmp_path / "data")
    before = (tmp_path / "data").read_bytes()
    with LocalEngine(shared, workers=1) as engine:
        assert [total for _, total in run_all([1, 2], engine)] == [1000, 2000]
    assert (tmp_path / "data").read_bytes() == before
    assert shared().values.sum() == 0


def test_one_thread_inside_and_as_before_afterwards() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with threadpool_limits(limits=2):
        outside = threadpool_info()
        with one_thread():
            assert torch.get_num_threads() == 1
            assert {one["num_threads"] for one in threadpool_info()} == {1}
        assert threadpool_info() == outside
        assert torch.get_num_threads() == 2
    torch.set_num_threads(before)

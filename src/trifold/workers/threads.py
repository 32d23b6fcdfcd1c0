"""How many threads libraries compute with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, PyTorch and BLAS compute with one thread.

    Sums over several differ in their last bits with how many there are; and a process per core
    leaves no core for more.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # its own BLAS is built in, where threadpoolctl does not find it
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        torch.set_num_threads(before)

"""Batches whose size fits the memory: given or found, halved when memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import torch

from trifold.errors import EncoderError, InputError

Item = TypeVar("Item")
Result = TypeVar("Result")

FIRST_ON_GPU, MOST_ON_GPU, ON_CPU = 8, 256, 16
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


class Batches:
    """Runs a function over items in batches and remembers what fitted.

    A number is where it starts. ``auto`` takes 16 on a CPU, where larger batches gain nothing; on a
    GPU it starts with 8 and doubles after every full batch that fits, up to 256. Running out of
    memory halves the batch for good and does the same items again.

    Args:
        size: items per batch, or ``auto``.

    Raises:
        InputError: when the size is neither ``auto`` nor positive.
    """

    def __init__(self, size: int | str = "auto") -> None:
        if size != "auto" and (not isinstance(size, int) or size < 1):
            raise InputError(expected="batch_size auto or at least 1", got=repr(size))
        self._size = size if isinstance(size, int) else None
        self._limit = None if size == "auto" else self._size  # no growth beyond what was asked for

    def size(self, device: torch.device) -> int:
        """Items in the next batch."""
        if self._size is None:
            self._size = FIRST_ON_GPU if device.type == "cuda" else ON_CPU
            self._limit = MOST_ON_GPU if device.type == "cuda" else ON_CPU
        return self._size

    def run(
        self,
        items: Iterable[Item],
        forward: Callable[[list[Item]], Iterable[Result]],
        *,
        device: torch.device,
    ) -> Iterator[Result]:
        """One result per item, in order; items are taken as they are needed.

        Args:
            items: of any number.
            forward: maps a batch to one result for each of its items.
            device: where the memory is.

        Raises:
            EncoderError: when a single item does not fit.
        """
        source = iter(items)
        while batch := list(islice(source, self.size(device))):
            yield from self._run(batch, forward, device)

    def _run(
        self,
        batch: list[Item],
        forward: Callable[[list[Item]], Iterable[Result]],
        device: torch.device,
    ) -> Iterator[Result]:
        results = self._attempt(batch, forward, device)
        if results is not None:
            yield from results
            return
        if len(batch) == 1:
            raise EncoderError(
                expected="memory for one item at a time", got="out of memory", where=device
            )
        self._size = self._limit = len(batch) // 2
        while batch:
            now, batch = batch[: self._size], batch[self._size :]
            yield from self._run(now, forward, device)

    def _attempt(
        self,
        batch: list[Item],
        forward: Callable[[list[Item]], Iterable[Result]],
        device: torch.device,
    ) -> list[Result] | None:
        """Results, or None when memory ran out: outside the handler, so that its tensors go."""
        try:
            results = list(forward(batch))
        except (RuntimeError, MemoryError) as error:
            if not _is_out_of_memory(error):
                raise
        else:
            self._grow(len(batch))
            return results
        if device.type == "cuda":
            torch.cuda.empty_cache()
        return None

    def _grow(self, done: int) -> None:
        if self._size is not None and self._limit is not None and done == self._size:
            self._size = min(2 * self._size, self._limit)


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(error).lower() for words in OUT_OF_MEMORY)

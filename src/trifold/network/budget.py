"""A bound on what building a network may take, for specifications that strangers wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from trifold.errors import InputError

SPARE_NUMBERS, SPARE_STEPS = 1 << 20, 2_000  # for what is made on the way
TIMES = 2  # how much is drawn, sorted out and thrown away for each number that stays
_SIZES = ("size", "repeats")
_COUNTS = ("n", "m", "end", "steps")
_FREE: list[None] = []


class Budget(TorchDispatchMode):
    """Inside this context tensors may be made up to a bound, which is checked before they are.

    A layer of 10⁹ by 10⁹ and 10⁶ layers of one number are both refused in no time.

    Args:
        numbers: how many the network's weights hold, or bytes of them.
        steps: of computation, of the order of the tensors among the weights.

    Raises:
        InputError: inside the context, when more is asked for.
    """

    def __init__(self, *, numbers: int, steps: int) -> None:
        super().__init__()
        self.numbers, self.steps = TIMES * numbers + SPARE_NUMBERS, steps + SPARE_STEPS
        self._made, self._done = 0, 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """False, as else PyTorch loads its compiler (2 s) to tell it to keep out of here."""
        return False

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Count, then compute."""
        if _FREE:
            return func(*args, **(kwargs or {}))
        asked = _asked(func, args, kwargs or {})
        self._spend(asked)
        found = func(*args, **(kwargs or {}))
        if not asked and isinstance(found, Tensor) and _is_new(func):
            self._spend(found.numel())
        return found

    def _spend(self, numbers: int) -> None:
        self._made += numbers
        self._done += 1
        if self._made > self.numbers or self._done > self.steps:
            raise InputError(
                expected="a network of the size of its weights",
                got=f"one of more than {self.numbers} numbers or {self.steps} steps",
            )


@contextmanager
def uncounted() -> Iterator[None]:
    """Inside, no budget counts: for models that are read from files of their own."""
    _FREE.append(None)
    try:
        yield
    finally:
        _FREE.pop()


def _asked(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """How many numbers an operation says that it will make; 0 where it does not say."""
    named = {a.name: value for a, value in zip(func._schema.arguments, args, strict=False)}
    given = named | dict(kwargs)
    if not _is_new(func):
        return 0
    sizes = [given[name] for name in _SIZES if isinstance(given.get(name), list | tuple)]
    inner = given["self"].numel() if isinstance(given.get("self"), Tensor) and sizes else 1
    counts = [given[name] for name in _COUNTS if isinstance(given.get(name), int)]
    asked = [prod(int(n) for n in size) for size in sizes] + ([prod(counts)] if counts else [])
    return max(asked, default=0) * max(inner if "repeats" in given else 1, 1)


def _is_new(func: Any) -> bool:
    """Whether it returns memory of its own, and no view or changed argument."""
    return all(found.alias_info is None for found in func._schema.returns)

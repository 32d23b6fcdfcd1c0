"""Items through an engine: none is lost or done twice, and one that kills takes no other along."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Generic, TypeVar

from trifold.workers.base import Engine, Lost

Key = TypeVar("Key")
Item = TypeVar("Item")
Result = TypeVar("Result")
TRIES = 2  # of an item whose process died: the first may have died of something else


@dataclass
class Group(Generic[Key, Item]):
    """Items that one task holds, each with its key, and how often they were tried."""

    items: Sequence[tuple[Key, Item]]
    tries: int = 0


def run_all(
    items: Iterable[Item], engine: Engine[Sequence[Item], Sequence[Result]], *, together: int = 1
) -> Iterator[tuple[int, Result | Lost]]:
    """Number and outcome of every item, as they are done.

    Args:
        items: any number; they are taken as workers become idle.
        engine: started; a task is a group of items, and its result has one for each.
        together: items of a task.
    """
    numbered = enumerate(items)
    return run_groups(lambda: list(islice(numbered, together)), engine)


def run_groups(
    next_group: Callable[[], Sequence[tuple[Key, Item]]],
    engine: Engine[Sequence[Item], Sequence[Result]],
) -> Iterator[tuple[Key, Result | Lost]]:
    """Key and outcome of every item, as they are done.

    Items that were lost together, for whatever reason, are tried again each alone. One that was
    lost with its worker is tried twice in all.

    Args:
        next_group: keys and items to work on together; empty when there are none for the moment,
            which may change with every outcome that is taken here.
        engine: see ``run_all``.
    """
    again: deque[Group[Key, Item]] = deque()
    held: dict[int, Group[Key, Item]] = {}
    numbers = count()
    while True:
        while engine.idle():
            group = again.popleft() if again else Group(next_group())
            if not group.items:
                break
            number = next(numbers)
            held[number] = group
            engine.submit(number, [item for _, item in group.items])
        if not held:
            return
        for number, outcome in engine.done():
            group = held.pop(number)
            group.tries += 1
            if isinstance(outcome, Lost):
                retried = _retried(group, outcome)
                again.extend(retried)
                if not retried:
                    yield group.items[0][0], outcome
            else:
                yield from zip([key for key, _ in group.items], outcome, strict=True)


def _retried(group: Group[Key, Item], lost: Lost) -> list[Group[Key, Item]]:
    """What is tried again of a group that was lost."""
    if len(group.items) > 1:
        return [Group([pair], group.tries) for pair in group.items]
    return [group] if lost.again and group.tries < TRIES else []

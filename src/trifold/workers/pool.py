"""Items through an engine: none is lost or done twice, and one that kills takes no other along."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Generic, TypeVar

from trifold.workers.base import Engine, Lost, Part

Key = TypeVar("Key")
Item = TypeVar("Item")
Result = TypeVar("Result")
TRIES = 2  # of an item whose process died: the first may have died of something else


@dataclass
class Group(Generic[Key, Item]):
    """Items that one task holds, each with its key, and how often they were tried.

    ``told`` are places of those whose outcome is known already.
    """

    items: Sequence[tuple[Key, Item]]
    tries: int = 0
    told: set[int] = field(default_factory=set)

    @property
    def rest(self) -> list[tuple[Key, Item]]:
        """Those of which nothing is known yet."""
        return [pair for place, pair in enumerate(self.items) if place not in self.told]


def run_all(
    items: Iterable[Item], engine: Engine[Sequence[Item], Iterable[Result]], *, together: int = 1
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
    engine: Engine[Sequence[Item], Iterable[Result]],
) -> Iterator[tuple[Key, Result | Lost]]:
    """Key and outcome of every item, as they are done.

    Items that were lost together, for whatever reason, are tried again each alone, but for those
    whose outcome was told before. One that was lost with its worker is tried twice in all.

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
            if isinstance(outcome, Part):
                held[number].told.add(outcome.place)
                yield held[number].items[outcome.place][0], outcome.outcome
                continue
            group = held.pop(number)
            group.tries += 1
            if isinstance(outcome, Lost):
                retried = _retried(group, outcome)
                again.extend(retried)
                if not retried:
                    yield from ((key, outcome) for key, _ in group.rest)
            else:
                yield from zip([key for key, _ in group.rest], outcome, strict=True)


def _retried(group: Group[Key, Item], lost: Lost) -> list[Group[Key, Item]]:
    """What is tried again of a group that was lost: what was told before is done."""
    rest = group.rest
    if len(rest) > 1:
        return [Group([pair], group.tries) for pair in rest]
    return [Group(rest, group.tries)] if rest and lost.again and group.tries < TRIES else []

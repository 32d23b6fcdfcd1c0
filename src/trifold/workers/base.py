"""What an engine is: something that does tasks elsewhere and survives what happens there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from trifold.codes import Code
from trifold.runtime.sandbox.mode import TRY

Task = TypeVar("Task")
Result = TypeVar("Result")
END = object()  # of an iterator
Factory = Callable[[], Callable[[Task], Result]]  # can be pickled; makes a fresh process ready


@dataclass(frozen=True)
class EngineSettings:
    """Who does the work; nothing here changes a result.

    Attributes:
        engine: ``local`` (processes of this machine), ``ray`` (a cluster) or ``inline`` (this
            process, for debugging: a file that crashes a decoder ends the run).
        workers: processes or actors; None sizes them to the machine or cluster.
        timeout_s: longest time for one file; None waits for ever. On Ray a task's files share the
            time of all of them.
        address: of a Ray cluster; None starts one here.
        gpus_per_worker: share of a GPU per Ray actor.
        sandbox: whether files are opened in processes without rights, see
            ``trifold.runtime.sandbox.mode``.
    """

    engine: str = "local"
    workers: int | None = None
    timeout_s: float | None = None
    address: str | None = None
    gpus_per_worker: float = 0.0
    sandbox: str = TRY


INLINE = EngineSettings(engine="inline")


@dataclass(frozen=True)
class Lost:
    """A task that came to nothing; ``again`` where a second try may end better."""

    code: str
    message: str
    again: bool = False


@dataclass(frozen=True)
class Part:
    """What came of one item of a task whose other items are still worked on.

    Attributes:
        place: of the item in the task.
        outcome: as the result would have it there.
    """

    place: int
    outcome: Any


class Engine(ABC, Generic[Task, Result]):
    """Workers that hold one task each; started and stopped as a context.

    A task is sent only to a worker that is idle, so nothing piles up on either side; a worker that
    dies costs its own task alone and is replaced. Where what does a task gives an iterator, each
    item's outcome is told as it comes (``Part``), and the time limit begins anew with each.
    """

    def __enter__(self) -> Self:
        """Start the workers."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop them; at once after an error."""
        self.stop(at_once=kind is not None)

    @abstractmethod
    def start(self) -> None:
        """Start the workers; an ``InputError`` says that they cannot."""

    @abstractmethod
    def stop(self, *, at_once: bool) -> None:
        """Stop them, whatever they are doing."""

    @abstractmethod
    def idle(self) -> int:
        """How many tasks can be given out now."""

    @abstractmethod
    def submit(self, key: int, task: Task) -> None:
        """Give a task to an idle worker."""

    @abstractmethod
    def done(self) -> list[tuple[int, Result | Lost | Part]]:
        """Wait for at least one outcome; keys are those of ``submit``.

        After ``Part`` for every item comes an empty result.
        """


def died() -> Lost:
    """A worker that ended while it held the task."""
    return Lost(Code.WORKER_DIED, "the process that worked on this died, twice", again=True)


def timed_out(limit_s: float) -> Lost:
    """A worker that was ended because it took too long."""
    return Lost(Code.TIMED_OUT, f"not done after {limit_s:g} s")


def attempt(do: Callable[[Task], Result], task: Task) -> Result | Lost:
    """What comes of a task; a failure's text may quote a transcript and stays out."""
    try:
        return do(task)
    except Exception as error:  # one file must never stop the others
        return Lost(Code.INTERNAL_ERROR, f"{type(error).__name__} while working on this")


def outcomes(do: Callable[[Task], Any], task: Task) -> Iterator[Any]:
    """What comes of a task, step by step: its result; or parts, and then an empty one.

    A failure is a ``Lost`` at the end.
    """
    found = attempt(do, task)
    if not isinstance(found, Iterator):
        yield found
        return
    place = 0
    while (outcome := attempt(lambda steps: next(steps, END), found)) is not END:
        if isinstance(outcome, Lost):
            yield outcome
            return
        yield Part(place, outcome)
        place += 1
    yield ()


def patience_s(timeout_s: float | None) -> float | None:
    """How long to wait for word of a worker before looking at the clock."""
    return None if timeout_s is None else min(1.0, timeout_s / 4)

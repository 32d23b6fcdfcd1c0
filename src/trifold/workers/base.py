"""What an engine is: something that does tasks elsewhere and survives what happens there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from trifold.codes import Code

Task = TypeVar("Task")
Result = TypeVar("Result")
Factory = Callable[[], Callable[[Task], Result]]  # can be pickled; makes a fresh process ready


@dataclass(frozen=True)
class EngineSettings:
    """Who does the work; nothing here changes a result.

    Attributes:
        engine: ``local`` (processes of this machine), ``ray`` (a cluster) or ``inline`` (this
            process, for debugging: a file that crashes a decoder ends the run).
        workers: processes or actors; None sizes them to the machine or cluster.
        timeout_s: longest time for one file; None waits for ever.
        address: of a Ray cluster; None starts one here.
        gpus_per_worker: share of a GPU per Ray actor.
    """

    engine: str = "local"
    workers: int | None = None
    timeout_s: float | None = None
    address: str | None = None
    gpus_per_worker: float = 0.0


@dataclass(frozen=True)
class Lost:
    """A task that came to nothing; ``again`` where a second try may end better."""

    code: str
    message: str
    again: bool = False


class Engine(ABC, Generic[Task, Result]):
    """Workers that hold one task each; started and stopped as a context.

    A task is sent only to a worker that is idle, so nothing piles up on either side; a worker that
    dies costs its own task alone and is replaced.
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
    def done(self) -> list[tuple[int, Result | Lost]]:
        """Wait for at least one outcome; keys are those of ``submit``."""


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


def patience_s(timeout_s: float | None) -> float | None:
    """How long to wait for word of a worker before looking at the clock."""
    return None if timeout_s is None else min(1.0, timeout_s / 4)

"""What an engine is: something that does tasks elsewhere and survives what happens there."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from trifold.codes import Code
from trifold.features.records import ClipRecord
from trifold.scoring.scorer import ScoredCandidate, Task


@dataclass(frozen=True)
class Lost:
    """A task that came to nothing; ``again`` where a second try may end better."""

    code: str
    message: str
    again: bool = False


Outcome = list[ClipRecord] | ScoredCandidate | Lost


class Engine(Protocol):
    """Workers that hold one task each.

    A task is sent only to a worker that is idle, so nothing piles up on either side; a worker that
    dies costs its own task alone and is replaced.
    """

    def __enter__(self) -> Self:
        """Start the workers."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop them, whatever they are doing."""
        ...

    def idle(self) -> int:
        """How many tasks can be given out now."""
        ...

    def submit(self, key: int, task: Task) -> None:
        """Give a task to an idle worker."""
        ...

    def done(self) -> list[tuple[int, Outcome]]:
        """Wait for at least one outcome; keys are those of ``submit``."""
        ...


def died() -> Lost:
    """A worker that ended while it held the task."""
    return Lost(Code.WORKER_DIED, "the process that worked on this died, twice", again=True)


def timed_out(limit_s: float) -> Lost:
    """A worker that was ended because it took too long."""
    return Lost(Code.TIMED_OUT, f"not done after {limit_s:g} s")


def raised(error: BaseException) -> Lost:
    """A task that raised, which none should; its text may quote a transcript and stays out."""
    return Lost(Code.INTERNAL_ERROR, f"{type(error).__name__} while scoring")

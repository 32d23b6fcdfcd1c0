"""Tasks done in this process: no start-up, and no shelter from files that end a process."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import torch

from trifold.runtime.limits import OutOfTime, time_limit
from trifold.scoring.engines.base import Outcome, raised, timed_out
from trifold.scoring.scorer import Job, Scorer, Task


class InlineEngine:
    """For features that are there already, where starting processes would take longest.

    Args:
        job: what to score with.
        timeout_s: a task that takes longer is given up; None waits for ever.
    """

    def __init__(self, job: Job, *, timeout_s: float | None = None) -> None:
        self.job, self.timeout_s = job, timeout_s
        self._done: list[tuple[int, Outcome]] = []
        self._threads = torch.get_num_threads()

    def __enter__(self) -> Self:
        """Build the models."""
        self._scorer = Scorer(self.job)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the process its threads back."""
        torch.set_num_threads(self._threads)

    def idle(self) -> int:
        """One task at a time."""
        return 0 if self._done else 1

    def submit(self, key: int, task: Task) -> None:
        """Do it at once."""
        try:
            with time_limit(self.timeout_s):
                outcome: Outcome = self._scorer.do(task)
        except OutOfTime:
            outcome = timed_out(self.timeout_s or 0.0)
        except Exception as error:  # one candidate must never stop the others
            outcome = raised(error)
        self._done.append((key, outcome))

    def done(self) -> list[tuple[int, Outcome]]:
        """What was done since the last call."""
        outcomes, self._done = self._done, []
        return outcomes

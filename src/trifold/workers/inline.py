"""Tasks done in this process: no start-up, and no shelter from files that end a process."""

from __future__ import annotations

import torch

from trifold.runtime.limits import OutOfTime, time_limit
from trifold.workers.base import Engine, Factory, Lost, Result, Task, attempt, timed_out


class InlineEngine(Engine[Task, Result]):
    """For little work, where starting processes would take longest.

    Args:
        factory: makes what does a task.
        timeout_s: a task that takes longer is given up; None waits for ever.
    """

    def __init__(self, factory: Factory[Task, Result], *, timeout_s: float | None = None) -> None:
        self.factory, self.timeout_s = factory, timeout_s
        self._done: list[tuple[int, Result | Lost]] = []
        self._threads = torch.get_num_threads()

    def start(self) -> None:
        """Build the models."""
        self._do = self.factory()

    def stop(self, *, at_once: bool) -> None:
        """Give the process its threads back."""
        torch.set_num_threads(self._threads)

    def idle(self) -> int:
        """One task at a time."""
        return 0 if self._done else 1

    def submit(self, key: int, task: Task) -> None:
        """Do it at once."""
        try:
            with time_limit(self.timeout_s):
                outcome = attempt(self._do, task)
        except OutOfTime:
            outcome = timed_out(self.timeout_s or 0.0)
        self._done.append((key, outcome))

    def done(self) -> list[tuple[int, Result | Lost]]:
        """What was done since the last call."""
        outcomes, self._done = self._done, []
        return outcomes

"""Tasks done in this process: no start-up, and no shelter from files that end a process."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from trifold.runtime.limits import OutOfTime, time_limit
from trifold.workers.base import Engine, Factory, Lost, Part, Result, Task, outcomes, timed_out


class InlineEngine(Engine[Task, Result]):
    """For little work, where starting processes would take longest.

    Args:
        factory: makes what does a task.
        timeout_s: a task, or a part of it, that takes longer is given up; None waits for ever.
    """

    def __init__(self, factory: Factory[Task, Result], *, timeout_s: float | None = None) -> None:
        self.factory, self.timeout_s = factory, timeout_s
        self._held: tuple[int, Iterator[Result | Lost | Part]] | None = None
        self._threads = torch.get_num_threads()

    def start(self) -> None:
        """Build the models."""
        self._do = self.factory()

    def stop(self, *, at_once: bool) -> None:
        """Give the process its threads back."""
        torch.set_num_threads(self._threads)

    def idle(self) -> int:
        """One task at a time."""
        return 0 if self._held else 1

    def submit(self, key: int, task: Task) -> None:
        """Take it; it is worked on while somebody waits for it."""
        self._held = key, outcomes(self._do, task)

    def done(self) -> list[tuple[int, Result | Lost | Part]]:
        """Work until there is a result or a part of it."""
        if self._held is None:
            return []
        key, steps = self._held
        try:
            with time_limit(self.timeout_s):
                outcome = next(steps)
        except OutOfTime:
            outcome = timed_out(self.timeout_s or 0.0)
        if not isinstance(outcome, Part):
            self._held = None
        return [(key, outcome)]

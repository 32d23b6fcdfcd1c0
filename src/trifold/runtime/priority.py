"""What a library starts runs at the priority of the thread that calls, which keeps its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def own_priority() -> Iterator[None]:
    """Undo what is done within to this thread's priority and to that of threads started meanwhile.

    SVT-AV1's encoder, where root opens it, gives the highest real-time priority to over forty
    threads and to the one that calls, from which all that this later starts has it too. Others
    are left a twentieth of the machine, and what waits for them in a loop may never end.

    Where the system tells no priorities of threads, as Linux alone does, nothing is undone.
    """
    before, known = _priority(), _threads()
    try:
        yield
    finally:
        if before is not None:
            for thread in {0} | (_threads() - known):
                with contextlib.suppress(ProcessLookupError):  # ended meanwhile
                    os.sched_setscheduler(thread, *before)


def _priority() -> tuple[int, os.sched_param] | None:
    if not hasattr(os, "sched_getscheduler"):
        return None
    return os.sched_getscheduler(0), os.sched_getparam(0)


def _threads() -> set[int]:
    tasks = Path("/proc/self/task")
    return {int(task.name) for task in tasks.iterdir()} if tasks.is_dir() else set()

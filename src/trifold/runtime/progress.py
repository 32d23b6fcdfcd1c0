"""How far a command is, on stderr: bars on a terminal, a line every few seconds in a log file.

Where ``TRIFOLD_PROGRESS`` names a file, that is kept up to date besides, for who watches: JSON with
the ``line``, the ``share`` that is done (null where nobody knows) and the ``stages``.

Stages nest: what runs inside another (``training fold 2/5 epoch 12/300``) shows where the outer one
does. Nothing about a candidate is said here, only counts.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

SOON_S, LATE_S, LATER_S = 5.0, 30.0, 600.0  # between lines at first, and after ten minutes
FILE_VARIABLE, FILE_S = "TRIFOLD_PROGRESS", 0.2  # the file, and seconds between its versions
SHARE, SHARE_S = 0.05, 1.0  # so much more is a line too, if this much time has passed


@dataclass(eq=False)
class Stage:
    """Something that takes a while.

    Attributes:
        name: what is done, such as ``features``.
        total: how often; None where nobody knows.
        unit: of what, behind the numbers.
        done: how often it was done, or which one is under way.
        shown: whether anybody is told.
    """

    name: str
    total: int | None = None
    unit: str = ""
    done: int = 0
    shown: bool = False

    def advance(self, n: int = 1) -> None:
        """So many more are done."""
        self.at(self.done + n)

    def at(self, number: int) -> None:
        """So many are done, or this one is under way."""
        self.done = number
        if self.shown:
            _board.changed(self)

    def __str__(self) -> str:
        """As a line of a log has it."""
        count = "" if self.total is None else f" {self.done}/{self.total}"
        return f"{self.name}{count}{' ' if self.unit else ''}{self.unit}"


@contextmanager
def stage(
    name: str,
    total: int | None = None,
    *,
    unit: str = "",
    done: int = 0,
    show: bool | None = None,
) -> Iterator[Stage]:
    """Tell of a stage while the body runs.

    Args:
        name: see ``Stage``.
        total: see ``Stage``.
        unit: see ``Stage``.
        done: what an earlier run has done already.
        show: whether anybody is told; None as in the stage around this one, and not outside of any.
    """
    shown = bool(_board.stages) if show is None else show
    found = Stage(name, total, unit, done, shown)
    if not shown:
        yield found
        return
    _board.begin(found)
    try:
        yield found
    finally:
        _board.end(found)


@dataclass
class Board:
    """The stages that are under way in this process, outermost first, and who tells of them."""

    stages: list[Stage] = field(default_factory=list)
    teller: Bars | Lines | None = None
    file: Told | None = None

    def begin(self, new: Stage) -> None:
        """A stage begins."""
        self.stages.append(new)
        if self.teller is None:
            console = Console(file=sys.stderr)
            self.teller = Bars(console) if console.is_terminal else Lines(self.stages)
            path = os.environ.get(FILE_VARIABLE)
            self.file = Told(Path(path), self.stages) if path else None
        self.teller.begin(new)
        if self.file is not None:
            self.file.write()

    def changed(self, one: Stage) -> None:
        """A stage has come further."""
        if self.teller is not None:
            self.teller.changed(one)
        if self.file is not None and time.monotonic() - self.file.said_s >= FILE_S:
            self.file.write()

    def end(self, old: Stage) -> None:
        """A stage ends, and with the outermost all."""
        if self.teller is not None:
            self.teller.end(old)
        if self.file is not None and len(self.stages) == 1:
            self.file.write()
        self.stages.remove(old)
        if not self.stages:
            self.teller = self.file = None


class Bars:
    """Bars on a terminal; those of inner stages go when they end."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bars = Progress(*columns, TimeRemainingColumn(), console=console)
        self._tasks: dict[Stage, int] = {}

    def begin(self, new: Stage) -> None:
        """A bar more."""
        if not self._tasks:
            self._bars.start()
        task = self._bars.add_task(new.name, total=new.total, completed=new.done)
        self._tasks[new] = task

    def changed(self, one: Stage) -> None:
        """The bar is longer."""
        self._bars.update(self._tasks[one], completed=one.done)  # type: ignore[arg-type]

    def end(self, old: Stage) -> None:
        """The bar goes; the last one stays on the terminal."""
        task = self._tasks.pop(old)
        if self._tasks:
            self._bars.remove_task(task)  # type: ignore[arg-type]
        else:
            self._bars.stop()


class Lines:
    """Lines in a log file: at the beginning, every few seconds or percents, and at the end."""

    def __init__(self, stages: list[Stage]) -> None:
        self._stages = stages
        self._start_s = self._said_s = time.monotonic()
        self._said, self._share = "", 0.0
        self._over = threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._beat, daemon=True).start()

    def begin(self, new: Stage) -> None:
        """The outermost is told of at once."""
        if len(self._stages) == 1:
            self._share = _share(new)
            self._say()

    def changed(self, one: Stage) -> None:
        """Told of where the outermost that counts has come further by enough."""
        counted = next((other for other in self._stages if other.total), None)
        long_ago = time.monotonic() - self._said_s >= SHARE_S
        if one is counted and long_ago and _share(one) - self._share >= SHARE:
            self._share = _share(one)
            self._say()

    def end(self, old: Stage) -> None:
        """The outermost is told of once more."""
        if len(self._stages) == 1:
            self._over.set()
            self._say()

    def _beat(self) -> None:
        while not self._over.wait(0.5):
            now_s = time.monotonic()
            pause_s = SOON_S if now_s - self._start_s < LATER_S else LATE_S
            if now_s - self._said_s >= pause_s:
                self._say()

    def _say(self) -> None:
        """The line, unless it is the last one again."""
        with self._lock:
            line = " ".join(str(one) for one in list(self._stages))
            now_s = time.monotonic()
            if line == self._said and self._over.is_set():
                return
            self._said, self._said_s = line, now_s
            passed_s = now_s - self._start_s
            print(
                f"{line}, {passed_s:.0f} s" if passed_s >= 1 else line, file=sys.stderr, flush=True
            )


class Told:
    """A file that says how far it is, each version whole.

    Args:
        path: of the file; where it cannot be written the work goes on all the same.
        stages: that are under way, outermost first.
    """

    def __init__(self, path: Path, stages: list[Stage]) -> None:
        self._path, self._stages, self.said_s = path, stages, 0.0

    def write(self) -> None:
        """The present state."""
        self.said_s = time.monotonic()
        stages = list(self._stages)
        counted = next((one for one in stages if one.total), None)
        told = {
            "line": " ".join(str(one) for one in stages),
            "share": None if counted is None else min(1.0, _share(counted)),
            "stages": [{"name": s.name, "done": s.done, "total": s.total} for s in stages],
        }
        beside = self._path.with_name(f".{self._path.name}.tmp")  # the same after a kill
        with suppress(OSError):
            beside.write_text(json.dumps(told))
            beside.replace(self._path)


def _share(one: Stage) -> float:
    return one.done / one.total if one.total else 0.0


_board = Board()

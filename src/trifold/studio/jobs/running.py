"""One job's process: started, asked how far it is, stopped with all that it started."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from trifold.runtime.private import FILE, private_folder
from trifold.runtime.progress import FILE_VARIABLE

PATIENCE_S = 5.0  # from asking to killing
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
TAIL_BYTES = 4000


@dataclass(frozen=True)
class Order:
    """What a job's process does.

    Attributes:
        words: of the command line, ``sys.argv`` without the program.
        work: ``module:function``; by default the front door of all commands.
        facts: argument of the function; empty calls it without one. They come by a pipe, so that
            no password stands in a list of processes.
        fine: exit codes of a job that is done.
    """

    words: tuple[str, ...] = ()
    work: str = "trifold.cli.main:main"
    facts: Mapping[str, Any] = field(default_factory=dict)
    fine: tuple[int, ...] = (0,)


class Running:
    """A context around a job's process, which is gone when it ends.

    Args:
        order: what to do.
        folder: of the job: its lock, log and progress.
    """

    def __init__(self, order: Order, folder: Path) -> None:
        self._order, self._folder = order, private_folder(folder)
        self.log, self._progress = folder / "log.txt", folder / "progress.json"

    def __enter__(self) -> Self:
        self._progress.unlink(missing_ok=True)
        order = {
            "lock": str(self._folder / "lock"),
            "words": self._order.words,
            "work": self._order.work,
            "facts": dict(self._order.facts),
        }
        with open(self.log, "ab", opener=lambda path, flags: os.open(path, flags, FILE)) as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "trifold.studio.jobs.child"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **limits(), FILE_VARIABLE: str(self._progress)},
                start_new_session=True,
            )
        if self._process.stdin is None:
            raise RuntimeError("a process without the pipe that it was to have")
        with suppress(BrokenPipeError):  # it ends, and its log says why
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE_S)
        self._signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def code(self, wait_s: float) -> int | None:
        """How it ended, as ``subprocess`` says it; None where it still runs after so long."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(wait_s)
        return None

    def standing(self) -> tuple[float | None, str]:
        """The share that is done, None where nobody knows, and a line about it."""
        try:
            told = json.loads(self._progress.read_text())
        except (OSError, ValueError):
            return None, ""
        return told["share"], told["line"]

    def said(self) -> str:
        """The last line about what is wrong, else the last line at all."""
        with self.log.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - TAIL_BYTES))
            lines = log.read().decode("utf-8", "replace").strip().splitlines()
        wrong = [line for line in lines if line.startswith("error: ")]
        return re.sub(r"^error: ", "", (wrong or lines or [""])[-1])

    def _signal(self, number: int) -> None:
        """To it and all that it started, also where it has ended before them."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def limits() -> dict[str, str]:
    """Threads of libraries: as many as this process may use processors."""
    cores = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)
    return {name: os.environ.get(name, cores) for name in THREADS}

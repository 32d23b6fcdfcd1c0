"""A pool of processes on this machine, from which a dying process takes one task at most."""

from __future__ import annotations

import pickle
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any

from trifold.errors import InputError
from trifold.workers.base import (
    Engine,
    Factory,
    Lost,
    Part,
    Result,
    Task,
    died,
    outcomes,
    patience_s,
    timed_out,
)
from trifold.workers.devices import devices_for, use_device
from trifold.workers.processes import end_with_parent, worker_context

READY = "ready"
STOP_S = 5.0  # how long a worker may take to end by itself


@dataclass
class Worker:
    """A process with its end of the pipe, and what it is doing."""

    process: BaseProcess
    pipe: Connection
    device: str
    ready: bool = False
    key: int | None = None
    since_s: float = 0.0
    outbox: SimpleQueue[bytes | None] = field(default_factory=SimpleQueue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._send, daemon=True).start()

    def tell(self, message: bytes) -> None:
        """Send a pickled object; a long one to a worker that still loads blocks nobody."""
        self.outbox.put(message)

    def stop(self, *, patience_s: float) -> None:
        """Let the process end when it hears nothing more, or end it when that takes too long."""
        self.outbox.put(None)
        self.pipe.close()
        self.process.join(patience_s)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def _send(self) -> None:
        with suppress(OSError, ValueError):  # it died; ``done`` finds out
            while (message := self.outbox.get()) is not None:
                self.pipe.send_bytes(message)


class LocalEngine(Engine[Task, Result]):
    """One process per core or GPU; each loads its models once.

    Args:
        factory: makes what does a task; pickled, and called in every process once.
        workers: processes.
        timeout_s: a task, or a part of it, that takes longer is given up and its process ended;
            None waits for ever.

    Raises:
        InputError: when worker processes cannot start.
    """

    def __init__(
        self, factory: Factory[Task, Result], *, workers: int, timeout_s: float | None = None
    ) -> None:
        # once, and not through shared memory, which may be small
        self._factory = pickle.dumps(factory)
        self.timeout_s = timeout_s
        self._devices = devices_for(workers)
        self._workers: list[Worker] = []

    def start(self) -> None:
        """Start all processes; they become ready while the first tasks are found."""
        self._workers = [self._start(device) for device in self._devices]

    def stop(self, *, at_once: bool) -> None:
        """Stop all processes; those that are at work do not finish it."""
        for worker in self._workers:
            worker.stop(patience_s=0.0 if at_once or worker.key is not None else STOP_S)

    def idle(self) -> int:
        """Workers without a task, those that still load their models among them."""
        return sum(worker.key is None for worker in self._workers)

    def submit(self, key: int, task: Task) -> None:
        """Send a task to a worker that has none; it waits in the pipe while models load."""
        worker = min((w for w in self._workers if w.key is None), key=lambda w: not w.ready)
        worker.key, worker.since_s = key, time.monotonic()
        worker.tell(pickle.dumps((key, task)))

    def done(self) -> list[tuple[int, Result | Lost | Part]]:
        """Wait for outcomes of any worker; those that died are replaced."""
        found: list[tuple[int, Result | Lost | Part]] = []
        while not found:
            spoken = set(wait([w.pipe for w in self._workers], timeout=patience_s(self.timeout_s)))
            for worker in list(self._workers):
                if worker.pipe in spoken:
                    found += self._hear(worker)
                elif self._too_long(worker) and worker.key is not None:
                    found.append((worker.key, timed_out(self.timeout_s or 0.0)))
                    self._replace(worker)
        return found

    def _hear(self, worker: Worker) -> list[tuple[int, Result | Lost | Part]]:
        """What a worker says; nothing when it is only ready."""
        try:
            said: Any = worker.pipe.recv()
        except Exception:  # the pipe broke off, or in the middle of a message
            return self._bury(worker)
        if said == READY:
            worker.ready, worker.since_s = True, time.monotonic()
            return []
        if isinstance(said[1], Part):
            worker.since_s = time.monotonic()
        else:
            worker.key = None
        return [said]

    def _bury(self, worker: Worker) -> list[tuple[int, Result | Lost | Part]]:
        """Replace a worker that died; its task is lost."""
        if not worker.ready:
            worker.process.join(STOP_S)
            raise InputError(
                expected="worker processes that start",
                got=f"one that ended with {worker.process.exitcode} while loading its models",
            )
        lost = [] if worker.key is None else [(worker.key, died())]
        self._replace(worker)
        return [*lost]

    def _replace(self, worker: Worker) -> None:
        worker.stop(patience_s=0.0)
        self._workers[self._workers.index(worker)] = self._start(worker.device)

    def _start(self, device: str) -> Worker:
        context = worker_context()
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, device), daemon=True)
        process.start()
        theirs.close()  # so that its death is the end of the pipe
        worker = Worker(process, ours, device)
        # as an argument, the next could start only when this one has loaded
        worker.tell(self._factory)
        return worker

    def _too_long(self, worker: Worker) -> bool:
        if self.timeout_s is None or worker.key is None or not worker.ready:
            return False
        return time.monotonic() - worker.since_s > self.timeout_s


def _serve(pipe: Connection, device: str) -> None:
    """Life of a worker: load, then do what comes until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=end_with_parent, daemon=True).start()
    use_device(device)
    with suppress(EOFError, ConnectionError):
        do = pipe.recv()()
        pipe.send(READY)
        while True:
            key, task = pipe.recv()
            for outcome in outcomes(do, task):
                pipe.send((key, outcome))

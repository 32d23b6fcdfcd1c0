"""Work spread over processes, from which no item is lost when a process dies."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing import connection, parent_process
from multiprocessing.queues import SimpleQueue
from typing import Any, Generic, TypeVar

from trifold.errors import InputError
from trifold.features.workers.processes import worker_context
from trifold.pretrained.device import accelerators, assign_device

Item = TypeVar("Item")
Result = TypeVar("Result")

IN_FLIGHT_PER_WORKER = 4


@dataclass(frozen=True)
class Job(Generic[Item, Result]):
    """What worker processes do.

    Attributes:
        start: makes a fresh process ready.
        arguments: of ``start``.
        work: done on a group of items, one result for each.
        died: the result of an item whose process died twice.
        group: items that are worked on together.
    """

    start: Callable[..., None]
    arguments: tuple[Any, ...]
    work: Callable[[list[Item]], list[Result]]
    died: Callable[[Item], Result]
    group: int = 1


def run_in_processes(
    items: Sequence[Item], job: Job[Item, Result], workers: int
) -> Iterator[tuple[int, Result]]:
    """Number and result of every item, as they are done.

    On a machine with several GPUs each process gets one of them in turn. Items that were in flight
    when a process died are tried again one by one in processes of their own.

    Raises:
        InputError: when worker processes cannot start at all.
    """
    numbered = iter(enumerate(items))
    waiting = iter(lambda: list(islice(numbered, job.group)), [])
    suspects: list[tuple[int, Item]] = []
    while True:
        in_flight: dict[Future[list[Result]], list[tuple[int, Item]]] = {}
        with _pool(workers, job) as pool:
            _require_running(pool)
            yield from _drain(pool, job, waiting, in_flight, workers * IN_FLIGHT_PER_WORKER)
        if not in_flight:
            break
        suspects += [pair for group in in_flight.values() for pair in group]
    for number, item in suspects:
        yield number, _alone(item, job)


def _drain(
    pool: ProcessPoolExecutor,
    job: Job[Item, Result],
    waiting: Iterator[list[tuple[int, Item]]],
    in_flight: dict[Future[list[Result]], list[tuple[int, Item]]],
    limit: int,
) -> Iterator[tuple[int, Result]]:
    """Keep ``limit`` groups in flight; returns early, leaving them there, when the pool breaks."""
    try:
        while True:
            for group in islice(waiting, limit - len(in_flight)):
                in_flight[pool.submit(job.work, [item for _, item in group])] = group
            if not in_flight:
                return
            for future in wait(in_flight, return_when=FIRST_COMPLETED).done:
                results = future.result()
                group = in_flight.pop(future)
                yield from zip([number for number, _ in group], results, strict=True)
    except BrokenProcessPool:
        return


def _require_running(pool: ProcessPoolExecutor) -> None:
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool as error:
        raise InputError(
            expected="worker processes that start (or workers=1)",
            got="processes that died while loading the encoders",
        ) from error


def _alone(item: Item, job: Job[Item, Result]) -> Result:
    """An item in a process of its own."""
    with _pool(1, job) as pool:
        try:
            return pool.submit(job.work, [item]).result()[0]
        except BrokenProcessPool:
            return job.died(item)


def _pool(workers: int, job: Job[Item, Result]) -> ProcessPoolExecutor:
    context = worker_context()
    devices = context.SimpleQueue()
    for device in devices_for(workers):
        devices.put(device)
    return ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_start,
        initargs=(devices, job.start, job.arguments),
    )


def _start(
    devices: SimpleQueue[str], start: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    """Take a device, if there are any, then make the process ready.

    Ctrl-C is the parent's to answer; a parent that is gone leaves nobody behind who works on.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    use_device(devices.get())
    start(*arguments)


def end_with_parent() -> None:
    """Wait for the end of the parent process, then end this one."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def devices_for(workers: int) -> list[str]:
    """A device for each process: the GPUs in turn, or empty where there is none."""
    return list(islice(cycle(accelerators() or [""]), workers))


def use_device(device: str) -> None:
    """Make this process compute on a device of ``devices_for``."""
    if device:
        assign_device(device)

"""Many clips to features: parallel, resumable, and not to be stopped by one bad file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import cv2
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from src.contracts import Clip
from src.encoders.base import Encoder
from src.encoders.build import build_encoders
from src.errors import InputError
from src.features.clip import extract_clip, failed
from src.features.records import ClipRecord
from src.features.store import FeatureStore
from src.specs import Spec

WORKER_DIED = "WORKER_DIED"
IN_FLIGHT_PER_WORKER = 4
WORTH_A_POOL = 4  # clips per worker; below that, starting processes costs more than it saves


def extract(
    clips: Sequence[Clip],
    specs: Mapping[str, Spec],
    store: FeatureStore,
    *,
    workers: int | None = None,
    progress: bool = True,
) -> list[ClipRecord]:
    """Encode what is not stored yet, one record per clip in the order given.

    Args:
        clips: what to encode.
        specs: stream name to encoder specification.
        store: feature cache; work done there is never done again.
        workers: processes; None takes one per core where there is enough to do.
        progress: show a progress bar on a terminal.

    Returns:
        A record per clip. Clips that cannot be encoded carry an error code; one that kills its
        process twice carries ``WORKER_DIED``.
    """
    wanted = workers if workers is not None else _default_workers(len(clips))
    done: dict[int, ClipRecord] = {}
    with _bar(progress) as bar:
        task = bar.add_task("extracting", total=len(clips))
        runs = _in_pool(clips, specs, store, wanted) if wanted > 1 else _here(clips, specs, store)
        for index, record in runs:
            done[index] = record
            bar.advance(task)
    return [done[index] for index in range(len(clips))]


def _default_workers(n_clips: int) -> int:
    return max(1, min(os.cpu_count() or 1, n_clips // WORTH_A_POOL))


def _here(
    clips: Sequence[Clip], specs: Mapping[str, Spec], store: FeatureStore
) -> Iterator[tuple[int, ClipRecord]]:
    encoders = build_encoders(specs)
    for index, clip in enumerate(clips):
        yield index, extract_clip(clip, encoders, store)


def _in_pool(
    clips: Sequence[Clip], specs: Mapping[str, Spec], store: FeatureStore, workers: int
) -> Iterator[tuple[int, ClipRecord]]:
    """All clips through a pool; those in flight when a worker died are tried again one by one.

    Raises:
        InputError: when worker processes cannot start at all.
    """
    waiting = iter(enumerate(clips))
    suspects: list[tuple[int, Clip]] = []
    while True:
        in_flight: dict[Future[ClipRecord], tuple[int, Clip]] = {}
        with _pool(workers, specs, store) as pool:
            _require_running(pool)
            yield from _drain(pool, waiting, in_flight, workers * IN_FLIGHT_PER_WORKER)
        if not in_flight:
            break
        suspects += in_flight.values()
    for index, clip in suspects:
        yield index, _alone(clip, specs, store)


def _drain(
    pool: ProcessPoolExecutor,
    waiting: Iterator[tuple[int, Clip]],
    in_flight: dict[Future[ClipRecord], tuple[int, Clip]],
    limit: int,
) -> Iterator[tuple[int, ClipRecord]]:
    """Keep ``limit`` clips in flight; returns early, leaving them there, when the pool breaks."""
    try:
        while True:
            for index, clip in islice(waiting, limit - len(in_flight)):
                in_flight[pool.submit(work_on, clip)] = index, clip
            if not in_flight:
                return
            for future in wait(in_flight, return_when=FIRST_COMPLETED).done:
                record = future.result()
                yield in_flight.pop(future)[0], record
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


def _alone(clip: Clip, specs: Mapping[str, Spec], store: FeatureStore) -> ClipRecord:
    """A clip in a process of its own."""
    with _pool(1, specs, store) as pool:
        try:
            return pool.submit(work_on, clip).result()
        except BrokenProcessPool:
            message = "the process that encoded this file died, twice"
            return failed(clip, WORKER_DIED, message)


def _pool(workers: int, specs: Mapping[str, Spec], store: FeatureStore) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=start_worker,
        initargs=(dict(specs), store.root),
    )


_ENCODERS: dict[str, Encoder] = {}
_STORES: list[FeatureStore] = []


def start_worker(specs: Mapping[str, Spec], root: Path) -> None:
    """One thread per process, as there is a process per core; encoders are built once."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _ENCODERS.update(build_encoders(specs))
    _STORES.append(FeatureStore(root))


def work_on(clip: Clip) -> ClipRecord:
    """One clip in a worker that ``start_worker`` has made ready."""
    return extract_clip(clip, _ENCODERS, _STORES[0])


def _bar(show: bool) -> Progress:
    console = Console(file=sys.stderr)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not (show and console.is_terminal),
    )

"""Many clips to features: parallel, resumable, and not to be stopped by one bad file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import cv2
import torch

from trifold.codes import Code
from trifold.contracts import Clip
from trifold.encoders.base import Encoder
from trifold.encoders.build import build_encoders, is_pretrained
from trifold.errors import InputError
from trifold.features.clip import extract_clips, failed
from trifold.features.records import ClipRecord
from trifold.features.store import FeatureStore
from trifold.features.workers.pool import Job, run_in_processes
from trifold.pretrained.device import accelerators
from trifold.runtime.progress import stage
from trifold.specs import Spec

WORTH_A_POOL = 4  # clips per worker; below that, starting processes costs more than it saves
TOGETHER = 16  # clips whose texts a language model reads in one go


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
        workers: processes; None takes one per core where there is enough to do, and with pretrained
            models one per GPU, or a single one without GPU.
        progress: tell on stderr how far it is.

    Returns:
        A record per clip. Clips that cannot be encoded carry an error code; one that kills its
        process twice carries ``WORKER_DIED``.
    """
    wanted = workers if workers is not None else default_workers(len(clips), specs)
    done: dict[int, ClipRecord] = {}
    with stage("features", len(clips), unit="files", show=progress) as files:
        runs = _in_pool(clips, specs, store, wanted) if wanted > 1 else _here(clips, specs, store)
        for index, record in runs:
            done[index] = record
            files.advance()
    return [done[index] for index in range(len(clips))]


def default_workers(n_clips: int, specs: Mapping[str, Spec]) -> int:
    """Processes that make sense: each holds its own copy of every model."""
    enough = max(1, n_clips // WORTH_A_POOL)
    if any(is_pretrained(spec) for spec in specs.values()):
        return min(enough, max(1, len(accelerators())))
    return min(enough, os.cpu_count() or 1)


def shard(clips: Sequence[Clip], which: str | None) -> list[Clip]:
    """The part of a clip list that one of several jobs encodes, such as ``2/4``.

    Jobs may share a feature store and run on machines of their own; a last run without ``shard``
    finds everything there.

    Args:
        clips: all of them, in the same order in every job.
        which: ``number/count`` from 1 on; None takes all.

    Raises:
        InputError: when it reads differently.
    """
    if which is None:
        return list(clips)
    number, slash, count = str(which).partition("/")
    digits = number.isdecimal() and count.isdecimal()
    if not slash or not digits or not 1 <= int(number) <= int(count):
        raise InputError(expected="a shard such as 2/4", got=repr(which))
    return list(clips[int(number) - 1 :: int(count)])


def _here(
    clips: Sequence[Clip], specs: Mapping[str, Spec], store: FeatureStore
) -> Iterator[tuple[int, ClipRecord]]:
    encoders = build_encoders(specs)
    numbered = enumerate(clips)
    while group := list(islice(numbered, files_together(specs))):
        records = extract_clips([clip for _, clip in group], encoders, store)
        yield from zip([index for index, _ in group], records, strict=True)


def _in_pool(
    clips: Sequence[Clip], specs: Mapping[str, Spec], store: FeatureStore, workers: int
) -> Iterator[tuple[int, ClipRecord]]:
    job = Job(start_worker, (dict(specs), store.root), work_on_all, _died, files_together(specs))
    return run_in_processes(clips, job, workers)


def files_together(specs: Mapping[str, Spec]) -> int:
    """Clips per group: several only where a model reads them faster so."""
    return TOGETHER if any(is_pretrained(spec) for spec in specs.values()) else 1


def _died(clip: Clip) -> ClipRecord:
    return failed(clip, Code.WORKER_DIED, "the process that encoded this file died, twice")


_ENCODERS: dict[str, Encoder] = {}
_STORES: list[FeatureStore] = []


def start_worker(specs: Mapping[str, Spec], root: Path) -> None:
    """One thread per process, as there is a process per core; encoders are built once."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _ENCODERS.update(build_encoders(specs))
    _STORES.append(FeatureStore(root))


def work_on_all(clips: list[Clip]) -> list[ClipRecord]:
    """Some clips in a worker that ``start_worker`` has made ready."""
    return extract_clips(clips, _ENCODERS, _STORES[0])


def work_on(clip: Clip) -> ClipRecord:
    """One clip in a worker that ``start_worker`` has made ready."""
    return work_on_all([clip])[0]

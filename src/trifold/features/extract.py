"""Many clips to features: parallel, resumable, and not to be stopped by one bad file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import cv2
import torch

from trifold.contracts import Clip
from trifold.encoders.build import build_encoders, is_pretrained
from trifold.errors import InputError
from trifold.features.clip import extract_each, failed
from trifold.features.records import ClipRecord
from trifold.features.store import FeatureStore
from trifold.media.decoder.handle import start_ahead
from trifold.pretrained.device import accelerators
from trifold.runtime.progress import stage
from trifold.specs import Spec
from trifold.workers.base import EngineSettings, Lost
from trifold.workers.choice import make_engine, sized
from trifold.workers.pool import run_all

WORTH_A_POOL = 4  # clips per worker; below that, starting processes costs more than it saves
TOGETHER = 16  # clips whose texts a language model reads in one go


def extract(
    clips: Sequence[Clip],
    specs: Mapping[str, Spec],
    store: FeatureStore,
    *,
    settings: EngineSettings | None = None,
    progress: bool = True,
) -> list[ClipRecord]:
    """Encode what is not stored yet, one record per clip in the order given.

    Args:
        clips: what to encode.
        specs: stream name to encoder specification.
        store: feature cache; work done there is never done again.
        settings: who encodes. ``workers=None`` takes one process per core where there is enough to
            do, and with pretrained models one per GPU, or a single one without GPU; a single one
            is this process.
        progress: tell on stderr how far it is.

    Returns:
        A record per clip. Clips that cannot be encoded carry an error code; one that kills its
        process twice carries ``WORKER_DIED``.

    Raises:
        InputError: when a setting is unknown, or workers cannot start.
    """
    together = files_together(specs)
    settings = sized(
        settings or EngineSettings(),
        default_workers=default_workers(len(clips), specs),
        tasks=-(-len(clips) // together),
    )
    threads = None if settings.engine == "inline" else 1  # there is a process per core
    factory = partial(ClipEncoder, dict(specs), store.root, threads)
    done: list[ClipRecord | None] = [None] * len(clips)
    with (
        stage("features", len(clips), unit="files", show=progress) as files,
        make_engine(factory, settings) as engine,
    ):
        for index, outcome in run_all(clips, engine, together=together):
            done[index] = _record(clips[index], outcome)
            files.advance()
    return [record for record in done if record is not None]


def _record(clip: Clip, outcome: ClipRecord | Lost) -> ClipRecord:
    return failed(clip, outcome.code, outcome.message) if isinstance(outcome, Lost) else outcome


class ClipEncoder:
    """Encodes clips; one per process, with one copy of every model.

    Args:
        specs: stream name to encoder specification.
        root: of the feature cache, the same for all processes.
        threads: of this process; None leaves them as they are.
    """

    def __init__(self, specs: Mapping[str, Spec], root: Path, threads: int | None = None) -> None:
        start_ahead()
        if threads is not None:
            torch.set_num_threads(threads)
            cv2.setNumThreads(threads)
        self.encoders, self.store = build_encoders(specs), FeatureStore(root)

    def __call__(self, clips: Sequence[Clip]) -> Iterable[ClipRecord]:
        """A record for each clip, as they are done; nothing about a file makes it raise."""
        return extract_each(clips, self.encoders, self.store)


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


def files_together(specs: Mapping[str, Spec]) -> int:
    """Clips per group: several only where a model reads them faster so."""
    return TOGETHER if any(is_pretrained(spec) for spec in specs.values()) else 1

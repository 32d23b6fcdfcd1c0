"""Folds in one process or several; their scores are the same to the bit."""

from __future__ import annotations

import copy
import os
import pickle
import traceback
from collections.abc import Generator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from trifold.contracts import Array
from trifold.errors import InputError, TrifoldError
from trifold.runtime.memory import available_bytes
from trifold.runtime.quiet import quiet_libraries
from trifold.training.dataset import Dataset
from trifold.training.protocol.fold import Fold, FoldWork
from trifold.workers.base import EngineSettings, Lost
from trifold.workers.choice import make_engine, sized
from trifold.workers.pool import run_all
from trifold.workers.sharing import Shared
from trifold.workers.threads import one_thread

Scores = dict[str, Array]
WORTH_A_POOL = 100  # people; folds of fewer take seconds, as starting a process does
PROCESS_BYTES = 700 * 2**20  # of a process with its libraries, before it has any data
FEATURE_COPIES = 5  # memory that a fold takes besides, as a multiple of the features' size
DATA_FILE = "data.bin"  # what processes of this machine map


def each_fold(
    work: FoldWork, folds: Sequence[Fold], engine: EngineSettings
) -> Generator[tuple[Fold, Scores], None, None]:
    """Folds with their scores, as they are done.

    Processes of this machine map one file with the data; actors of a cluster, which may not see
    it, get a copy each.

    Args:
        work: what they have in common.
        folds: to be computed.
        engine: who computes. ``workers=None`` takes a process per core where there are people and
            memory enough. A single worker is this process, and so is any beside an accelerator,
            which processes would only fight for. ``timeout_s`` is for files and does not count.

    Raises:
        InputError: naming the fold, when it cannot be computed or its process died twice.
    """
    settings = sized(
        replace(engine, timeout_s=None),
        default_workers=default_workers(work.data),
        tasks=len(folds),
    )
    if settings.engine == "local" and (len(folds) < 2 or torch.accelerator.is_available()):
        settings = replace(settings, engine="inline")
    if settings.engine == "inline" or not folds:
        yield from ((fold, compute(work, fold)) for fold in folds)
        return
    worker = FoldWorker(work)
    local = settings.engine == "local"
    factory = Shared(worker, work.work / DATA_FILE) if local else partial(_identity, worker)
    with make_engine(factory, settings) as started:
        for number, outcome in run_all(folds, started):
            if isinstance(outcome, Lost):
                raise InputError(
                    expected="a process that lives to its end; where memory is short, workers=1",
                    got="two that died",
                    where=folds[number],
                )
            if isinstance(outcome, Exception):
                raise outcome
            yield folds[number], outcome


def default_workers(data: Dataset) -> int:
    """Processes that make sense: one per core, where there are people and memory enough."""
    if len(set(data.people)) < WORTH_A_POOL:
        return 1
    cores, left = os.cpu_count() or 1, available_bytes()
    if left is None:  # nothing tells how much memory there is
        return cores
    size = sum(tokens.nbytes for tokens in data.batch.tokens.values())
    return max(1, min(cores, left // (PROCESS_BYTES + FEATURE_COPIES * size)))


def compute(work: FoldWork, fold: Fold) -> Scores:
    """The scores of a fold, by one thread where there is no accelerator; an error names the fold.

    Raises:
        TrifoldError: of the kind that it was, the fold before the place that it named.
    """
    try:
        with nullcontext() if torch.accelerator.is_available() else one_thread():
            return work.run(fold)
    except TrifoldError as error:
        where = str(fold) if error.where is None else f"{fold}, {error.where}"
        raise type(error)(expected=error.expected, got=error.got, where=where) from error
    except Exception as error:
        error.add_note(f"in {fold}")
        raise


@dataclass(frozen=True)
class FoldWorker:
    """What computes folds in a process of its own."""

    work: FoldWork

    def __call__(self, folds: Sequence[Fold]) -> list[Scores | Exception]:
        """The scores of each fold, or why there are none."""
        quiet_libraries()
        return [self._one(fold) for fold in folds]

    def _one(self, fold: Fold) -> Scores | Exception:
        try:
            return compute(self.work, fold)
        except Exception as error:  # the engine would tell nothing but its kind
            return _portable(error)


def _portable(error: Exception) -> Exception:
    """The error as it can travel, and where it arose, which would stay behind."""
    place = "".join(traceback.format_exception(error))
    try:
        found = copy.copy(error)  # made anew, as on the other side
        pickle.dumps(found)
    except Exception:  # one of a library that is not meant to travel
        found = RuntimeError(f"{type(error).__name__} in another process")
    found.add_note(place)
    return found


def _identity(thing: Any) -> Any:
    return thing

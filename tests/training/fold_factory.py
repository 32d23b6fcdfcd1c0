"""Cross-validations whose folds note who computes them, and may do worse."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.training.test_learners import KERNELS, NETWORK, make_data
from trifold.contracts import Array
from trifold.errors import CorpusError
from trifold.training.dataset import Dataset
from trifold.training.learners.base import Fitted, Learner, build_learner
from trifold.training.protocol.crossval import OutOfFold, cross_validate
from trifold.training.protocol.short_scores import shortened_forms
from trifold.workers.base import EngineSettings

PEOPLE, FOLDS = 30, 3
TWO = EngineSettings(workers=2, timeout_s=1e-3)  # which is for files
SMALL = {
    **NETWORK,
    "network": {"_target_": "trifold.network.pooled.PooledFusion", "width": 8},
    "trainer": NETWORK["trainer"] | {"max_epochs": 2},
    "folds": 2,
    "prior": "zero",
    "bagging": False,
    "objective": {},
}
ENSEMBLE = {
    "_target_": "trifold.training.learners.ensemble.EnsembleLearner",
    "members": {"kernels": KERNELS, "network": SMALL},
    "weights": "stacked",
    "calibrate": 1.0,
}


@dataclass
class FitMean:
    """A baseline that processes can be sent."""

    labels: Array

    def __call__(self, fit: Array, test: Array) -> Mapping[str, Array]:
        return {"fit_mean": np.tile(self.labels[fit].mean(0), (len(test), 1))}


def nothing(notes: Path) -> None:
    """For who is only watched."""


@dataclass
class Watched:
    """Fits kernels, says in which process, and does something in the fold that tests p0."""

    notes: Path
    act: Callable[[Path], None] = nothing
    spec: dict = field(default_factory=lambda: KERNELS)

    def check(self, streams: Collection[str], *, has_validation: bool) -> None:
        """Anything can be fitted."""

    def fit(self, data: Dataset, *, seed: int, out: Path) -> Fitted:
        name = f"{seed}-{'others' if 'p0' in data.batch.candidate_ids else 'p0'}"
        (self.notes / f"{os.getpid()}-{name}").touch()
        if name == "0-p0":
            self.act(self.notes)
        return build_learner(self.spec).fit(data, seed=seed, out=out)


def die_once(notes: Path) -> None:
    if not (notes / "died").exists():
        (notes / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)


def die(notes: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang_once(notes: Path) -> None:
    if not (notes / "hung").exists():
        (notes / "hung").touch()
        time.sleep(3600)


def refuse(notes: Path) -> None:
    raise CorpusError(expected="ratings that differ", got="3 for all", where="target 'poise'")


def stumble(notes: Path) -> None:
    raise ZeroDivisionError("no people")


def folds_of(
    out: Path, learner: Learner, engine: EngineSettings = TWO, *, seeds: tuple[int, ...] = (0,)
) -> OutOfFold:
    """By these processes, or those."""
    data = make_data(PEOPLE)
    return cross_validate(
        learner,
        data,
        baselines=FitMean(data.labels),
        coverage=0.8,
        versions=shortened_forms(data).all,
        folds=FOLDS,
        seeds=seeds,
        identity="one",
        out=out,
        engine=engine,
    )


def held(out: Path) -> dict[str, bytes]:
    """Name of a fold and array to its bytes."""
    found = {}
    for path in out.glob("*.npz"):
        with np.load(path) as stored:
            found |= {f"{path.name} {name}": stored[name].tobytes() for name in stored.files}
    return found


def pids(notes: Path) -> set[int]:
    """Of whoever computed a fold."""
    return {int(path.name.split("-")[0]) for path in notes.glob("*-*")}


def all_end(processes: set[int], *, within_s: float = 30.0) -> bool:
    """Whether no process is left after so long."""
    until_s = time.monotonic() + within_s
    while alive := {pid for pid in processes if Path(f"/proc/{pid}/stat").exists()}:
        states = {Path(f"/proc/{pid}/stat").read_text().split()[2] for pid in alive}
        if states == {"Z"} or time.monotonic() > until_s:
            return states == {"Z"}
        time.sleep(0.05)
    return True

"""Folds in several processes: the same scores to the bit, and nothing lost whoever is killed."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch

from tests.factories.processes import fork_context
from tests.training.fold_factory import (
    ENSEMBLE,
    FOLDS,
    TWO,
    Watched,
    all_end,
    die,
    die_once,
    folds_of,
    hang_once,
    held,
    pids,
    refuse,
    stumble,
)
from tests.training.test_learners import KERNELS, make_data
from trifold.errors import CorpusError, InputError
from trifold.training.learners.base import build_learner
from trifold.training.protocol import fold_workers
from trifold.training.protocol.fold_workers import PROCESS_BYTES, default_workers
from trifold.workers.base import INLINE, EngineSettings
from trifold.workers.processes import worker_context

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def server() -> None:
    """One that has loaded what folds need: the many processes of these tests start at once."""
    forkserver._forkserver._stop()
    worker_context("tests.training.fold_factory")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    return tmp_path / "notes"


@pytest.mark.parametrize("spec", [KERNELS, ENSEMBLE], ids=["kernels", "with a network"])
def test_scores_are_the_same_to_the_bit_whoever_computes(spec, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    folds_of(tmp_path / "alone", build_learner(spec), INLINE)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
    folds_of(tmp_path / "two", build_learner(spec), TWO)
    alone = held(tmp_path / "alone")
    assert len({name.split()[0] for name in alone}) == FOLDS
    assert held(tmp_path / "two") == alone
    assert {path.suffix for path in (tmp_path / "two").iterdir()} == {".npz", ".txt"}


@pytest.mark.skipif(not os.environ.get("TRIFOLD_TEST_RAY"), reason="asked for: TRIFOLD_TEST_RAY=1")
def test_actors_of_a_cluster_give_the_same(tmp_path: Path) -> None:
    folds_of(tmp_path / "alone", build_learner(KERNELS), INLINE)
    folds_of(tmp_path / "ray", build_learner(KERNELS), replace(TWO, engine="ray"))
    assert held(tmp_path / "ray") == held(tmp_path / "alone")


def test_a_killed_worker_costs_its_own_fold_which_is_done_again(notes: Path, tmp_path) -> None:
    folds_of(tmp_path / "whole", Watched(notes), INLINE)
    folds_of(tmp_path / "killed", Watched(notes, die_once))
    assert (notes / "died").exists()
    assert held(tmp_path / "killed") == held(tmp_path / "whole")


def test_a_fold_that_kills_twice_is_named_and_the_others_are_kept(notes, tmp_path: Path) -> None:
    message = r"fold \d of 3 with seed 0: expected a process that lives.* got two that died"
    with pytest.raises(InputError, match=message):
        folds_of(tmp_path / "run", Watched(notes, die))
    done = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run").glob("*.npz")}
    assert done
    folds_of(tmp_path / "run", Watched(notes))
    now = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run").glob("*.npz")}
    assert len(now) == FOLDS
    assert done.items() <= now.items()


@pytest.mark.parametrize("engine", [INLINE, TWO], ids=["in this process", "in two"])
def test_a_fold_that_fails_names_itself_and_keeps_its_error(engine, notes, tmp_path: Path) -> None:
    message = r"^fold \d of 3 with seed 0, target 'poise': expected ratings that differ, got 3 for"
    with pytest.raises(CorpusError, match=message):
        folds_of(tmp_path / "run", Watched(notes, refuse), engine)
    assert [path.name for path in (tmp_path / "run").glob("work*")] == []


def test_a_fault_of_ours_keeps_its_kind_and_says_where_it_arose(notes, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError, match="no people") as caught:
        folds_of(tmp_path / "run", Watched(notes, stumble))
    told = "".join(caught.value.__notes__)
    assert "of 3 with seed 0" in told
    assert "in stumble\n" in told


def run_to_the_end(out: Path, notes: Path) -> None:
    folds_of(out, Watched(notes, hang_once), seeds=(0, 1))


def begun(out: Path, notes: Path) -> BaseProcess:
    """A run in a process of its own, when some folds are done and another hangs."""
    process = fork_context("tests.training.test_fold_workers").Process(
        target=run_to_the_end, args=(out, notes)
    )
    process.start()
    until_s = time.monotonic() + 120
    while len(list(out.glob("seed*.npz"))) < 2 or not (notes / "hung").exists():
        assert process.is_alive(), "it ended by itself"
        assert time.monotonic() < until_s
        time.sleep(0.05)
    return process


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes in /proc")
def test_a_killed_run_ends_its_workers_and_goes_on_where_it_was(notes, tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = begun(out, notes)
    process.kill()
    process.join()
    assert len(pids(notes)) == 2
    assert all_end(pids(notes))
    done = {path.name: path.stat().st_mtime_ns for path in out.glob("seed*-fold?.npz")}
    assert len(done) < 2 * FOLDS
    folds_of(out, Watched(notes), seeds=(0, 1))
    now = {path.name: path.stat().st_mtime_ns for path in out.glob("*.npz")}
    assert len(now) == 2 * FOLDS
    assert done.items() <= now.items()
    folds_of(tmp_path / "whole", Watched(notes), INLINE, seeds=(0, 1))
    assert held(out) == held(tmp_path / "whole")


@pytest.mark.parametrize(
    ("workers", "gpu"),
    [(None, False), (1, False), (2, True)],
    ids=["few people", "one worker", "beside a GPU"],
)
def test_a_single_process_is_this_one(workers, gpu, notes, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: gpu)
    folds_of(tmp_path / "run", Watched(notes), EngineSettings(workers=workers))
    assert pids(notes) == {os.getpid()}


@pytest.mark.parametrize(
    ("people", "left", "workers"),
    [(99, None, 1), (100, None, 8), (100, 2 * PROCESS_BYTES + 2**20, 2), (100, 1, 1)],
    ids=["few people", "nobody tells", "some memory", "little memory"],
)
def test_processes_are_as_many_as_pay_and_fit(people, left, workers, monkeypatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(fold_workers, "available_bytes", lambda: left)
    assert default_workers(make_data(people)) == workers


def test_a_single_fold_that_is_left_needs_no_other_process(notes, tmp_path: Path) -> None:
    folds_of(tmp_path / "run", Watched(notes), INLINE)
    (tmp_path / "run/seed0-fold1.npz").unlink()
    folds_of(tmp_path / "run", Watched(notes), TWO)
    assert pids(notes) == {os.getpid()}

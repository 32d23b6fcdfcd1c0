"""Where worker processes come from."""

from __future__ import annotations

import sys
from multiprocessing import forkserver
from pathlib import Path

import pytest

from trifold.workers import processes as workers
from trifold.workers.processes import start_ahead, worker_context

SLOW = "transformers.models.bert.modeling_bert"


@pytest.fixture(autouse=True)
def no_server() -> None:
    """Other tests of this process may have started one that has loaded something else."""
    forkserver._forkserver._stop()


def _loaded(queue) -> None:
    """Whether a fresh worker finds the slowest module loaded; run in one."""
    queue.put(SLOW in sys.modules)


def _found_loaded() -> bool:
    context = worker_context()
    queue = context.SimpleQueue()
    process = context.Process(target=_loaded, args=(queue,))
    process.start()
    found = queue.get()
    process.join()
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux alone")
def test_forked_workers_have_loaded_what_encoders_need(monkeypatch) -> None:
    monkeypatch.setattr(workers, "GPU_DRIVERS", ())
    assert _found_loaded()


def test_beside_a_gpu_workers_start_afresh(monkeypatch, tmp_path: Path) -> None:
    """Without what the parent loaded, as a driver that it may have opened must not be copied."""
    (tmp_path / "driver").touch()
    monkeypatch.setattr(workers, "GPU_DRIVERS", (str(tmp_path / "driver"),))
    assert worker_context().get_start_method() == "spawn"
    assert not _found_loaded()


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux alone")
def test_starting_ahead_starts_one_process_however_often(monkeypatch) -> None:
    monkeypatch.setattr(workers, "GPU_DRIVERS", ())
    start_ahead()
    first = forkserver._forkserver._forkserver_pid
    start_ahead()
    assert first is not None
    assert forkserver._forkserver._forkserver_pid == first

"""Every engine does every item once, whatever becomes of the worker that holds it."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
import torch

from trifold.errors import InputError
from trifold.runtime.sandbox.mode import OFF, TRY, mode, use_mode
from trifold.workers import devices
from trifold.workers.base import EngineSettings, Lost, died
from trifold.workers.choice import make_engine, sized
from trifold.workers.inline import InlineEngine
from trifold.workers.local import LocalEngine
from trifold.workers.pool import run_all, run_groups

pytestmark = pytest.mark.slow

LOCAL = EngineSettings(workers=2)


class Squares:
    """Squares numbers; some end, stop or fail instead."""

    def __init__(self, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)

    def __call__(self, items: Sequence[int | str]) -> list[int]:
        return [self._one(item) for item in items]

    def _one(self, item: int | str) -> int:
        if item == "die":
            os._exit(3)
        if item == "sleep":
            time.sleep(3600)
        if item == "threads":
            return torch.get_num_threads()
        return int(item) ** 2  # no number fails


class Streamed(Squares):
    """The same, told one by one."""

    def __call__(self, items: Sequence[int | str]) -> Iterator[int]:
        yield from map(self._one, items)


def never() -> Callable[[Sequence[int]], list[int]]:
    raise RuntimeError("no model")


def outcomes(
    items: Sequence[int | str], settings: EngineSettings, *, by: type = Squares, **options
) -> list[int | Lost]:
    """In the order of the items, each of which must have exactly one."""
    with make_engine(by, settings) as engine:
        found = list(run_all(items, engine, **options))
    assert sorted(number for number, _ in found) == list(range(len(items)))
    return [outcome for _, outcome in sorted(found, key=lambda pair: pair[0])]


def codes(found: Sequence[int | Lost]) -> list[int | str]:
    return [outcome.code if isinstance(outcome, Lost) else outcome for outcome in found]


@pytest.mark.parametrize("by", [Squares, Streamed])
@pytest.mark.parametrize(
    ("engine", "together"),
    [("inline", 1), ("inline", 3), ("local", 1), ("local", 3), ("ray", 3)],
)
def test_every_engine_gives_the_same(engine: str, together: int, by: type) -> None:
    if engine == "ray":
        pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    items = [*range(6), "boom", 7]
    settings = EngineSettings(engine=engine, workers=2)
    found = outcomes(items, settings, by=by, together=together)
    assert codes(found) == [0, 1, 4, 9, 16, 25, "INTERNAL_ERROR", 49]
    assert found[6].message == "ValueError while working on this"  # and none of its text


@pytest.mark.parametrize(("together", "by"), [(1, Squares), (4, Squares), (4, Streamed)])
def test_what_kills_or_hangs_costs_itself_alone(together: int, by: type) -> None:
    settings = EngineSettings(workers=2, timeout_s=1.0)
    found = outcomes([1, 2, "die", 3, 4, "sleep", 5], settings, by=by, together=together)
    assert codes(found) == [1, 4, "WORKER_DIED", 9, 16, "TIMED_OUT", 25]
    assert [lost.message for lost in found if isinstance(lost, Lost)] == [
        "the process that worked on this died, twice", "not done after 1 s",
    ]  # fmt: skip


class Naps(Streamed):
    """Sleeps for so many tenths of a second."""

    def _one(self, item: int | str) -> int:
        time.sleep(int(item) / 10)
        return int(item)


@pytest.mark.parametrize("engine", ["inline", "local"])
def test_time_is_limited_for_each_item_and_not_for_all_of_a_task(engine: str) -> None:
    settings = EngineSettings(engine=engine, workers=1, timeout_s=1.0)
    with make_engine(Naps, settings) as started:
        found = list(run_all([4, 4, 4, 0], started, together=4))
    assert found == [(0, 4), (1, 4), (2, 4), (3, 0)]


@pytest.mark.parametrize("engine", ["inline", "local"])
def test_outcomes_are_told_before_the_task_is_done_and_never_done_twice(engine: str) -> None:
    with make_engine(Streamed, EngineSettings(engine=engine, workers=1, timeout_s=2)) as started:
        told = run_all([1, 2, "sleep"], started, together=3)
        begun_s = time.monotonic()
        assert [next(told), next(told)] == [(0, 1), (1, 4)]
        assert engine == "local" or time.monotonic() - begun_s < 1  # processes take time to start
        assert codes([outcome for _, outcome in told]) == ["TIMED_OUT"]


def test_no_items_are_no_work() -> None:
    assert outcomes([], LOCAL) == outcomes([], EngineSettings(engine="inline")) == []


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_in_this_process_time_is_limited_and_threads_are_given_back() -> None:
    settings = EngineSettings(engine="inline", timeout_s=0.2)
    with make_engine(partial(Squares, 1), settings) as engine:
        found = [outcome for _, outcome in run_all(["threads", "sleep", 3], engine)]
    assert codes(found) == [1, "TIMED_OUT", 9]
    assert torch.get_num_threads() == 2


def test_workers_that_cannot_start_are_an_error_not_a_hang() -> None:
    with (
        pytest.raises(InputError, match="expected worker processes that start, got one that ended"),
        make_engine(never, LOCAL) as engine,
    ):
        list(run_all([1, 2], engine))


def stopped_at_the_first(engine: LocalEngine, processes: list) -> None:
    """As Ctrl-C does it, with others at work."""
    with engine:
        processes += [worker.process for worker in engine._workers]
        for number, _ in run_all([1, "sleep", "sleep"], engine):
            assert number == 0
            raise KeyboardInterrupt


def test_leaving_early_ends_all_workers_at_once() -> None:
    processes: list = []
    with pytest.raises(KeyboardInterrupt):
        stopped_at_the_first(LocalEngine(Squares, workers=2), processes)
    assert len(processes) == 2
    assert not any(process.is_alive() for process in processes)


class Unlucky(InlineEngine):
    """Loses tasks at random, as if their processes had died."""

    def __init__(self, seed: int) -> None:
        super().__init__(Squares)
        self.random, self.given = random.Random(seed), Counter[int]()

    def submit(self, key: int, task: Sequence[int]) -> None:
        self.given.update(task)
        super().submit(key, task)

    def done(self) -> list:
        return [(k, died() if self.random.random() < 0.3 else o) for k, o in super().done()]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("together", [1, 4])
def test_nothing_is_lost_doubled_or_tried_for_ever(seed: int, together: int) -> None:
    with Unlucky(seed) as engine:
        found = dict(run_all(range(30), engine, together=together))
    assert sorted(found) == list(range(30))
    for number, outcome in found.items():
        assert outcome == number**2 or outcome.code == "WORKER_DIED"
    assert max(engine.given.values()) <= 2


def test_an_outcome_may_bring_more_work() -> None:
    """As the last file of a person brings the scoring of all of them."""
    waiting: list[tuple[str, int]] = [("first", 3)]

    def next_group() -> list[tuple[str, int]]:
        return [waiting.pop()] if waiting else []

    seen = []
    with InlineEngine(Squares) as engine:
        for key, outcome in run_groups(next_group, engine):
            seen.append((key, outcome))
            if key == "first":
                waiting.append(("second", outcome))
    assert seen == [("first", 9), ("second", 81)]


def test_each_process_gets_a_gpu_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "accelerators", lambda: ["cuda:0", "cuda:1"])
    assert devices.devices_for(3) == ["cuda:0", "cuda:1", "cuda:0"]
    monkeypatch.setattr(devices, "accelerators", list)
    assert devices.devices_for(2) == ["", ""]


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (EngineSettings(), ("local", 4)),
        (EngineSettings(workers=9), ("local", 6)),
        (EngineSettings(workers=1), ("inline", 1)),
        (EngineSettings(engine="inline"), ("inline", None)),
        (EngineSettings(engine="ray"), ("ray", None)),
    ],
)
def test_one_worker_of_this_machine_is_this_process(settings, wanted) -> None:
    found = sized(settings, default_workers=4, tasks=6)
    assert (found.engine, found.workers) == wanted


@pytest.mark.parametrize("made", [make_engine, sized])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (EngineSettings(engine="cloud"), "expected engine among local, ray, inline, got 'cloud'"),
        (EngineSettings(workers=0), "expected at least one worker, got 0"),
        (EngineSettings(sandbox="on"), "modes of sandbox among require, try, off, got 'on'"),
    ],
)
def test_unknown_settings_are_refused(made, settings, message: str) -> None:
    options = {"default_workers": 1, "tasks": 1} if made is sized else {"factory": Squares}
    with pytest.raises(InputError, match=message):
        made(settings=settings, **options)


def modes(items: Sequence[int]) -> list[str]:
    return [mode() for _ in items]


def tell_modes() -> Callable[[Sequence[int]], list[str]]:
    return modes


@pytest.mark.parametrize("engine", ["local", "inline"])
def test_workers_open_files_as_was_asked_for(engine: str) -> None:
    settings = EngineSettings(engine=engine, workers=1, sandbox=OFF)
    try:
        with make_engine(tell_modes, settings) as started:
            assert list(run_all([1], started)) == [(0, OFF)]
    finally:
        use_mode(TRY)

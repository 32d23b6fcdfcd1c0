"""A replica without Ray: one real worker, asked in bytes. One event loop and model for the file."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.serve.serve_factory import write_tiny_bundle
from trifold.serve.access.identity import SCORE, Caller
from trifold.serve.cluster.messages import of_request, response_of
from trifold.serve.cluster.replica import FAILED, Replica, ReplicaTask, digests_of
from trifold.serve.cluster.replicas import failure_in
from trifold.serve.engine.store import Store
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.operations.staging import Serving
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings

pytestmark = pytest.mark.slow

RIGHTS = Caller("ann", frozenset([SCORE])).to_headers()


def ask(facts: object) -> bytes:
    body = json.dumps(facts).encode()
    return of_request(UpstreamRequest("", body, "application/json", "ann", RIGHTS))


GOOD = ask({"answers": [{"transcript": "I plan."}]})


@pytest.fixture(scope="module")
def task(tmp_path_factory) -> ReplicaTask:
    root = tmp_path_factory.mktemp("replica")
    (root / "uploads").mkdir()
    settings = Settings(work_dir=str(root / "uploads"), max_seconds=60)
    store = Store(root / "store", settings)
    model = store.put_bundle(write_tiny_bundle(root / "bundle"), "m", "1.0", Serving(3))
    return ReplicaTask(model, digests_of(model.bundle), settings, here=True)


@pytest.fixture(scope="module")
def loop():
    with asyncio.Runner() as runner:
        yield runner


async def opened(task: ReplicaTask) -> Replica:
    """As Ray Serve makes one, which waits for ``__init__``; pytest keeps its own program."""
    replica, main = Replica.__new__(Replica), vars(sys.modules["__main__"])
    program = {name: main[name] for name in ("__file__",) if name in main}
    try:
        await replica.__init__(task)  # type: ignore[misc]
    finally:
        main |= program
    return replica


@pytest.fixture(scope="module")
def replica(task: ReplicaTask, loop):
    found = loop.run(opened(task))
    yield found
    loop.run(found.__del__())
    assert list(Path(task.settings.work_dir).iterdir()) == []


def test_one_worker_answers_and_what_it_measured_is_told_once(replica: Replica, loop) -> None:
    answers = [response_of(loop.run(replica(GOOD))) for _ in range(2)]
    assert len(replica._pool.pids) == 1  # whatever the model says of all replicas together
    for answer, measured, ends in answers:
        assert isinstance(answer, UpstreamResponse)
        assert (answer.status, len(measured), ends) == (200, 1, 0)
        assert {"read", "predict"} <= set(measured[0].seconds)
    bodies = {answer.body for answer, _, _ in answers if isinstance(answer, UpstreamResponse)}
    assert len(bodies) == 1
    refused, (measured,), _ = response_of(loop.run(replica(ask({"answers": []}))))
    assert isinstance(refused, UpstreamResponse)
    assert (refused.status, measured.codes) == (400, ["BAD_FIELD"])


def test_a_worker_that_dies_is_told_and_the_next_one_answers(replica: Replica, loop) -> None:
    async def steps():
        (pid,) = replica._pool.pids
        os.kill(pid, signal.SIGSTOP)
        waiting = asyncio.ensure_future(replica(GOOD))
        await asyncio.sleep(0.2)
        psutil.Process(pid).kill()
        return await waiting, await replica(GOOD)

    lost, answer = loop.run(steps())
    problem, _, _ = response_of(lost)
    assert isinstance(problem, Problem)
    assert (problem.status, problem.code) == (503, "WORKER_DIED")
    found, _, ends = response_of(answer)
    assert isinstance(found, UpstreamResponse)
    assert (found.status, ends) == (200, 1)


def test_a_machine_that_sees_another_bundle_says_so_and_loads_none(task, loop) -> None:
    other = replace(task, digests=task.digests | {"bundle.json": "0" * 64})
    with pytest.raises(RuntimeError, match=FAILED) as raised:
        loop.run(opened(other))
    expected = "expected out=FOLDER on a file system that every machine of the cluster sees"
    assert expected in str(failure_in(str(raised.value)))

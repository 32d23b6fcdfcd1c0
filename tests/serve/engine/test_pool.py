"""Real workers of the gateway's own, and what becomes of them and of those who wait for them.

One event loop and one model for the file.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from pathlib import Path

import psutil
import pytest

import trifold.serve.engine.pool
from tests.serve.serve_factory import write_tiny_bundle
from trifold.errors import BundleError, InputError
from trifold.serve.access.identity import SCORE, Caller
from trifold.serve.engine.models import Models
from trifold.serve.engine.store import Store
from trifold.serve.gateway.upstream import UpstreamRequest
from trifold.serve.operations.server import ServerError
from trifold.serve.operations.staging import Serving
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings

pytestmark = pytest.mark.slow

RIGHTS = Caller("ann", frozenset([SCORE])).to_headers()
MAX_S = 20.0


def ask(path: str = "/predictions/m", text: str = "I plan.") -> UpstreamRequest:
    body = json.dumps({"answers": [{"transcript": text}]}).encode()
    return UpstreamRequest(path, body, "application/json", "ann", RIGHTS)


async def until(good, seconds: float = 120.0) -> None:
    async with asyncio.timeout(seconds):
        while not good():
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    return Settings(work_dir=str(tmp_path_factory.mktemp("uploads")), max_seconds=MAX_S)


@pytest.fixture(scope="module")
def store(settings: Settings, tmp_path_factory) -> Store:
    root = tmp_path_factory.mktemp("pool")
    store = Store(root / "store", settings)
    write_tiny_bundle(root / "bundle")
    store.put_bundle(root / "bundle", "m", "1.0", Serving(1))
    store.set_default("m", "1.0")
    return store


@pytest.fixture(scope="module")
def loop():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def models(store: Store, settings: Settings, loop):
    async def opened() -> Models:
        return Models(store, settings)

    found = loop.run(opened())
    yield found
    loop.run(found.close())


def test_who_asks_while_workers_load_is_answered(models: Models, loop) -> None:
    async def steps():
        assert not await models.healthy()
        answer = await models.once(ask())
        assert await models.healthy()
        return answer

    answer = loop.run(steps())
    assert answer.status == 200
    assert json.loads(answer.body)["model_version"] == "1.0"


def test_a_model_that_is_not_there_is_404(models: Models, loop) -> None:
    for path in ("/predictions/other", "/predictions/m/2.0"):
        with pytest.raises(Problem) as raised:
            loop.run(models.once(ask(path)))
        assert (raised.value.status, raised.value.code) == (404, "NO_SUCH_MODEL")


def test_nobody_waits_longer_than_the_patience_that_is_set(
    models: Models, loop, monkeypatch
) -> None:
    monkeypatch.setattr(Settings, "patience_s", 0.5)

    async def steps():
        (pid,) = models.pool("m").pids
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(Problem) as raised:
                await models.once(ask())
        finally:
            os.kill(pid, signal.SIGCONT)
        await until(lambda: not models.pool("m").pending)
        monkeypatch.undo()
        return raised.value, await models.once(ask())

    refused, answer = loop.run(steps())
    assert (refused.status, refused.code) == (503, "TIMEOUT")
    assert answer.status == 200


def test_a_worker_that_never_comes_back_is_ended_and_its_request_is_out_of_time(
    models: Models, settings: Settings, loop, monkeypatch
) -> None:
    monkeypatch.setattr(trifold.serve.engine.pool, "SPARE_S", 1.0 - MAX_S)

    async def steps():
        (pid,) = models.pool("m").pids
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(Problem) as raised:
            await models.ask(ask())
        await until(lambda: models.pool("m").pids not in ([], [pid]))
        return raised.value, await models.once(ask())

    refused, answer = loop.run(steps())
    assert (refused.status, refused.code) == (422, "OUT_OF_TIME")
    assert answer.status == 200
    assert list(Path(settings.work_dir).iterdir()) == []


def test_a_worker_that_dies_takes_its_request_along_and_no_other(models: Models, loop) -> None:
    async def steps():
        (pid,) = models.pool("m").pids
        os.kill(pid, signal.SIGSTOP)
        waiting = [asyncio.ensure_future(models.once(ask(text="I plan. " * n))) for n in (1, 2)]
        await asyncio.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        return await asyncio.gather(*waiting, return_exceptions=True)

    lost, answer = loop.run(steps())
    assert (lost.status, lost.code) == (503, "WORKER_DIED")
    assert answer.status == 200


def test_a_worker_is_ended_also_when_what_forked_it_is_gone(models: Models, loop) -> None:
    async def steps():
        (pid,) = models.pool("m").pids
        parent = psutil.Process(pid).parent()
        parent.kill()
        os.kill(pid, signal.SIGSTOP)
        (keeper,) = models.pool("m")._workers.values()
        keeper.end()
        await until(lambda: models.pool("m").pids not in ([], [pid]))
        return pid, await models.once(ask())

    pid, answer = loop.run(steps())
    assert not psutil.pid_exists(pid)
    assert answer.status == 200


def test_the_next_version_is_warm_before_it_answers_and_the_old_one_answers_to_its_end(
    models: Models, store: Store, loop, tmp_path: Path
) -> None:
    bundle = write_tiny_bundle(tmp_path / "bundle", seed=1)
    found = store.put_bundle(bundle, "m", "2.0", Serving(1, 3, 50))
    shutil.rmtree(bundle)  # the store has its own copy

    async def steps():
        await models.add(found)
        with pytest.raises(InputError, match="expected a version that is not the default"):
            await models.remove("m", "1.0")
        models.choose("m", "2.0")
        last = asyncio.ensure_future(models.once(ask("/predictions/m/1.0")))
        await asyncio.sleep(0)
        await models.remove("m", "1.0")
        return last.result(), await asyncio.gather(*(models.once(ask()) for _ in range(5)))

    last, new = loop.run(steps())
    assert json.loads(last.body)["model_version"] == "1.0"
    assert {json.loads(answer.body)["model_version"] for answer in new} == {"2.0"}
    assert len({answer.body for answer in new}) == 1  # of whatever batch
    assert [model.version for model in store.models()] == ["2.0"]
    with pytest.raises(InputError, match=r"m: expected another version than 2\.0, got one that is"):
        store.put_bundle(found.bundle, "m", "2.0", Serving(1))


def test_a_version_that_cannot_be_loaded_is_told_and_changes_nothing(
    models: Models, store: Store, loop, tmp_path: Path
) -> None:
    bundle = write_tiny_bundle(tmp_path / "bundle", seed=2)
    (bundle / "weights.safetensors").write_bytes(b"no weights")
    found = store.put_bundle(bundle, "m", "3.0", Serving(1))
    with pytest.raises(ServerError, match=r"weights\.safetensors|expected .*, got "):
        loop.run(models.add(found))
    store.remove(found)
    assert [pool.model.version for pool in models.all_of("m")] == ["2.0"]
    assert loop.run(models.once(ask())).status == 200


def test_without_a_bundle_nothing_gets_into_the_store(store: Store, tmp_path: Path) -> None:
    before = store.models()
    with pytest.raises(BundleError, match=r"expected a run folder with bundle\.json"):
        store.put_bundle(tmp_path, "m", "9", Serving(1))
    with pytest.raises(InputError, match="expected a name of letters and digits"):
        store.put_bundle(tmp_path, "../m", "9", Serving(1))
    assert store.models() == before
    assert store.default("m") == "2.0"

"""Workers: what they run ends with them, what they leave goes on, what is cancelled stops."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.factories.processes import fork_context
from tests.factories.studios import TestedStudio
from tests.studio.jobs import kinds_of_tests
from tests.studio.jobs.steps import STEP_S
from tests.studio.jobs.test_queue import job_of
from trifold.studio.jobs import queue
from trifold.studio.jobs.worker import Worker, job_folder

LONGEST_S = 60.0


def add(studio: TestedStudio, **spec: object) -> str:
    with studio.studio.database.writing() as session:
        account = studio.accounts["psychologist"]
        told = {"project_id": studio.project, "account_id": account, "kind": "steps"}
        return queue.enqueue(session, spec=spec, **told).id


def until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + LONGEST_S
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def log_of(studio: TestedStudio, job_id: str) -> list[str]:
    path = studio.studio.settings.home / "steps" / job_id / "log"
    return path.read_text().splitlines() if path.exists() else []


def test_kill_9_of_workers_at_random_moments_loses_nothing(studio: TestedStudio) -> None:
    context, database = fork_context("trifold.studio.jobs.worker"), studio.studio.database
    ids = [add(studio, number=n) for n in range(2)]
    moments = random.Random(7)
    for number in range(12):
        name = f"worker {number}"
        told = (studio.studio.settings.plain(), name)
        worker = context.Process(target=kinds_of_tests.work, args=told)
        worker.start()
        if number < 3:
            began = len(log_of(studio, ids[0]))
            until(lambda began=began: len(log_of(studio, ids[0])) > began)
            time.sleep(moments.uniform(0, 2 * STEP_S))
        else:
            until(lambda: all(job_of(database, one).state == "done" for one in ids))
        worker.kill()
        worker.join()
        queue.requeue_dead(database, worker=name)
        if number >= 3:
            break
    assert {job_of(database, one).message for one in ids} == {"all steps are done"}
    for one in ids:
        assert len(list((studio.studio.settings.home / "steps" / one).glob("step-*"))) == 5
        log = log_of(studio, one)  # two attempts at a time would mix their steps
        assert log[-10:] == [f"{word} {n}" for n in range(5) for word in ("begin", "end")]


@pytest.fixture
def worker(sqlite_studio: TestedStudio) -> Worker:
    return Worker(sqlite_studio.studio, "here", kinds=kinds_of_tests.KINDS, poll_s=0.05)


def done_by(worker: Worker, studio: TestedStudio, job_id: str) -> None:
    job = queue.claim(studio.studio.database, worker.name)
    assert job is not None
    assert job.id == job_id
    worker.do(job)


def test_a_job_that_fails_says_why_in_one_line(sqlite_studio, worker) -> None:
    one = add(sqlite_studio, fails=True)
    done_by(worker, sqlite_studio, one)
    found = job_of(sqlite_studio.studio.database, one)
    assert (found.state, found.message) == ("failed", "expected something, got nothing")
    folder: Path = job_folder(sqlite_studio.studio, found)
    assert (folder / "log.txt").stat().st_mode & 0o077 == 0


def test_a_cancelled_job_is_stopped_within_seconds(sqlite_studio, worker) -> None:
    one = add(sqlite_studio, step_s=30)
    database = sqlite_studio.studio.database

    def cancel() -> None:
        until(lambda: bool(log_of(sqlite_studio, one)))
        with database.writing() as session:
            queue.cancel(session, sqlite_studio.project, one)

    thread = threading.Thread(target=cancel)
    thread.start()
    started_s = time.monotonic()
    done_by(worker, sqlite_studio, one)
    thread.join()
    assert time.monotonic() - started_s < 25
    assert job_of(database, one).state == "cancelled"
    assert log_of(sqlite_studio, one) == ["begin 0"]


def test_an_unknown_kind_fails_alone(sqlite_studio, worker) -> None:
    with sqlite_studio.studio.database.writing() as session:
        account = sqlite_studio.accounts["psychologist"]
        told = {"project_id": sqlite_studio.project, "account_id": account}
        one = queue.enqueue(session, kind="later", spec={}, **told).id
    done_by(worker, sqlite_studio, one)
    found = job_of(sqlite_studio.studio.database, one)
    assert found.state == "failed"

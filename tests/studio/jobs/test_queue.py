"""The queue: every job is somebody's, once at a time, and nobody's death loses one."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.factories.studios import TestedStudio
from trifold.database.engine import Database
from trifold.studio.database.work import Job
from trifold.studio.jobs import queue


@pytest.fixture
def database(studio: TestedStudio) -> Database:
    with studio.studio.database.writing() as session:
        session.query(Job).delete()
    return studio.studio.database


def add(studio: TestedStudio, count: int = 1, kind: str = "steps") -> list[str]:
    with studio.studio.database.writing() as session:
        return [
            queue.enqueue(
                session,
                project_id=studio.project,
                account_id=studio.accounts["psychologist"],
                kind=kind,
                spec={"number": number},
            ).id
            for number in range(count)
        ]


def job_of(database: Database, job_id: str) -> Job:
    with database.reading() as session:
        found = session.get_one(Job, job_id)
        session.expunge(found)
        return found


def test_many_workers_never_take_one_job_twice(studio, database) -> None:
    ids = add(studio, 24)

    def take(name: str) -> list[str]:
        taken = []
        while (job := queue.claim(database, name)) is not None:
            taken.append(job.id)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [one for some in pool.map(take, "abcd") for one in some]
    assert Counter(taken) == Counter(ids)


def test_jobs_are_taken_in_the_order_in_which_they_came(studio, database) -> None:
    ids = add(studio, 3)
    assert [queue.claim(database, "a").id for _ in ids] == ids
    assert queue.claim(database, "a") is None


def test_what_waits_already_is_not_asked_for_twice(studio, database) -> None:
    assert add(studio) == add(studio)
    queue.claim(database, "a")
    assert len({*add(studio), *add(studio)}) == 1


def test_a_job_of_the_dead_waits_again_and_is_no_longer_theirs(
    studio, database, monkeypatch
) -> None:
    monkeypatch.setattr(queue, "LEASE_S", -1.0)
    add(studio)
    dead = queue.claim(database, "dead")
    assert queue.requeue_dead(database) == 1
    monkeypatch.undo()
    heir = queue.claim(database, "heir")
    assert (heir.id, heir.attempts) == (dead.id, 2)
    assert not queue.renew(database, dead)
    assert not queue.finish(database, dead, state=queue.DONE)
    assert queue.renew(database, heir, progress=0.5, message="half")
    assert queue.requeue_dead(database) == 0
    assert queue.requeue_dead(database, worker="heir") == 1


def test_what_kills_every_worker_fails_in_the_end(studio, database, monkeypatch) -> None:
    monkeypatch.setattr(queue, "LEASE_S", -1.0)
    (one,) = add(studio)
    for _ in range(queue.MOST_ATTEMPTS):
        assert queue.claim(database, "a") is not None
        queue.requeue_dead(database)
    assert queue.claim(database, "a") is None
    assert (job_of(database, one).state, job_of(database, one).message) == (
        "failed",
        "it was begun 20 times and never came to an end",
    )


def test_a_worker_that_stops_in_order_does_not_use_up_an_attempt(studio, database) -> None:
    (one,) = add(studio)
    for _ in range(3):
        queue.give_back(database, queue.claim(database, "a"), counted=False)
    assert job_of(database, one).attempts == 0
    queue.give_back(database, queue.claim(database, "a"), counted=True)
    assert job_of(database, one).attempts == 1


def test_a_cancelled_job_is_not_finished_and_may_go_on(studio, database) -> None:
    (one,) = add(studio)
    held = queue.claim(database, "a")
    with database.writing() as session:
        assert not queue.cancel(session, studio.elsewhere, one)
        assert queue.cancel(session, studio.project, one)
    assert not queue.renew(database, held)
    assert not queue.finish(database, held, state=queue.DONE)
    assert job_of(database, one).state == "cancelled"
    with database.writing() as session:
        assert not queue.go_on(session, studio.elsewhere, one)
        assert queue.go_on(session, studio.project, one)
        assert not queue.cancel(session, studio.project, "nothing")
    assert queue.claim(database, "b").id == one

"""The endpoint's tables, and what of a candidate can be found in the database: nothing."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from trifold.database.engine import BUSY_MS, Database
from trifold.errors import InputError
from trifold.serve.database.job_place import JobPlace
from trifold.serve.database.job_queue import MOST_DEATHS, JobQueue
from trifold.serve.database.opened import open_database
from trifold.serve.database.tables import MIGRATIONS, Base, BodyPart, JobRow
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.worker.forgotten import ForgottenCandidate

NAME, SAID = "Ann Example", b"I plan every step with the team"
BODY = b'{"candidate_id": "Ann Example", "said": "' + SAID * 50_000 + b'"}'
ANSWER = UpstreamResponse(200, b'{"candidate": {"candidate_id": "Ann Example"}}', "a/b", {"X": "y"})
FORGET = UpstreamRequest("/predictions/trifold", b'{"forget": "Ann Example"}', "a/b", "bob")


@pytest.fixture
def settings(database_setting: str) -> Settings:
    return Settings(database=database_setting)


@pytest.fixture
def place(database, settings: Settings, tmp_path: Path):
    found = JobPlace(tmp_path, settings, database)
    yield found
    found.close()


def asked(body: bytes = BODY) -> UpstreamRequest:
    return UpstreamRequest("/predictions/trifold", body, "a/b", "bob", {"X-Caller-Id": "bob"})


def test_migrations_make_the_tables_of_the_code(database) -> None:
    with database.engine.connect() as connection:
        options = {"compare_type": True, "version_table": MIGRATIONS.table}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_what_nobody_waits_for_the_disk_with_is_written_so_and_nothing_else(database) -> None:
    shown = "PRAGMA synchronous" if database.is_sqlite else "SHOW synchronous_commit"
    safe, quick = (2, 1) if database.is_sqlite else ("on", "off")
    with database.engine.connect() as connection:  # the tests' server is quick as it is
        if not database.is_sqlite:
            connection.exec_driver_sql("SET synchronous_commit TO on")
            connection.commit()
    for lasting, expected in ((True, safe), (False, quick), (True, safe)):
        with database.writing(lasting=lasting) as session:
            assert session.scalar(text(shown)) == expected


def contents(database, folder: Path) -> bytes:
    """All bytes of SQLite's files, or all that PostgreSQL says is in the tables."""
    if database.is_sqlite:
        return b"".join(path.read_bytes() for path in folder.glob("endpoint.sqlite3*"))
    with database.reading() as session:
        rows = [
            row for table in Base.metadata.sorted_tables for row in session.execute(select(table))
        ]
    return b"".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)


def test_nothing_of_a_candidate_is_legible_and_nothing_is_left(database, place, tmp_path) -> None:
    def sealed() -> bytes:
        """Of a body; its beginning, which SQLite keeps in one piece."""
        with database.reading() as session:
            return session.scalar(select(BodyPart.content).limit(1))

    def is_clean() -> bool:
        held = contents(database, tmp_path)
        return not (SAID in held or NAME.encode() in held or b"sk-ann" in held)

    job = place.store.submit(asked(), "sk-ann")
    body = sealed()[200:220]
    assert body in contents(database, tmp_path)
    assert is_clean()
    claimed = place.queue.claim()
    assert (claimed.ask, claimed.job_id) == (asked(), job.job_id)
    assert place.queue.finish(job.job_id, ANSWER, ()) == []
    assert body not in contents(database, tmp_path)
    assert place.store.find(job.job_id, "bob").answer == ANSWER
    assert is_clean()
    with database.reading() as session:
        answer = session.get(JobRow, job.job_id).answer
    assert place.store.forget(FORGET, ForgottenCandidate(NAME, everyone=False)) == 1
    held = contents(database, tmp_path)
    assert answer not in held
    assert job.job_id.encode() not in held
    other = place.store.submit(asked(), None)
    body = sealed()[200:220]
    place.store.remove(other.job_id, "bob")
    assert body not in contents(database, tmp_path)
    place.store.limits = replace(place.store.limits, ttl_s=0.0)
    last = place.store.submit(asked(b"{}"), None)
    place.queue.claim()
    place.queue.finish(last.job_id, ANSWER, ())
    place.store.expire()
    assert last.job_id.encode() not in contents(database, tmp_path)


def test_who_was_to_be_forgotten_while_a_job_ran_is_forgotten_before_it_is_done(place) -> None:
    job = place.store.submit(asked(), None)
    place.queue.claim()
    whom = ForgottenCandidate(NAME, everyone=False)
    for _ in range(2):
        assert place.store.forget(FORGET, whom) == 0
    place.store.forget(FORGET, ForgottenCandidate("another", everyone=False))
    assert place.queue.finish(job.job_id, ANSWER, ()) == [(FORGET, whom)]
    assert place.store.find(job.job_id, "bob").status == "running"
    assert place.queue.finish(job.job_id, ANSWER, {NAME}) == []
    with pytest.raises(Problem, match="no such job"):
        place.store.find(job.job_id, "bob")


def test_a_job_is_in_one_gateways_hands_and_changes_them_when_that_one_is_dead(
    database, place
) -> None:
    other = JobQueue(database, place.store.sealed, "other/1")
    job = place.store.submit(asked(), None)
    assert place.queue.claim().job_id == job.job_id
    assert other.claim() is None
    other.release()
    assert place.queue.renew() == {job.job_id}
    with database.writing() as session:
        session.execute(text("UPDATE serve_jobs SET lease_s = 1"))
    place.queue.release()  # not of itself, whatever the clock says
    assert other.claim() is None
    other.release()
    assert other.claim().ask == asked()
    assert place.queue.renew() == set()
    place.queue.finish(job.job_id, replace(ANSWER, status=418), ())  # it was only late
    assert place.store.find(job.job_id, "bob").status == "running"
    other.note_loss(job.job_id)
    other.give_back()
    assert place.queue.claim().losses == 1
    place.queue.give_back()
    assert other.claim() is not None
    other.finish(job.job_id, ANSWER, ())
    third = JobQueue(database, place.store.sealed, "third/1")
    assert [told.answer for told in third.untold()] == [ANSWER]
    assert other.untold() == []
    third.told(job.job_id)
    assert other.untold() == []


def test_one_who_writes_for_long_is_in_the_way_of_no_forgetting(place, database) -> None:
    """Only room is given back later, and who writes next waits as long as ever."""
    job = place.store.submit(asked(), None)
    shred = database.shred

    def while_another_writes() -> None:
        with Database(str(database.engine.url)).writing():
            shred()

    if not database.is_sqlite:
        pytest.skip("PostgreSQL does its own vacuuming")
    database.shred = while_another_writes
    place.store.remove(job.job_id, "bob")
    with pytest.raises(Problem, match="no such job"):
        place.store.find(job.job_id, "bob")
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == BUSY_MS


@pytest.mark.parametrize("job_id", ["", "a\0" * 11, "\udcff", "é" * 22, "x" * 22])
def test_what_is_no_job_is_no_job(place, job_id) -> None:
    for use in (place.store.find, place.store.remove):
        with pytest.raises(Problem, match="no such job"):
            use(job_id, "bob")


def test_a_job_that_ends_gateways_is_not_begun_for_ever(database, place) -> None:
    job = place.store.submit(asked(), None)
    for number in range(MOST_DEATHS):
        assert JobQueue(database, place.store.sealed, f"a/{number}").claim() is not None
        JobQueue(database, place.store.sealed, f"a/{number + 1}").release(predecessors=True)
    found = place.store.find(job.job_id, "bob")
    assert (found.status, found.to_dict()["result"]["code"]) == ("done", "WORKER_DIED")
    with database.reading() as session:
        assert session.scalar(select(BodyPart)) is None


def test_another_key_than_before_is_refused_and_a_database_that_is_away_too(
    database, place, settings, tmp_path
) -> None:
    place.store.submit(asked(), None)
    (tmp_path / "database.key").write_bytes(secrets.token_bytes(32))
    with pytest.raises(InputError, match=r"the database.key that the database was used with"):
        JobPlace(tmp_path, settings, database)
    away = Settings(database="postgresql://nobody:secret@/none?host=/nowhere")
    with pytest.raises(InputError, match="expected a database that can be opened") as raised:
        open_database(tmp_path, away)
    assert "secret" not in str(raised.value)
    for url in ("postgresql://nobody:secret@host:port/none", "postgresql:secret"):
        with pytest.raises(InputError, match=r"^database: expected an address such as") as raised:
            open_database(tmp_path, Settings(database=url))
        assert "secret" not in str(raised.value)


@pytest.mark.parametrize("broken", ["cut", "a folder"])
def test_a_key_that_is_none_seals_nothing(database, settings, tmp_path, broken) -> None:
    key = tmp_path / "database.key"
    key.mkdir() if broken == "a folder" else key.write_bytes(b"")
    with pytest.raises(InputError, match=r"database\.key: expected a key .*, got"):
        JobPlace(tmp_path, settings, database)


def test_a_gateway_that_came_second_keeps_its_jobs_when_a_third_comes(
    database, settings, tmp_path
) -> None:
    first, second = (JobPlace(tmp_path, settings, database) for _ in range(2))
    job = second.store.submit(asked(), None)
    assert second.queue.claim().job_id == job.job_id
    first.close()  # it has handed over, and ends
    third = JobPlace(tmp_path, settings, database)
    assert third.queue.claim() is None
    second.close()  # as a kill does
    third.close()
    fourth = JobPlace(tmp_path, settings, database)
    assert fourth.queue.claim().job_id == job.job_id
    fourth.close()


def test_jobs_in_memory_leave_nothing_on_the_disk(database, tmp_path, settings) -> None:
    found = JobPlace(tmp_path, replace(settings, jobs="memory"), database)
    job = found.store.submit(asked(), None)
    assert found.queue.claim().ask == asked()
    assert job.job_id.encode() not in contents(database, tmp_path)
    found.queue.finish(job.job_id, ANSWER, ())
    assert found.store.find(job.job_id, "bob").answer == ANSWER

"""Jobs and TorchServe's words, each by itself."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

import trifold.serve.database.job_queue
import trifold.serve.gateway.jobs
from trifold.serve.database.job_place import JobPlace
from trifold.serve.database.opened import open_database
from trifold.serve.database.tables import BodyPart, JobRow
from trifold.serve.gateway.jobs import TRIES, Jobs
from trifold.serve.gateway.torchserve import in_our_words
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.worker.forgotten import ForgottenCandidate

FORM = "multipart/form-data; boundary=b"


def ask(body: bytes = b"x", caller: str = "ann") -> UpstreamRequest:
    return UpstreamRequest("/predictions/trifold", body, "application/json", caller)


async def good(_: UpstreamRequest) -> UpstreamResponse:
    return UpstreamResponse(200, b'{"n": 1}', "application/json", {})


async def nobody(_) -> None:
    return None


@pytest.fixture
def run_jobs(database_setting: str, tmp_path: Path):
    """Runs some steps with fresh jobs in an event loop of their own, on either database."""
    return partial(_run_jobs, tmp_path, Settings(database=database_setting))


def _run_jobs(folder: Path, settings: Settings, steps, run=good, notify=nobody, **limits):
    async def life():
        database = open_database(folder, settings, pooled=True)
        place = JobPlace(folder, settings, database)
        place.store.limits = replace(place.store.limits, **limits)
        jobs = Jobs(run, notify, place.store, place.queue)
        jobs.place = place
        try:
            return await asyncio.wait_for(steps(jobs), 30)
        finally:
            await jobs.close()
            place.close()
            database.close()

    return asyncio.run(life())


async def done(jobs: Jobs, job) -> dict:
    while (found := await jobs.find(job.job_id, job.caller)).status != "done":
        await asyncio.sleep(0.01)
    return found.to_dict()


def rows(jobs: Jobs, table: type) -> int:
    with jobs.place.store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_job_is_queued_then_done_and_forgets_its_request(run_jobs) -> None:
    async def steps(jobs):
        job = await jobs.submit(ask(b"x" * 3_000_000), None)
        assert job.to_dict() == {"job": job.job_id, "status": "queued"}
        facts = await done(jobs, job)
        assert facts == {"job": job.job_id, "status": "done", "http_status": 200,
                         "result": {"n": 3_000_000}}  # fmt: skip
        assert rows(jobs, BodyPart) == 0

    async def counts(one: UpstreamRequest) -> UpstreamResponse:
        body = json.dumps({"n": one.body.count(b"x")}).encode()
        return UpstreamResponse(200, body, "application/json", {})

    run_jobs(steps, counts)


def test_one_key_is_one_job_of_one_caller(run_jobs) -> None:
    async def steps(jobs):
        first = await jobs.submit(ask(), "k")
        assert (await jobs.submit(ask(), "k")).job_id == first.job_id
        await done(jobs, first)
        assert (await jobs.submit(ask(), "k")).job_id == first.job_id
        for other in ((ask(caller="bob"), "k"), (ask(), None)):
            assert (await jobs.submit(*other)).job_id != first.job_id
        with pytest.raises(Problem) as raised:
            await jobs.submit(ask(b"y"), "k")
        assert raised.value.status == 409

    run_jobs(steps)


def test_there_is_a_bound_on_jobs_and_on_their_bytes(run_jobs) -> None:
    async def steps(jobs):
        await jobs.submit(ask(b"x" * 60), None)
        for body in (b"x" * 60, b"x", b"x"):
            try:
                await jobs.submit(ask(body, "bob"), None)
            except Problem as problem:
                assert (problem.status, problem.code) == (503, "TOO_MANY_JOBS")  # noqa: PT017
                assert problem.headers == {"Retry-After": "5"}  # noqa: PT017
        assert rows(jobs, JobRow) == 2

    async def never(_: UpstreamRequest) -> UpstreamResponse:
        await asyncio.sleep(100)
        raise AssertionError

    run_jobs(steps, never, most=2, most_bytes=100, share=int)


def test_no_caller_takes_all_jobs_and_callers_take_turns(run_jobs) -> None:
    """Ann hands in her share; Bob's only job is answered before most of hers."""
    order, all_here = [], asyncio.Event()

    async def slow(one: UpstreamRequest) -> UpstreamResponse:
        await all_here.wait()
        order.append(one.caller)
        return await good(one)

    async def steps(jobs):
        for _ in range(5):
            await jobs.submit(ask(), None)
        with pytest.raises(Problem, match="share of jobs") as raised:
            await jobs.submit(ask(), None)
        assert (raised.value.status, raised.value.headers) == (429, {"Retry-After": "5"})
        with pytest.raises(Problem, match="share of jobs"):
            await jobs.submit(ask(b"x" * 51, "bob"), None)
        last = await jobs.submit(ask(caller="bob"), None)
        all_here.set()
        await done(jobs, last)
        assert order.index("bob") <= 3

    run_jobs(steps, slow, most=10, most_bytes=100, share=Settings(caller_percent=50).share_of)


def test_answers_are_gone_after_a_while_and_when_told(run_jobs) -> None:
    async def steps(jobs):
        job = await jobs.submit(ask(), None)
        await done(jobs, job)
        await asyncio.sleep(0.6)
        with pytest.raises(Problem, match="no such job"):
            await jobs.find(job.job_id, "ann")
        other = await jobs.submit(ask(), None)
        assert rows(jobs, JobRow) == 1
        await jobs.remove(other.job_id, "ann")
        with pytest.raises(Problem):
            await jobs.find(other.job_id, "ann")

    run_jobs(steps, ttl_s=0.5)


def test_an_overloaded_server_is_asked_again_and_other_problems_are_the_answer(
    run_jobs, monkeypatch
) -> None:
    monkeypatch.setattr(trifold.serve.gateway.jobs, "FIRST_WAIT_S", 0.001)
    said = [Problem(503, "OVERLOADED", ""), Problem(503, "NOT_READY", ""), None]

    async def run(_: UpstreamRequest) -> UpstreamResponse:
        problem = said.pop(0)
        if problem:
            raise problem
        return await good(_)

    async def steps(jobs):
        assert (await done(jobs, await jobs.submit(ask(), None)))["http_status"] == 200
        said[:] = [Problem(404, "NO_SUCH_MODEL", "none")]
        facts = await done(jobs, await jobs.submit(ask(), None))
        assert (facts["http_status"], facts["result"]["code"]) == (404, "NO_SUCH_MODEL")
        said[:] = [Problem(503, "WORKER_DIED", ""), Problem(503, "NOT_READY", ""), None]
        assert (await done(jobs, await jobs.submit(ask(), None)))["http_status"] == 200
        for codes in (["WORKER_DIED", "NOT_READY", "WORKER_DIED"], ["TIMEOUT"]):
            said[:] = [Problem(503, code, "") for code in codes]
            facts = await done(jobs, await jobs.submit(ask(), None))
            assert (facts["result"]["code"], said) == (codes[-1], [])
        said[:] = [Problem(503, "OVERLOADED", "full")] * 6
        assert (await done(jobs, await jobs.submit(ask(), None)))["http_status"] == 503

    run_jobs(steps, run)


def test_a_job_that_fails_in_a_way_of_its_own_is_done_all_the_same(run_jobs) -> None:
    async def run(_: UpstreamRequest) -> UpstreamResponse:
        raise RuntimeError("quotes what was sent")

    async def steps(jobs):
        facts = await done(jobs, await jobs.submit(ask(), None))
        assert (facts["http_status"], facts["result"]["code"]) == (500, "INTERNAL_ERROR")
        assert "quotes" not in json.dumps(facts)

    run_jobs(steps, run)


@pytest.fixture
def short_lease(monkeypatch) -> None:
    for module in (trifold.serve.gateway.jobs, trifold.serve.database.job_queue):
        monkeypatch.setattr(module, "LEASE_S", 0.6)


def test_who_could_not_be_told_is_told_without_a_new_start(run_jobs, short_lease) -> None:
    tried = []

    async def steps(jobs):
        job = await jobs.submit(ask(), None)
        while not await asyncio.to_thread(is_told, jobs, job.job_id):
            await asyncio.sleep(0.05)
        assert tried == [job.job_id] * 3
        await asyncio.sleep(1.5)
        assert len(tried) == 3

    async def full_disk_at_first(job) -> None:
        tried.append(job.job_id)
        if len(tried) < 3:
            raise sqlite3.OperationalError("database or disk is full")

    run_jobs(steps, notify=full_disk_at_first)


def is_told(jobs: Jobs, job_id: str) -> bool:
    with jobs.place.store.database.reading() as session:
        return session.get(JobRow, job_id).is_told


def test_what_a_loop_cannot_read_ends_no_loop(run_jobs, monkeypatch, caplog) -> None:
    async def steps(jobs):
        claim = jobs.place.queue.claim
        found = [ValueError("quotes what was sent")]
        monkeypatch.setattr(
            jobs.place.queue, "claim", lambda: raised(found.pop()) if found else claim()
        )
        await done(jobs, await jobs.submit(ask(), None))
        assert not found

    run_jobs(steps)
    assert "jobs: ValueError at test_jobs.py" in caplog.text
    assert "quotes" not in caplog.text


def raised(error: Exception) -> None:
    raise error


def test_a_job_is_not_done_before_its_candidate_is_forgotten_once_more(
    run_jobs, monkeypatch
) -> None:
    """However often no worker is there to do it."""
    monkeypatch.setattr(trifold.serve.gateway.jobs, "FIRST_WAIT_S", 0.0)
    monkeypatch.setattr(trifold.serve.gateway.jobs, "LOOK_EVERY_S", 0.01)
    whom, go_on, forgets = ForgottenCandidate("eve", everyone=False), asyncio.Event(), []

    async def run(one: UpstreamRequest) -> UpstreamResponse:
        if one.body == b"forget":
            forgets.append(one)
            if len(forgets) <= 2 * TRIES:
                raise Problem(503, "NOT_READY", "")
            return UpstreamResponse(200, b"{}", "application/json", {}, whom)
        await go_on.wait()
        return UpstreamResponse(200, b'{"candidate_id": "eve"}', "application/json", {})

    async def steps(jobs):
        job = await jobs.submit(ask(), None)
        while (await jobs.find(job.job_id, "ann")).status == "queued":
            await asyncio.sleep(0.01)
        assert await jobs.forget(ask(b"forget"), whom) == 0
        go_on.set()
        while rows(jobs, JobRow):
            assert (await jobs.answers_about("eve", "ann", everyone=False)) == []
            await asyncio.sleep(0.01)
        assert len(forgets) == 2 * TRIES + 1

    run_jobs(steps, run)


@pytest.mark.parametrize(
    ("status", "facts", "kind", "meant"),
    [
        (404, {"type": "ModelNotFoundException"}, FORM, (404, "NO_SUCH_MODEL")),
        (413, None, FORM, (413, "REQUEST_TOO_LARGE")),
        (503, {"type": "ServiceUnavailableException", "message": "Model x has no worker"}, FORM,
         (503, "OVERLOADED")),
        (503, {"type": "InternalServerException", "message": "Worker scaled down."}, FORM,
         (503, "WORKER_DIED")),
        (500, {"type": "InternalServerException", "message": "Worker died."}, FORM,
         (503, "WORKER_DIED")),
        (500, {"type": "ErrorDataDecoderException", "message": "empty name"}, FORM,
         (400, "BAD_FORM")),
        (500, {"type": "ErrorDataDecoderException"}, "application/json", (503, "WORKER_DIED")),
        (400, {"type": "BadRequestException"}, FORM, (400, "BAD_REQUEST")),
        (507, [], FORM, (503, "WORKER_DIED")),
    ],
)  # fmt: skip
def test_torchserves_words_in_ours(status, facts, kind, meant) -> None:
    problem = in_our_words(status, json.dumps(facts).encode() if facts else b"", kind)
    assert (problem.status, problem.code) == meant

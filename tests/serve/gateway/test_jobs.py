"""Jobs, callers' keys and TorchServe's words, each by itself; webhooks against a real receiver."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import func, select

import trifold.serve.gateway.jobs
import trifold.serve.gateway.webhook
from trifold.serve.client.endpoint import verify_webhook
from trifold.serve.database.job_place import JobPlace
from trifold.serve.database.opened import open_database
from trifold.serve.database.tables import BodyPart, JobRow
from trifold.serve.gateway.jobs import Jobs
from trifold.serve.gateway.queued import QueuedJob
from trifold.serve.gateway.torchserve import in_our_words
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.gateway.webhook import Webhook, signed
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings

SECRET = b"0123456789abcdef"
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


def test_webhooks_are_signed_repeated_go_nowhere_else_and_carry_no_score(monkeypatch) -> None:
    monkeypatch.setattr(trifold.serve.gateway.webhook, "FIRST_WAIT_S", 0.001)
    came, strayed = [], []

    async def receive(request: web.Request) -> web.Response:
        came.append((dict(request.headers), await request.read()))
        status = (500, 307, 204)[len(came) - 1]
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async def stray(request: web.Request) -> web.Response:
        strayed.append(request.path)
        return web.Response()

    async def life() -> None:
        app = web.Application()
        app.add_routes([web.post("/hook", receive), web.post("/elsewhere", stray)])
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        async with aiohttp.ClientSession() as session:
            hook = Webhook(session, f"http://127.0.0.1:{port}/hook", SECRET)
            job = QueuedJob("j", "ann", "done", await good(ask()))
            await hook(job)
        await runner.cleanup()
        assert json.loads(came[0][1]) == {"job": job.job_id, "status": "done", "http_status": 200}

    asyncio.run(life())
    assert (len(came), strayed) == (3, [])
    assert all(verify_webhook(headers, body, SECRET) for headers, body in came)


def test_forged_changed_and_old_webhooks_are_refused() -> None:
    import time

    body = b'{"job": "a"}'
    headers = signed(body, SECRET, time.time())
    assert verify_webhook(headers, body, SECRET)
    assert not verify_webhook(headers, body + b" ", SECRET)
    assert not verify_webhook(headers, body, b"another secret..")
    assert not verify_webhook({}, body, SECRET)
    assert not verify_webhook(signed(body, SECRET, time.time() - 301), body, SECRET)
    later = headers | {"X-Trifold-Timestamp": str(int(time.time()) + 1)}
    assert not verify_webhook(later, body, SECRET)


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

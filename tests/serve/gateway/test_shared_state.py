"""Two gateways on one database, as processes: quotas, webhooks and interviews are of both.

On SQLite they are two of one machine, on PostgreSQL they might be of any.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
import yaml
from aiohttp import web
from sqlalchemy import select

from tests.serve.gateway.gateway_factory import GatewayProcess, Pair, shared_setting
from tests.serve.greenhouse.test_settings import GOOD, PERSON
from tests.serve.outbound.neighbour_factory import Neighbour, neighbour
from trifold.serve.access.callers import Wish, change_caller
from trifold.serve.client.webhooks import verify_webhook
from trifold.serve.database.opened import open_database
from trifold.serve.database.tables import OutboxRow

LEASE_S = 6.0
ANSWERS = {"candidate_id": "c-7", "answers": [{"transcript": "I plan every step."}]}
FORGET = {"forget": "c-7"}


class HiringPair(Pair):
    """With Greenhouse, and what hears of both."""

    def __init__(self, root: Path, database: str, stack: ExitStack) -> None:
        self.ears: Neighbour = stack.enter_context(neighbour())
        host = f"localhost:{self.ears.port}"
        facts = GOOD | {"provider": "video", "hosts": host}
        (root / "greenhouse.yaml").write_text(yaml.safe_dump(facts))
        (root / "greenhouse.key").write_text("not yet")
        named = {"greenhouse": str(root / "greenhouse.yaml"), "private_hosts": host}
        super().__init__(root, stack, LEASE_S, database=database, **named)
        self.behind.go_on.set()
        (root / "greenhouse.key").write_text(self.add("greenhouse"))
        self.add("video")

    def told(self, path: str, count: int) -> list:
        """What was heard at a path, once it is so much; and no more within a second or so."""

        def heard() -> list:
            return [came for came in self.ears.came if came.path == path]

        self.two.until(lambda: len(heard()) >= count)
        time.sleep(1.3)
        return heard()

    def send_test(self, gateway: GatewayProcess, number: int) -> str:
        """The id of an interview that Greenhouse asks for."""
        url = f"http://localhost:{self.ears.port}/tests/{number}"
        facts = {"partner_test_id": "structured", "candidate": PERSON, "url": url}
        found = self.ask(gateway, "POST", "/greenhouse/send_test", "greenhouse", json=facts)
        return found.json()["partner_interview_id"]

    def ask(self, gateway: GatewayProcess, method: str, path: str, user: str, **request: object):
        return gateway.call(method, path, self.keys[user], **request)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def pair(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("shared")
    with ExitStack() as stack:
        yield HiringPair(root, shared_setting(request, root), stack)


def scoring(number: int) -> dict:
    return {"candidate_id": f"person {number}", "words": f"what person {number} said"}


def test_a_quota_lets_as_many_through_as_it_says_over_both(pair) -> None:
    pair.add("ann", quota="requests_day=9,minutes_day=100")

    def ask(number: int) -> requests.Response:
        gateway = (pair.one, pair.two)[number % 2]
        return pair.ask(gateway, "POST", "/predictions/trifold", "ann", json=scoring(number))

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(24)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(200), codes.count(429)) == (9, 15)
    for gateway in (pair.one, pair.two):
        found = pair.ask(gateway, "GET", "/usage", "ann")
        assert found.json()["day"]["requests"] == 9
        assert '"requests_day";r=0;' in found.headers["RateLimit"]
        forgotten = pair.ask(gateway, "POST", "/predictions/trifold", "ann", json=FORGET)
        assert forgotten.status_code == 200  # nobody is kept from that


def test_what_has_no_quota_is_counted_by_both(pair) -> None:
    pair.add("bob")
    for number in range(6):
        gateway = (pair.one, pair.two)[number % 2]
        pair.ask(gateway, "POST", "/predictions/trifold", "bob", json=scoring(number))
    for gateway in (pair.one, pair.two):
        gateway.until(
            lambda g=gateway: pair.ask(g, "GET", "/usage", "bob").json()["day"]["requests"] == 6, 10
        )


def test_each_job_is_told_once_and_from_the_moment_that_a_webhook_is_set_up(pair) -> None:
    key, url = pair.add("eve"), f"http://localhost:{pair.ears.port}/eve"
    secret = change_caller(pair.two.folder, "eve", Wish(webhook_url=url))  # seen 0.3 s later
    jobs = {(pair.one, pair.two)[n % 2].submit(key, scoring(500 + n)) for n in range(6)}
    came = pair.told("/eve", 6)
    assert sorted(json.loads(one.body)["job"] for one in came) == sorted(jobs)
    assert all(verify_webhook(one.headers, one.body, secret) for one in came)


def test_an_interview_that_is_begun_at_one_goes_on_at_the_other(pair) -> None:
    name = pair.send_test(pair.one, 1)
    assert pair.send_test(pair.two, 1) == name
    waiting = pair.ask(pair.two, "GET", "/v1/interviews", "video").json()["interviews"]
    assert [(one["interview"], one["candidate"]) for one in waiting] == [(name, PERSON)]
    brought = pair.ask(pair.two, "POST", f"/v1/interviews/{name}/answers", "video",
                       json=ANSWERS)  # fmt: skip
    assert brought.status_code == 202

    def status(gateway: GatewayProcess) -> dict:
        path = f"/greenhouse/test_status?partner_interview_id={name}"
        return pair.ask(gateway, "GET", path, "greenhouse").json()

    for gateway in (pair.one, pair.two):
        gateway.until(lambda g=gateway: status(g)["partner_status"] == "complete")
    assert status(pair.one) == status(pair.two)
    assert status(pair.one)["metadata"]["warmth (upper)"] == 5.0
    assert [one.method for one in pair.told("/tests/1", 1)] == ["PATCH"]
    assert pair.ask(pair.one, "POST", "/predictions/trifold", "video",
                    json=FORGET).status_code == 200  # fmt: skip
    for gateway in (pair.one, pair.two):
        found = pair.ask(gateway, "GET", f"/v1/interviews/{name}", "video")
        assert found.status_code == 404


def test_what_a_gateway_kept_that_was_killed_the_other_tells(pair) -> None:
    """Runs last."""
    url = f"http://localhost:{pair.ears.port}/video"
    change_caller(pair.one.folder, "video", Wish(webhook_url=url))
    is_dead, tries = threading.Event(), []

    async def hang(came) -> web.Response:
        tries.append(came)
        while not is_dead.is_set():
            await asyncio.sleep(0.02)
        return web.Response(status=204)

    pair.ears.answer = hang
    names = {pair.send_test(pair.one, number) for number in range(2, 6)}
    pair.one.until(lambda: len(tries) == 4)
    pair.one.kill()  # in the middle of telling
    is_dead.set()
    database = open_database(pair.two.folder)

    def is_all_told() -> bool:
        with database.reading() as session:
            return session.scalar(select(OutboxRow.id).limit(1)) is None

    pair.two.until(is_all_told)
    assert len(tries) > 4
    events = {one.headers["webhook-id"]: json.loads(one.body)["interview"] for one in tries}
    assert (len(events), set(events.values())) == (4, names)

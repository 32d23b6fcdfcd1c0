"""Webhooks: the standard's signatures, receivers that misbehave, endpoints that stop."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from sqlalchemy import select, text

import trifold.serve.outbound.deliveries as deliveries
from tests.serve.outbound.neighbour_factory import neighbour
from trifold.errors import InputError
from trifold.serve.access.api_keys import Callers
from trifold.serve.access.caller_entries import CallerEntry
from trifold.serve.access.caller_table import callers_database
from trifold.serve.access.callers import Wish, add_caller, change_caller, main, read_callers
from trifold.serve.access.hooks import Hook, HookSecret, changed_hook, hook_of
from trifold.serve.client.endpoint import verify_webhook
from trifold.serve.client.webhooks import Receiver, new_secret, signed
from trifold.serve.database.opened import open_database
from trifold.serve.database.tables import OutboxRow
from trifold.serve.gateway.queued import DONE, QueuedJob
from trifold.serve.outbound.addresses import hosts_of
from trifold.serve.outbound.deliveries import Deliveries, wait_for
from trifold.serve.outbound.outbox import LEASE_S, Outbox
from trifold.serve.outbound.sessions import outbound_session
from trifold.serve.outbound.telling import Telling
from trifold.serve.outbound.webhooks import WEBHOOK, Webhooks
from trifold.serve.settings import Settings

SECRET = b"0123456789abcdef"


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(deliveries, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(deliveries, "EVERY_S", 0.02)


def test_signatures_are_those_of_the_standard() -> None:
    """The vector that the libraries of Standard Webhooks are tested with."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', [secret], 1614265330)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (
        "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330")  # fmt: skip


@pytest.mark.parametrize("former", [False, True])
def test_forged_changed_and_old_webhooks_are_refused(former: bool) -> None:
    body = b'{"job": "a"}'

    def headers(now_s: float) -> dict[str, str]:
        made = signed("msg_1", body, [SECRET], now_s)
        return {n: v for n, v in made.items() if not (former and n.startswith("webhook-"))}

    now = headers(time.time())
    assert verify_webhook(now, body, SECRET)
    assert verify_webhook({n.title(): v for n, v in now.items()}, body, SECRET)
    assert not verify_webhook(now, body + b" ", SECRET)
    assert not verify_webhook(now, body, b"another secret..")
    assert not verify_webhook({}, body, SECRET)
    for gap in (-301, 301):
        assert not verify_webhook(headers(time.time() + gap), body, SECRET)
    stamp = "X-Trifold-Timestamp" if former else "webhook-timestamp"
    assert not verify_webhook(now | {stamp: str(int(time.time()) + 1)}, body, SECRET)
    assert not verify_webhook(now | {stamp: "\u0661"}, body, SECRET)
    assert former or not verify_webhook(now | {"webhook-id": "msg_2"}, body, SECRET)


def test_a_receiver_accepts_each_event_once() -> None:
    old, new = new_secret(), new_secret()
    receiver, body = Receiver([new, old]), b"{}"
    first = signed("msg_1", body, [old], time.time())
    assert receiver.accept(first, body)
    assert not receiver.accept(first, body)
    assert not receiver.accept(signed("msg_1", body, [new], time.time()), body)  # told again
    stripped = {n: v for n, v in first.items() if not n.startswith("webhook-")}
    assert verify_webhook(stripped, body, old)
    assert not receiver.accept(stripped, body)  # a replay that leaves its id out
    assert receiver.accept(signed("msg_2", body, [new, old], time.time()), body)


@pytest.fixture
def file(tmp_path):
    """A database of SQLite; what differs with PostgreSQL is in tests of the outbox."""
    opened = open_database(tmp_path, Settings(), pooled=True)
    yield opened
    opened.close()


async def no_look() -> None:
    return None


def take(box: Outbox, *in_hand, most: int = 5, each: int = 5, kinds=(WEBHOOK,)):
    return box.take(kinds, in_hand, most=most, most_of_one=each, longest_s=3600.0)


def told(held, database, steps, *, url="", hook=None, hours=24.0, private=""):
    """Deliveries with a session and a database, for as long as some steps take."""
    given_up = []

    async def life():
        entries = {"ann": CallerEntry("ann", (), hook)}
        own = Settings(private_hosts=private or f"localhost:{held.port}")
        async with outbound_session(own, 2.0) as session:
            private_hosts = hosts_of(own.private_hosts, "")
            hooks = Webhooks(session, lambda: entries, no_look, private_hosts, url, SECRET)
            work = Deliveries(
                Outbox(database), {WEBHOOK: hooks.send}, hours=hours, given_up=given_up.append
            )
            async with work.running():
                await asyncio.wait_for(steps(work), 30)

    asyncio.run(life())
    return given_up


async def empty(database) -> None:
    while kept(database):
        await asyncio.sleep(0.01)


def kept(database) -> list[str]:
    """Ids of what waits."""
    with database.reading() as session:
        return list(session.scalars(select(OutboxRow.id)))


def test_a_job_that_two_gateways_report_is_one_event(database) -> None:
    """As where the first was killed before it noted that it had reported it."""

    async def report() -> None:
        for _ in range(2):
            await Telling(
                Webhooks(None, dict, no_look, hosts_of("", ""), "https://hr.test/", SECRET),
                Deliveries(Outbox(database), {}, hours=1),
                None,
            ).job_done(QueuedJob("a-job", "ann", DONE))

    asyncio.run(report())
    assert kept(database) == ["msg_a-job"]
    (delivery,) = take(Outbox(database))
    assert json.loads(delivery.body) | {"timestamp": ""} == {
        "type": "job.done", "timestamp": "", "job": "a-job", "status": "done", "http_status": None
    }  # fmt: skip


def test_a_webhook_is_told_of_events_from_the_moment_on_that_it_is_set_up(tmp_path) -> None:
    """Also by gateways that looked at their callers just before, and not since."""
    add_caller(tmp_path, "ann")
    database = callers_database(tmp_path)
    callers = Callers(database)
    change_caller(tmp_path, "ann", Wish(webhook_url="https://hr.test/"))
    assert callers.current()["ann"].hook is None

    async def report() -> None:
        hooks = Webhooks(None, callers.current, callers.look, hosts_of("", ""))
        await Telling(hooks, Deliveries(Outbox(database), {}, hours=1), None).job_done(
            QueuedJob("a-job", "ann", DONE)
        )

    asyncio.run(report())
    assert kept(database) == ["msg_a-job"]


def test_an_event_is_told_again_with_its_id_until_it_is_taken(quick, file) -> None:
    with neighbour() as held:
        held.answer = lambda came: web.Response(status=500 if came.number < 3 else 204)

        async def steps(work):
            await work.add("ann", WEBHOOK, b'{"n": 1}')
            await empty(file)

        assert told(held, file, steps, url=f"http://localhost:{held.port}/hook") == []
        assert [came.path for came in held.came] == ["/hook"] * 4
        assert len({came.headers["webhook-id"] for came in held.came}) == 1
        assert all(verify_webhook(came.headers, came.body, SECRET) for came in held.came)


def test_what_was_not_told_is_told_after_the_next_start(quick, file) -> None:
    with neighbour() as held:
        held.answer = lambda _: web.Response(status=503, headers={"Retry-After": "0"})
        url = f"http://localhost:{held.port}/hook"

        async def until_refused(work):
            await work.add("ann", WEBHOOK, b"{}")
            await asyncio.to_thread(held.wait, 2)

        told(held, file, until_refused, url=url)
        held.answer = lambda _: web.Response(status=200)
        assert told(held, file, lambda _: empty(file), url=url) == []
        assert len({came.headers["webhook-id"] for came in held.came}) == 1


@pytest.mark.parametrize(
    ("status", "headers", "count"),
    [(410, {}, 1), (302, {"Location": "/other"}, 3), (500, {"Retry-After": "3599"}, 1)],
)
def test_nobody_is_told_for_ever_or_elsewhere(quick, file, status, headers, count) -> None:
    """A receiver that is gone is left at once, others when their hours are over."""
    with neighbour() as held:
        held.answer = lambda _: web.Response(status=status, headers=headers)

        async def steps(work):
            await work.add("ann", WEBHOOK, b"{}")
            await empty(file)

        url = f"http://localhost:{held.port}/hook"
        seconds = 0.2 if count == 1 else 3.0  # in which a busy machine tries again, too
        given_up = told(held, file, steps, url=url, hours=seconds / 3600)
        assert [delivery.caller for delivery in given_up] == ["ann"]
        assert {came.path for came in held.came} == {"/hook"}
        assert count == 1 or len(held.came) >= 2
        assert count > 1 or len(held.came) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "https://127.0.0.1:{port}/",
                                 "http://localhost:1{port}/"])  # fmt: skip
def test_internal_addresses_are_told_only_where_the_owner_says_so(quick, file, url) -> None:
    with neighbour() as held:

        async def steps(work):
            await work.add("ann", WEBHOOK, b"{}")
            await empty(file)

        given_up = told(
            held, file, steps, url=url.replace("{port}", str(held.port)), hours=0.05 / 3600
        )
        assert (len(given_up), held.came) == (1, [])


def test_one_that_hangs_keeps_nobody_else_waiting(quick, file) -> None:
    async def hang(_):
        await asyncio.sleep(2)
        return web.Response()

    with neighbour() as slow, neighbour() as held:
        slow.answer = hang
        hook = Hook(f"http://localhost:{slow.port}/", (HookSecret(new_secret()),))

        async def steps(work):
            for _ in range(12):
                await work.add("ann", WEBHOOK, b"{}")
            await asyncio.to_thread(slow.wait, 4)
            await work.add("bob", WEBHOOK, b"{}")
            await asyncio.to_thread(held.wait, 1)
            assert len(slow.came) == 4

        both = f"localhost:{held.port},localhost:{slow.port}"
        url = f"http://localhost:{held.port}/"
        told(held, file, steps, url=url, hook=hook, private=both)


def pass_time(database, seconds: float) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE serve_outbox SET due_s = due_s - :by"), {"by": seconds})


def test_what_one_took_is_anothers_once_its_time_is_over(database) -> None:
    """As after a kill in the middle of a try; two gateways do not both tell it before."""
    one, two = Outbox(database), Outbox(database)
    assert one.add("ann", WEBHOOK, b"{}")
    (first,) = take(one)
    assert (first.caller, first.body, first.tries) == ("ann", b"{}", 0)
    assert take(two) == take(one) == []
    pass_time(database, LEASE_S + 1)
    assert take(one, first) == []  # it tells it still
    (second,) = take(two)
    assert second.id == first.id
    one.later(first, 0.0)  # it was only late: it is in other hands
    one.give_back([first])
    assert take(one) == []
    two.later(second, 0.0)
    (third,) = take(one)
    assert third.tries == 1
    one.give_back([third])
    (last,) = take(two)
    two.remove(last)
    assert kept(database) == []


def test_gateways_that_take_at_once_take_each_event_once(database, database_setting, tmp_path):
    other = open_database(tmp_path, Settings(database=database_setting), pooled=True)
    boxes = [Outbox(database), Outbox(other)]
    for number in range(40):
        boxes[0].add(f"caller {number % 10}", WEBHOOK, b"{}")
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda n: take(boxes[n % 2], each=1), range(12)))
    names = [delivery.id for some in taken for delivery in some]
    assert len(names) == len(set(names))
    while some := take(boxes[1], each=1):
        names += [delivery.id for delivery in some]
    assert sorted(names) == sorted(kept(database))
    other.close()


def test_no_caller_takes_the_places_of_others(database) -> None:
    box = Outbox(database)
    for caller in ("bob", "bob", "eve"):
        box.add(caller, WEBHOOK, b"{}")
    in_hand = take(box)
    for caller in ("ann", "ann", "ann", "bob", "eve"):
        box.add(caller, WEBHOOK, b"{}")
    found = take(box, *in_hand, most=9, each=2)
    assert sorted(one.caller for one in found) == ["ann", "ann", "eve"]
    assert take(box, *in_hand, *found, most=0) == []
    assert [one.caller for one in take(box, *in_hand, *found, most=1, each=3)] == ["ann"]


def test_what_a_gateway_cannot_tell_waits_for_one_that_can_until_it_is_too_old(database) -> None:
    """One without Greenhouse's settings leaves to another what Greenhouse is to hear."""
    box = Outbox(database)
    box.add("ann", "greenhouse", b"")
    assert take(box) == []
    (delivery,) = take(box, kinds=("greenhouse",))
    box.give_back([delivery])
    with database.writing() as session:
        session.execute(text("UPDATE serve_outbox SET created_s = created_s - 4000"))
    assert [one.id for one in take(box)] == [delivery.id]


def test_of_one_caller_so_much_waits_and_no_more(database, monkeypatch) -> None:
    monkeypatch.setattr("trifold.serve.outbound.outbox.MOST_WAITING", 2)
    box = Outbox(database)
    assert [box.add("ann", WEBHOOK, b"{}") for _ in range(3)] == [True, True, False]
    assert box.add("bob", WEBHOOK, b"{}")


def test_waits_double_up_to_an_hour_and_differ() -> None:
    assert 3.75 <= wait_for(0) <= 6.25
    assert 0.75 * 3600 <= wait_for(40) <= 1.25 * 3600
    assert len({wait_for(3) for _ in range(20)}) > 1


def test_secrets_end_when_their_time_is_over() -> None:
    hook, first = changed_hook(None, "https://a.test/", None, 0)
    renewed, second = changed_hook(hook, None, "new", 1)
    assert first.startswith("whsec_")
    assert renewed.keys(datetime.now(UTC)) == [second, first]
    assert renewed.keys(datetime.now(UTC) + timedelta(hours=2)) == [second]
    at_once, third = changed_hook(renewed, None, "new", 0)
    assert at_once.keys(datetime.now(UTC)) == [third]
    moved, made = changed_hook(at_once, "https://b.test/", None, 0)
    assert (moved.url, made, moved.secrets) == ("https://b.test/", "", at_once.secrets)
    assert hook_of(renewed.to_dict(), "x") == renewed


@pytest.mark.parametrize(
    "facts",
    [5, {}, {"url": "https://a.test"}, {"url": "ftp://a", "secrets": [{"secret": "x" * 16}]},
     {"url": "https://a.test", "secrets": []}, {"url": "https://a.test", "secrets": ["x" * 16]},
     {"url": "https://a.test", "secrets": [{"secret": "short"}]},
     {"url": "https://u:p@a.test", "secrets": [{"secret": "x" * 16}]},
     {"url": "https://a.test", "secrets": [{"secret": "whsec_?"}]},
     {"url": "https://a.test", "secrets": [{"secret": "x" * 16, "until": "soon"}]}],
)  # fmt: skip
def test_a_webhook_in_the_file_of_callers_is_read_strictly(facts) -> None:
    with pytest.raises(InputError) as raised:
        hook_of(facts, "callers.json: bob")
    assert "x" * 16 not in str(raised.value)


def test_the_command_prints_a_secret_once_and_lists_the_address(tmp_path, capsys) -> None:
    out = f"out={tmp_path}"
    assert main([out, "add=ann", "webhook_url=https://hr.test/hook", "quota=jobs_day=5"]) == 0
    key, secret = capsys.readouterr().out.split()
    assert secret.startswith("whsec_")
    assert main([out, "change=ann", "webhook_url=https://hr.test/other"]) == 0
    assert capsys.readouterr().out == ""
    own = tmp_path / "own"
    own.write_text("0123456789abcdef\n")
    assert main([out, "change=ann", f"webhook_secret={own}", "overlap_h=24"]) == 0
    assert read_callers(tmp_path)["ann"].hook.keys(datetime.now(UTC)) == [
        "0123456789abcdef", secret]  # fmt: skip
    assert main([out]) == 0
    said = capsys.readouterr().out
    assert said.endswith("; webhook https://hr.test/other; quota jobs_day=5\n")
    assert secret not in said
    assert key not in said
    for words, message in (
        (["add=eve", "webhook_url=hr.test"], "expected an address such as https://"),
        (["add=eve", "webhook_url=https://:443/hook"], "expected an address such as https://"),
        (["add=eve", "webhook_url=https://hr.test:99999/"], "expected an address such as https://"),
        (["add=eve", "quota=jobs=5"], "expected quotas among"),
        (["add=eve", "quota=jobs_day=-5"], "expected jobs_day=NUMBER"),
        (["change=ann", "webhook_secret=none.txt"], "expected a file with whsec_"),
    ):
        assert main([out, *words]) == 2
        assert message in capsys.readouterr().err
    assert set(read_callers(tmp_path)) == {"ann"}

"""Webhooks: the standard's signatures, receivers that misbehave, endpoints that stop."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from aiohttp import web

import trifold.serve.outbound.deliveries as deliveries
from tests.serve.outbound.neighbour_factory import neighbour
from trifold.errors import InputError
from trifold.serve.access.caller_entries import CallerEntry
from trifold.serve.access.callers import main, read_callers
from trifold.serve.access.hooks import Hook, HookSecret, changed_hook, hook_of
from trifold.serve.client.endpoint import verify_webhook
from trifold.serve.client.webhooks import Receiver, new_secret, signed
from trifold.serve.gateway.queued import DONE, QueuedJob
from trifold.serve.outbound.addresses import hosts_of
from trifold.serve.outbound.deliveries import Deliveries, wait_for
from trifold.serve.outbound.outbox import Outbox
from trifold.serve.outbound.sessions import outbound_session
from trifold.serve.outbound.telling import Telling
from trifold.serve.outbound.webhooks import WEBHOOK, Webhooks
from trifold.serve.settings import Settings
from trifold.serve.state import State

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


def told(held, tmp_path, steps, *, url="", hook=None, hours=24.0, private=""):
    """Deliveries with a session and a file of state, for as long as some steps take."""
    given_up = []

    async def life():
        state = State(tmp_path)
        entries = {"ann": CallerEntry("ann", (), hook)}
        own = Settings(private_hosts=private or f"localhost:{held.port}")
        async with outbound_session(own, 2.0) as session:
            hooks = Webhooks(session, lambda: entries, hosts_of(own.private_hosts, ""), url, SECRET)
            work = Deliveries(
                Outbox(state), {WEBHOOK: hooks.send}, hours=hours, given_up=given_up.append
            )
            async with work.running():
                await asyncio.wait_for(steps(work, state), 30)
        state.close()

    asyncio.run(life())
    return given_up


async def empty(state: State) -> None:
    while state.run("SELECT 1 FROM outbox"):
        await asyncio.sleep(0.01)


def test_what_cannot_be_kept_at_first_is_kept_all_the_same(monkeypatch, caplog) -> None:
    monkeypatch.setattr("trifold.serve.outbound.telling.AGAIN_S", 0.0)
    tried: list[str] = []

    class FullDisk:
        def add(self, caller: str, kind: str, body: bytes, target: str = "") -> None:
            tried.append(f"{caller} {kind} {json.loads(body)['job']}")
            if len(tried) < 3:
                raise sqlite3.OperationalError("database or disk is full")

    telling = Telling(SimpleNamespace(has_address=lambda _: True), FullDisk(), None)
    asyncio.run(telling.job_done(QueuedJob("a-job", "ann", DONE)))
    assert tried == ["ann webhook a-job"] * 3
    assert "webhooks: OperationalError" in caplog.text


def test_an_event_is_told_again_with_its_id_until_it_is_taken(quick, tmp_path) -> None:
    with neighbour() as held:
        held.answer = lambda came: web.Response(status=500 if came.number < 3 else 204)

        async def steps(work, state):
            work.add("ann", WEBHOOK, b'{"n": 1}')
            await empty(state)

        assert told(held, tmp_path, steps, url=f"http://localhost:{held.port}/hook") == []
        assert [came.path for came in held.came] == ["/hook"] * 4
        assert len({came.headers["webhook-id"] for came in held.came}) == 1
        assert all(verify_webhook(came.headers, came.body, SECRET) for came in held.came)


def test_what_was_not_told_is_told_after_the_next_start(quick, tmp_path) -> None:
    with neighbour() as held:
        held.answer = lambda _: web.Response(status=503, headers={"Retry-After": "0"})
        url = f"http://localhost:{held.port}/hook"

        async def until_refused(work, state):
            work.add("ann", WEBHOOK, b"{}")
            await asyncio.to_thread(held.wait, 2)

        told(held, tmp_path, until_refused, url=url)
        held.answer = lambda _: web.Response(status=200)
        assert told(held, tmp_path, lambda _, state: empty(state), url=url) == []
        assert len({came.headers["webhook-id"] for came in held.came}) == 1


@pytest.mark.parametrize(
    ("status", "headers", "count"),
    [(410, {}, 1), (302, {"Location": "/other"}, 3), (500, {"Retry-After": "3599"}, 1)],
)
def test_nobody_is_told_for_ever_or_elsewhere(quick, tmp_path, status, headers, count) -> None:
    """A receiver that is gone is left at once, others when their hours are over."""
    with neighbour() as held:
        held.answer = lambda _: web.Response(status=status, headers=headers)

        async def steps(work, state):
            work.add("ann", WEBHOOK, b"{}")
            await empty(state)

        url = f"http://localhost:{held.port}/hook"
        seconds = 0.2 if count == 1 else 3.0  # in which a busy machine tries again, too
        given_up = told(held, tmp_path, steps, url=url, hours=seconds / 3600)
        assert [delivery.caller for delivery in given_up] == ["ann"]
        assert {came.path for came in held.came} == {"/hook"}
        assert count == 1 or len(held.came) >= 2
        assert count > 1 or len(held.came) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "https://127.0.0.1:{port}/",
                                 "http://localhost:1{port}/"])  # fmt: skip
def test_internal_addresses_are_told_only_where_the_owner_says_so(quick, tmp_path, url) -> None:
    with neighbour() as held:

        async def steps(work, state):
            work.add("ann", WEBHOOK, b"{}")
            await empty(state)

        given_up = told(
            held, tmp_path, steps, url=url.replace("{port}", str(held.port)), hours=0.05 / 3600
        )
        assert (len(given_up), held.came) == (1, [])


def test_one_that_hangs_keeps_nobody_else_waiting(quick, tmp_path) -> None:
    async def hang(_):
        await asyncio.sleep(2)
        return web.Response()

    with neighbour() as slow, neighbour() as held:
        slow.answer = hang
        hook = Hook(f"http://localhost:{slow.port}/", (HookSecret(new_secret()),))

        async def steps(work, state):
            for _ in range(100):
                work.add("ann", WEBHOOK, b"{}")
            await asyncio.to_thread(slow.wait, 4)
            work.add("bob", WEBHOOK, b"{}")
            await asyncio.to_thread(held.wait, 1)
            assert len(slow.came) == 4

        both = f"localhost:{held.port},localhost:{slow.port}"
        url = f"http://localhost:{held.port}/"
        told(held, tmp_path, steps, url=url, hook=hook, private=both)


def test_what_was_claimed_is_due_again_when_its_time_is_over(tmp_path) -> None:
    """As after a kill in the middle of a try; two gateways of one file do not both tell it."""
    outbox = Outbox(State(tmp_path))
    assert outbox.add("ann", WEBHOOK, b"{}", 100.0)
    (delivery,) = outbox.due(100.0, (), 5)
    assert outbox.claim(delivery, 100.0)
    assert not outbox.claim(delivery, 100.0)
    assert outbox.due(150.0, (), 5) == []
    assert outbox.due(250.0, (), 5) == [delivery]


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

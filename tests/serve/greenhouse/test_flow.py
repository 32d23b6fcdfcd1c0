"""Greenhouse's whole way: a test is sent, an interview held and scored, and its scores are read.

Greenhouse is a server on HTTPS here that does what its documentation says.
"""

from __future__ import annotations

import base64
import json
import time

import pytest
import requests
import yaml
from aiohttp import web

from tests.serve.access.tenant_factory import endpoint
from tests.serve.greenhouse.test_settings import GOOD, PERSON
from tests.serve.interface.described import check
from tests.serve.outbound.neighbour_factory import authority, neighbour
from tests.serve.serve_factory import write_tiny_bundle
from trifold.serve.access.callers import Wish, add_caller, change_caller
from trifold.serve.client.webhooks import verify_webhook
from trifold.serve.settings import Settings

pytestmark = pytest.mark.slow

ANSWERS = {"candidate_id": "c-7", "answers": [{"transcript": "I plan every step."}]}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """An endpoint with Greenhouse and a provider, both behind one server."""
    root = tmp_path_factory.mktemp("greenhouse")
    ca, context = authority(root)
    out = root / "out"
    out.mkdir()
    key = add_caller(out, "greenhouse")
    (root / "greenhouse.key").write_text(key)
    with neighbour(context) as held:
        facts = GOOD | {
            "provider": "video",
            "hosts": f"localhost:{held.port}",
            "partner_score": "warmth",
        }
        (root / "greenhouse.yaml").write_text(yaml.safe_dump(facts))
        settings = Settings(
            audit_log=str(out / "audit.jsonl"),
            keep_dir=str(root / "kept"),
            private_hosts=f"localhost:{held.port}",
            ca_file=str(ca),
            greenhouse=str(root / "greenhouse.yaml"),
        )
        with endpoint(out, write_tiny_bundle(root / "bundle"), settings) as running:
            running.keys["greenhouse"] = key
            running.add("video"), running.add("eve")
            hook = f"https://localhost:{held.port}/video"
            held.secret = change_caller(out, "video", Wish(webhook_url=hook))
            time.sleep(1.0)  # gateways see changes of callers within a second
            yield running, held


def ask(running, method: str, path: str, user: str, **request) -> requests.Response:
    """As Greenhouse asks: Basic, with the key as user name."""
    pair = base64.b64encode(f"{running.keys.get(user, user)}:".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    answer = requests.request(
        method, running.address + path, headers=headers, timeout=60, **request
    )
    check(method, path, answer)
    return answer


def send(running, held, number: int = 1, **changes) -> requests.Response:
    url = f"https://localhost:{held.port}/take_home_tests/{number}"
    person = PERSON | {"phone_number": None, "resume_url": "https://greenhouse.test/cv"}
    facts = {"partner_test_id": "structured", "candidate": person, "url": url} | changes
    return ask(running, "POST", "/greenhouse/send_test", "greenhouse", json=facts)


def until(good, seconds: float = 300.0):  # a delivery that failed waits 5 s, then longer
    end_s = time.monotonic() + seconds
    while not (found := good()):
        assert time.monotonic() < end_s
        time.sleep(0.05)
    return found


def test_a_test_is_sent_held_scored_and_read(work) -> None:
    running, held = work
    assert ask(running, "GET", "/greenhouse/list_tests", "greenhouse").json() == [
        {"partner_test_id": "structured", "partner_test_name": "Structured video interview"}
    ]
    name = send(running, held).json()["partner_interview_id"]
    assert send(running, held).json() == {"partner_interview_id": name}  # asked again

    def status() -> dict:
        path = f"/greenhouse/test_status?partner_interview_id={name}"
        return ask(running, "GET", path, "greenhouse").json()

    assert status() == {"partner_status": "requested"}

    (told, *_) = until(lambda: [c for c in held.came if c.path == "/video"])
    assert verify_webhook(told.headers, told.body, held.secret)
    assert json.loads(told.body)["interview"] == name
    assert b"ann@example.com" not in told.body
    found = ask(running, "GET", f"/v1/interviews/{name}", "video").json()
    assert (found["candidate"], found["status"]) == (PERSON, "requested")
    listed = ask(running, "GET", "/v1/interviews", "video").json()["interviews"]
    assert [one["interview"] for one in listed] == [name]

    silent = {"answers": [{"transcript": ""}]}
    path = f"/v1/interviews/{name}/answers"
    running.pause.clear()
    assert ask(running, "POST", path, "video", json=silent).status_code == 202
    again = ask(running, "POST", path, "video", json=silent)
    assert again.status_code == 409
    running.pause.set()
    until(lambda: status()["partner_status"] == "not scored: NOTHING_USABLE")

    assert ask(running, "POST", path, "video", json=ANSWERS).status_code == 202
    until(lambda: status()["partner_status"] == "complete")
    patches = until(lambda: len(p := [c for c in held.came if c.method == "PATCH"]) > 1 and p)
    assert {(c.path, c.body) for c in patches} == {("/take_home_tests/1", b"")}
    user = base64.b64decode(patches[0].headers["Authorization"].removeprefix("Basic "))
    assert user.decode() == running.keys["greenhouse"] + ":"
    shown = status()
    assert shown["partner_profile_url"] == f"https://hr.example.com/interviews/{name}"
    scored = running.post("video", ANSWERS).json()["candidate"]
    assert shown["partner_score"] == round(scored["warmth"], 2)
    assert shown["metadata"]["drive (upper)"] == round(scored["drive_high"], 2)

    errors = {"api_call": "test_status", "errors": ["metadata is nested"],
              "partner_interview_id": name, "candidate_email": "ann@example.com"}  # fmt: skip
    done = ask(running, "POST", "/greenhouse/request_errors", "greenhouse", json=errors)
    assert done.json() == {"status": 200}
    found = ask(running, "GET", f"/v1/interviews/{name}", "video").json()
    assert found["errors"] == ["metadata is nested"]
    copy = ask(running, "POST", "/exports", "video", json={"candidate_id": "c-7"}).json()
    assert [(one["interview"], one["candidate"]) for one in copy["interviews"]] == [(name, PERSON)]
    assert running.post("video", {"forget": "c-7"}).status_code == 200
    gone = f"/greenhouse/test_status?partner_interview_id={name}"
    assert ask(running, "GET", gone, "greenhouse").status_code == 404


def test_who_is_forgotten_while_answers_are_scored_is_forgotten_here_too(work) -> None:
    running, held = work
    name = send(running, held, 4).json()["partner_interview_id"]
    path, whose = f"/v1/interviews/{name}/answers", ANSWERS | {"candidate_id": "c-8"}
    running.pause.clear()
    first = ask(running, "POST", path, "video", json=whose).json()["job"]
    assert ask(running, "DELETE", f"/jobs/{first}", "video").status_code == 204
    assert ask(running, "POST", path, "video", json=whose).status_code == 202  # it is not stuck
    running.pause.set()
    assert running.post("video", {"forget": "c-8"}).status_code == 200
    assert ask(running, "GET", f"/v1/interviews/{name}", "video").status_code == 404


def test_greenhouse_tries_again_when_it_does_not_hear(work, monkeypatch) -> None:
    monkeypatch.setattr("trifold.serve.outbound.deliveries.FIRST_WAIT_S", 0.02)
    running, held = work
    held.answer = lambda came: web.Response(status=500 if came.method == "PATCH" else 204)
    name = send(running, held, 2).json()["partner_interview_id"]
    ask(running, "POST", f"/v1/interviews/{name}/answers", "video", json=ANSWERS)
    until(lambda: len([c for c in held.came if c.path == "/take_home_tests/2"]) >= 3)
    held.answer = lambda _: web.Response(status=200)
    assert ask(running, "DELETE", f"/v1/interviews/{name}", "video").status_code == 204
    assert ask(running, "GET", f"/v1/interviews/{name}", "video").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"partner_test_id": "other"}, "partner_test_id"),
        ({"url": "https://evil.test/take_home_tests/1"}, "url"),
        ({"url": "http://169.254.169.254/"}, "url"),
        ({"candidate": {"first_name": "Ann"}}, "last_name"),
        ({"candidate": None}, "candidate"),
    ],
)
def test_what_is_no_test_of_ours_is_refused_by_name(work, changes, field) -> None:
    running, held = work
    answer = send(running, held, 3, **changes)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_wrong_keys_are_401_and_other_callers_find_nothing(work) -> None:
    running, _ = work
    for method, path, mine in (
        ("GET", "/greenhouse/list_tests", "greenhouse"),
        ("GET", "/greenhouse/test_status?partner_interview_id=x", "greenhouse"),
        ("POST", "/greenhouse/send_test", "greenhouse"),
        ("POST", "/greenhouse/request_errors", "greenhouse"),
        ("GET", "/v1/interviews", "video"),
        ("POST", "/v1/interviews/abcdefghijklmnopqrstuv/answers", "video"),
    ):
        assert ask(running, method, path, "wrong").status_code == 401
        for other in {"eve", "video", "greenhouse"} - {mine}:
            assert ask(running, method, path, other).status_code == 404

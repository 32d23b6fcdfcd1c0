"""What hiring systems speak, at one running endpoint: keys, URLs, webhooks, quotas, versions.

Beside it runs another system on HTTPS: it holds files and hears webhooks. Every answer is compared
with the description. What single parts do with bad input is in the tests of those.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from pathlib import Path

import pytest
import requests
from aiohttp import web

from tests.factories.media import VTT, write_interview
from tests.serve.access.tenant_factory import Endpoint, endpoint
from tests.serve.interface.described import check, description, validate
from tests.serve.outbound.neighbour_factory import Came, Neighbour, authority, neighbour
from tests.serve.serve_factory import write_tiny_bundle
from trifold.serve.access.callers import Wish, change_caller, main, read_callers
from trifold.serve.client.answers import scores_in
from trifold.serve.client.asynchronous import AsyncClient
from trifold.serve.client.endpoint import Client, ScoringError
from trifold.serve.client.webhooks import Receiver, verify_webhook
from trifold.serve.settings import Settings

pytestmark = pytest.mark.slow

MARKER, QUERY = "zyxomma", "X-Amz-Signature=zyxquery"
SECRET = b"0123456789abcdef"
WORDS = {"candidate_id": MARKER, "answers": [{"transcript": "I plan every step."}]}
DEPRECATED = """
- {path: /jobs, deprecated: 2027-01-01, sunset: 2027-07-01, link: "https://docs.example.com/v1"}
"""


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def other(tls, tmp_path_factory):
    """The other system: files below ``/files``, and ears everywhere else."""
    folder = tmp_path_factory.mktemp("store")
    media = Path(write_interview(folder, "q1", seconds=2.0))
    files = {"/files/q1.mp4": media.read_bytes(), "/files/q1.vtt": VTT.encode()}

    def answer(came: Came) -> web.Response:
        path = came.path.partition("?")[0]
        if path in files:
            return web.Response(body=files[path])
        return web.Response(status=403 if path.startswith("/files") else 204)

    with neighbour(tls[1]) as held:
        held.answer, held.files = answer, files
        yield held


@pytest.fixture(scope="module")
def running(tls, other: Neighbour, tmp_path_factory):
    root = tmp_path_factory.mktemp("endpoint")
    out, work = root / "out", root / "work"
    out.mkdir(), work.mkdir()
    (root / "secret").write_bytes(SECRET)
    (root / "ends.yaml").write_text(DEPRECATED)
    bundle = write_tiny_bundle(out / "models/trifold@1.0/bundle")
    (bundle / "card.md").write_text("# Model card: tiny\n")
    settings = Settings(
        audit_log=str(out / "audit.jsonl"),
        audit_every_s=3600,
        work_dir=str(work),
        media_root=str(root / "media"),
        media_hosts=f"localhost:{other.port}",
        private_hosts=f"localhost:{other.port}",
        ca_file=str(tls[0]),
        webhook_url=f"https://localhost:{other.port}/all",
        webhook_secret=str(root / "secret"),
        deprecations=str(root / "ends.yaml"),
    )
    with endpoint(out, bundle, settings) as held:
        held.work = work
        (root / "media/ann").mkdir(parents=True)
        for name, content in other.files.items():
            (root / "media/ann" / Path(name).name).write_bytes(content)
        held.add("ann"), held.add("bob"), held.add("dpo", "forget")
        yield held


def ask(running: Endpoint, method: str, path: str, key: str, **request) -> requests.Response:
    """Ask, and compare the answer with the description."""
    answer = running.call(method, path, key, **request)
    check(method, path, answer)
    return answer


def post(running: Endpoint, key: str, facts: object, path: str = "/predictions/trifold"):
    return ask(running, "POST", path, key, json=facts)


def change(running: Endpoint, name: str, **wish) -> str:
    """Change a caller; running gateways see that within a second."""
    made = change_caller(running.folder, name, Wish(**wish))
    time.sleep(1.0)
    return made


def linked(other: Neighbour, name: str = "q1.mp4", **more) -> dict:
    place = f"https://localhost:{other.port}/files"
    named = {"url": f"{place}/{name}?{QUERY}", "transcript_url": f"{place}/q1.vtt?{QUERY}"}
    return named | more


def done(running: Endpoint, path: str, key: str) -> dict:
    """A job or an assessment once it is done."""
    end_s = time.monotonic() + 120
    while (found := ask(running, "GET", path, key).json())["status"] != "done":
        assert time.monotonic() < end_s
        time.sleep(0.05)
    return found


def basic(user: str, password: str = "") -> dict[str, str]:
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def test_a_key_as_user_name_opens_what_it_opens_as_bearer(running) -> None:
    key, path = running.keys["ann"], "/predictions/trifold"
    expected = post(running, "ann", WORDS)
    found = ask(running, "POST", path, "", json=WORDS, headers=basic(key))
    assert (found.status_code, found.content) == (200, expected.content)
    for wrong in (basic("x"), basic(key, "password"), basic("", key), {"Authorization": "Basic ?"}):
        found = ask(running, "POST", path, "", json=WORDS, headers=wrong)
        assert (found.status_code, found.json()["code"]) == (401, "UNAUTHORIZED")
        assert found.headers["WWW-Authenticate"].startswith("Bearer, Basic realm=")


def test_what_lies_at_urls_gets_the_bytes_of_paths_and_nothing_stays(running, other) -> None:
    by_path = {"path": "q1.mp4", "transcript_path": "q1.vtt", "clip_id": "q1"}
    expected = post(running, "ann", {"candidate_id": MARKER, "answers": [by_path]})
    url = linked(other, clip_id="q1")
    found = post(running, "ann", {"candidate_id": MARKER, "answers": [url]})
    assert (found.status_code, found.content) == (200, expected.content)
    assert found.json()["answers"][0]["words_source"] == "given"
    assert list(running.work.iterdir()) == []
    assert "Authorization" not in other.came[-1].headers
    assert float(found.headers["Trifold-Media-Seconds"]) == pytest.approx(2.0, abs=0.3)


def test_of_several_candidates_one_that_cannot_be_read_stops_nobody(running, other) -> None:
    facts = {"candidates": [
        {"candidate_id": "a", "answers": [linked(other, "none.mp4")]},
        WORDS,
        {"candidate_id": "c", "answers": [linked(other)]},
        {"candidate_id": "d", "answers": [{"url": "https://evil.test/x"}]},
    ]}  # fmt: skip
    found = post(running, "ann", facts).json()["candidates"]
    codes = [one.get("code", one["status"]) for one in found]
    assert codes == ["URL_FAILED", 200, 200, "URL_REFUSED"]
    assert [found[0]["candidate_id"], found[3]["candidate_id"]] == ["a", "d"]
    alone = post(running, "ann", {"candidates": facts["candidates"][:1]}).json()
    assert [one["code"] for one in alone["candidates"]] == ["URL_FAILED"]
    before = len(other.came)
    answer = post(running, "dpo", {"answers": [linked(other)]})
    assert (answer.status_code, answer.json()["code"]) == (403, "MISSING_SCOPE")
    assert len(other.came) == before


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        ({"url": "https://evil.test/x"}, "URL_REFUSED", 403),
        ({"url": "https://127.0.0.1:{port}/files/q1.mp4"}, "URL_REFUSED", 403),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "URL_REFUSED", 403),
        ({"url": "https://localhost:{port}/files/none.mp4"}, "URL_FAILED", 422),
        ({"url": "https://localhost:{port}/files/q1.mp4", "path": "x.mp4"}, "BAD_FIELD", 400),
        ({"url": 5}, "BAD_FIELD", 400),
        ({"transcript_url": "https://evil.test/x"}, "URL_REFUSED", 403),
    ],
)
def test_what_is_wrong_with_a_url_is_said_without_it(running, other, answer, code, status) -> None:
    text = json.dumps({"answers": [answer]}).replace("{port}", str(other.port))
    found = post(running, "ann", json.loads(text))
    assert (found.status_code, found.json()["code"]) == (status, code)
    assert "q1.mp4" not in found.text
    assert "evil.test" not in found.text


def test_each_caller_is_told_at_its_own_address_with_its_own_secret(running, other) -> None:
    heard = len(other.came)

    def told() -> Came:
        """The next webhook; files that were read are no webhooks."""
        nonlocal heard
        end_s = time.monotonic() + 60
        while True:
            fresh = [c for c in other.came[heard:] if not c.path.startswith("/files")]
            if fresh:
                heard = other.came.index(fresh[0]) + 1
                return fresh[0]
            assert time.monotonic() < end_s
            time.sleep(0.02)

    url = f"https://localhost:{other.port}"
    first = change(running, "ann", webhook_url=f"{url}/ann")
    answer = post(running, "ann", {"candidate_id": MARKER, "answers": [linked(other)]},
                  "/v1/assessments?model=trifold")  # fmt: skip
    name = answer.json()["id"]
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/v1/assessments/{name}")
    came, receiver = told(), Receiver(first)
    assert came.path == "/ann"
    assert receiver.accept(came.headers, came.body)
    assert not receiver.accept(came.headers, came.body)
    assert not verify_webhook(came.headers, came.body, SECRET)
    said = json.loads(came.body)
    validate(said, description()["components"]["schemas"]["JobDone"])
    assert (said["job"], said["http_status"]) == (name, 200)
    found = done(running, f"/v1/assessments/{name}", "ann")
    assert found["result"]["candidate"]["status"] == "scored"
    second = change(running, "ann", webhook_secret="new", overlap_h=1)  # noqa: S106
    post(running, "ann", WORDS, "/jobs/trifold")
    came = told()
    assert verify_webhook(came.headers, came.body, first)
    assert verify_webhook(came.headers, came.body, second)
    post(running, "bob", WORDS, "/jobs/trifold")
    came = told()
    assert (came.path, verify_webhook(came.headers, came.body, SECRET)) == ("/all", True)
    change(running, "ann", webhook_url="none")
    assert read_callers(running.folder)["ann"].hook is None
    assert ask(running, "DELETE", f"/v1/assessments/{name}", "bob").status_code == 404
    assert ask(running, "DELETE", f"/v1/assessments/{name}", "ann").status_code == 204
    assert ask(running, "GET", f"/v1/assessments/{name}", "ann").status_code == 404
    heard_of = b"".join(c.body for c in other.came)
    assert MARKER.encode() not in heard_of


def test_quotas_are_counted_refused_and_told(running, capsys) -> None:
    running.add("eve"), running.add("max")
    change(running, "eve", quota="requests_day=3")
    change(running, "max", quota="jobs_day=1")
    assert post(running, "eve", WORDS).status_code == 200
    assert post(running, "eve", WORDS, "/jobs/trifold").status_code == 202
    answer = post(running, "eve", WORDS)
    assert re.fullmatch(r'"requests_day";r=0;t=\d+', answer.headers["RateLimit"])
    answer = post(running, "eve", WORDS)
    assert (answer.status_code, answer.json()["code"], answer.json()["quota"]) == (
        429, "QUOTA_USED", "requests_day")  # fmt: skip
    assert 0 < int(answer.headers["Retry-After"]) <= 86400
    assert answer.headers["RateLimit-Policy"] == '"requests_day";q=3;w=86400'
    assert post(running, "eve", {"forget": "c"}).status_code == 200  # never refused
    named = WORDS | {"candidate_id": "forget"}  # which asks for scores all the same
    assert post(running, "eve", named).status_code == 429
    assert post(running, "max", WORDS, "/jobs/trifold").status_code == 202
    assert post(running, "max", WORDS, "/v1/assessments").status_code == 429
    assert post(running, "max", WORDS).status_code == 200
    found = ask(running, "GET", "/usage", "max").json()
    assert (found["caller"], found["day"]["requests"], found["day"]["jobs"]) == ("max", 2, 1)
    assert found["quota"] == {"jobs_day": 1}
    assert ask(running, "GET", "/usage", "nobody").status_code == 401
    assert "RateLimit" not in post(running, "ann", WORDS).headers
    assert main([f"out={running.folder}"]) == 0
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("max:"))
    assert "; quota jobs_day=1; used today 2 requests, 1 jobs, 0.0 minutes; this month 2" in line


def test_answers_say_who_made_them_and_what_will_end(running) -> None:
    answer = post(running, "ann", WORDS)
    facts, head = answer.json(), answer.headers
    assert (head["Trifold-Model-Version"], head["Trifold-Bundle-Id"]) == (
        facts["model_version"], facts["bundle_id"])  # fmt: skip
    assert (head["Trifold-Schema-Version"], head["Trifold-Pipeline-Version"]) == (
        facts["schema_version"], facts["pipeline_version"])  # fmt: skip
    assert "Deprecation" not in head
    refused = ask(running, "GET", "/jobs/abcdefghijklmnopqrstuv", "ann")
    assert refused.status_code == 404
    assert refused.headers["Deprecation"] == "@1798761600"
    assert refused.headers["Sunset"] == "Thu, 01 Jul 2027 00:00:00 GMT"
    assert refused.headers["Link"] == (
        '<https://docs.example.com/v1>; rel="deprecation"; type="text/html"'
    )
    card = ask(running, "GET", "/v1/models/trifold/versions/1.0/card", "ann")
    assert (card.text, card.headers["Content-Type"]) == (
        "# Model card: tiny\n", "text/markdown; charset=utf-8")  # fmt: skip
    assert ask(running, "GET", "/v1/models/other/card", "ann").status_code == 404
    assert ask(running, "GET", "/v1/models/trifold/card", "nobody").status_code == 401
    for wrong in ("model=..", "version=x", "modle=other", "model=trifold&model=other"):
        refused = post(running, "ann", WORDS, f"/v1/assessments?{wrong}")
        assert (refused.status_code, refused.json()["field"]) == (400, wrong.partition("=")[0])


def test_both_clients_get_what_the_endpoint_answers(running, other, tmp_path) -> None:
    address, key = running.address, running.keys["ann"]
    sync, facts = Client(address, key), {"candidate_id": MARKER, "answers": [linked(other)]}
    expected = sync.send(facts)
    assert scores_in(expected["candidate"])["warmth"].low < expected["candidate"]["warmth"]
    job = sync.submit(facts, idempotency_key="clients")

    async def ask_all() -> None:
        async with AsyncClient(address, key) as client:
            assert await client.send(facts) == expected
            assert await client.submit(facts, idempotency_key="clients") == job
            assert await client.result(job, every_s=0.05) == expected
            await client.delete(job)
            with pytest.raises(ScoringError, match="404 NO_SUCH_JOB"):
                await client.result(job)
            assert (await client.usage())["caller"] == "ann"
            proof = await client.forget(MARKER)
            assert proof["forgotten"]["remaining"] == 0
            for name, content in other.files.items():
                (tmp_path / Path(name).name).write_bytes(content)
            sent = await client.score([tmp_path / "q1.mp4"], candidate_id=MARKER)
            assert sent == sync.score([tmp_path / "q1.mp4"], candidate_id=MARKER)
            assert scores_in(sent["candidate"]) == scores_in(expected["candidate"])
        async with AsyncClient(address, "wrong", tries=9) as client:
            with pytest.raises(ScoringError, match="401 UNAUTHORIZED"):
                await client.send(facts)

    asyncio.run(ask_all())
    assert sync.usage()["caller"] == "ann"


def test_nothing_of_a_candidate_or_a_url_is_in_what_stays(running) -> None:
    """Runs last."""
    marks = [MARKER.encode(), QUERY.encode(), b"I plan"]
    for path in running.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(mark in content for mark in marks), path
    assert list(running.work.iterdir()) == []

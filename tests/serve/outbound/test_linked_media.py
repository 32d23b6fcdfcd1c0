"""Media and transcripts from URLs: a real HTTPS server, a real endpoint, and ways to go wrong."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from aiohttp import web

from tests.factories.media import VTT, write_interview
from tests.serve.access.tenant_factory import Endpoint, endpoint
from tests.serve.outbound.neighbour_factory import Came, Neighbour, authority, neighbour
from tests.serve.serve_factory import write_tiny_bundle
from trifold.errors import InputError
from trifold.serve.outbound.fetching import Fetcher
from trifold.serve.outbound.sessions import check_integrations, outbound_session
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings

SECRET = "X-Amz-Signature=zyxomma"  # noqa: S105


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def store(tls, tmp_path_factory):
    """A store of files behind HTTPS."""
    folder = tmp_path_factory.mktemp("store")
    media = write_interview(folder, "q1", seconds=2.0)
    files = {"/q1.mp4": Path(media).read_bytes(), "/q1.vtt": VTT.encode()}
    with neighbour(tls[1]) as held:
        held.files = files
        held.answer = lambda came: (
            web.Response(body=files[came.path.partition("?")[0]])
            if came.path.partition("?")[0] in files
            else web.Response(status=403)
        )
        yield held


@pytest.fixture(scope="module")
def running(tls, store: Neighbour, tmp_path_factory):
    folder = tmp_path_factory.mktemp("endpoint")
    settings = Settings(
        audit_log=str(folder / "audit.jsonl"),
        work_dir=str(tmp_path_factory.mktemp("work")),
        media_hosts=f"localhost:{store.port}",
        private_hosts=f"localhost:{store.port}",
        ca_file=str(tls[0]),
        media_root=str(folder),
    )
    with endpoint(folder, write_tiny_bundle(folder / "bundle"), settings) as held:
        held.add("ann"), held.add("dpo", "forget")
        yield held


def linked(store: Neighbour, name: str = "q1.mp4", **more) -> dict:
    url = f"https://localhost:{store.port}/"
    return {"url": f"{url}{name}?{SECRET}", "transcript_url": f"{url}q1.vtt?{SECRET}"} | more


def left(running: Endpoint) -> list[Path]:
    settings = json.loads((running.folder / "settings.json").read_text())
    return list(Path(settings["work_dir"]).iterdir())


def test_what_lies_at_urls_gets_the_rows_of_an_upload_and_nothing_stays(running, store) -> None:
    answer = running.post("ann", {"candidate_id": "c", "answers": [linked(store, clip_id="q1")]})
    assert answer.status_code == 200, answer.text
    files = {"media_1": store.files["/q1.mp4"], "transcript_1": store.files["/q1.vtt"]}
    data = {"candidate_id": "c", "clip_id_1": "q1"}
    uploaded = running.call("POST", "/predictions/trifold", "ann", files=files, data=data)
    if uploaded.status_code == 200:  # the factory's worker reads JSON alone
        assert uploaded.content == answer.content
    assert answer.json()["answers"][0]["modalities"] == "audio+text+video"
    assert answer.json()["answers"][0]["words_source"] == "given"
    assert left(running) == []
    assert "Authorization" not in store.came[-1].headers
    assert float(answer.headers["Trifold-Media-Seconds"]) == pytest.approx(2.0, abs=0.3)


def test_jobs_read_urls_when_their_turn_comes(running, store) -> None:
    body = {"candidate_id": "c", "answers": [linked(store)]}
    job = running.post("ann", body, "/jobs/trifold").json()["job"]
    end_s = time.monotonic() + 60
    while (found := running.call("GET", f"/jobs/{job}", "ann").json())["status"] != "done":
        assert time.monotonic() < end_s
        time.sleep(0.05)
    assert (found["http_status"], found["result"]["candidate"]["status"]) == (200, "scored")
    assert left(running) == []


def test_of_several_candidates_one_that_cannot_be_read_stops_nobody(running, store) -> None:
    words = {"candidate_id": "b", "answers": [{"transcript": "I plan every step."}]}
    facts = {
        "candidates": [
            {"candidate_id": "a", "answers": [linked(store, "none.mp4")]},
            words,
            {"candidate_id": "c", "answers": [linked(store)]},
            {"candidate_id": "d", "answers": [{"url": "https://evil.test/x"}]},
        ]
    }
    found = running.post("ann", facts).json()["candidates"]
    assert [one.get("code", one["status"]) for one in found] == [
        "URL_FAILED",
        200,
        200,
        "URL_REFUSED",
    ]
    assert [found[0]["candidate_id"], found[3]["candidate_id"]] == ["a", "d"]
    alone = running.post("ann", {"candidates": facts["candidates"][:1]}).json()
    assert [one["code"] for one in alone["candidates"]] == ["URL_FAILED"]


def test_keys_without_the_scope_have_nothing_read(running, store) -> None:
    before = len(store.came)
    answer = running.post("dpo", {"answers": [linked(store)]})
    assert (answer.status_code, answer.json()["code"]) == (403, "MISSING_SCOPE")
    assert len(store.came) == before


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        ({"url": "https://evil.test/x"}, "URL_REFUSED", 403),
        ({"url": "https://127.0.0.1:{port}/q1.mp4"}, "URL_REFUSED", 403),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "URL_REFUSED", 403),
        ({"url": "https://localhost:{port}/none.mp4"}, "URL_FAILED", 422),
        ({"url": "https://localhost:{port}/q1.mp4", "path": "x.mp4"}, "BAD_FIELD", 400),
        ({"url": 5}, "BAD_FIELD", 400),
        ({"transcript_url": "https://evil.test/x"}, "URL_REFUSED", 403),
    ],
)
def test_what_is_wrong_is_said_by_name_and_shows_no_url(
    running, store, answer, code, status
) -> None:
    text = json.dumps({"answers": [answer]}).replace("{port}", str(store.port))
    found = running.post("ann", json.loads(text))
    assert (found.status_code, found.json()["code"]) == (status, code)
    for shown in (found.text, (running.folder / "audit.jsonl").read_text()):
        assert "q1.mp4" not in shown
        assert "evil.test" not in shown


def fetched(tls, held: Neighbour, tmp_path: Path, lookup=None, **limits) -> bytes:
    """What a fetcher writes of the neighbour's ``/x``."""
    host = limits.pop("host", "files.example.test")
    settings = Settings(
        media_hosts=f"{host}:{held.port}",
        private_hosts=limits.pop("private", f"{host}:{held.port}"),
        ca_file=limits.pop("ca", str(tls[0])),
        **limits,
    )

    async def here(_: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def fetch() -> None:
        async with outbound_session(settings, settings.media_url_s, lookup or here) as session:
            await Fetcher(settings).fetch(
                session, f"https://{host}:{held.port}/x?{SECRET}", tmp_path / "x", most=1000,
                field="media_1",
            )  # fmt: skip

    asyncio.run(fetch())
    return (tmp_path / "x").read_bytes()


def refusal(*args, **limits) -> tuple[str, str]:
    with pytest.raises(Problem) as raised:
        fetched(*args, **limits)
    assert "zyxomma" not in f"{raised.value} {raised.value.__cause__!r}"
    return str(raised.value.code), raised.value.detail


def test_redirects_packed_large_and_slow_answers_are_refused(tls, tmp_path, caplog) -> None:
    async def slow(_: Came) -> web.StreamResponse:
        await asyncio.sleep(3)
        return web.Response(body=b"late")

    async def endless(request) -> web.StreamResponse:
        return web.Response(body=(b"x" * 500 for _ in range(9)))

    with neighbour(tls[1]) as held:
        held.answer = lambda _: web.Response(body=b"x" * 1000)
        assert fetched(tls, held, tmp_path) == b"x" * 1000
        for status in (301, 302, 307, 308):
            where = {"Location": f"https://files.example.test:{held.port}/y"}
            held.answer = lambda _, s=status, h=where: web.Response(status=s, headers=h)
            count = len(held.came)
            assert "sends elsewhere" in refusal(tls, held, tmp_path)[1]
            assert len(held.came) == count + 1
        held.answer = lambda _: web.Response(body=b"x", headers={"Content-Encoding": "gzip"})
        assert "packed" in refusal(tls, held, tmp_path)[1]
        held.answer = lambda _: web.Response(body=b"x" * 1001)
        assert refusal(tls, held, tmp_path)[0] == "FILE_TOO_LARGE"
        held.answer = endless
        assert refusal(tls, held, tmp_path)[0] == "FILE_TOO_LARGE"
        held.answer = slow
        assert refusal(tls, held, tmp_path, media_url_s=1)[1].endswith("not read within 1 s")
    assert caplog.text == ""


def test_a_certificate_must_hold_for_the_name(tls, tmp_path) -> None:
    with neighbour(tls[1]) as held:
        said = "nothing could be read: the host's certificate does not hold"
        assert refusal(tls, held, tmp_path, ca="") == ("URL_FAILED", said)
        assert refusal(tls, held, tmp_path, host="other.example.test") == ("URL_FAILED", said)
        assert held.came == []


def test_a_name_that_leads_elsewhere_the_second_time_leads_nowhere(tls, tmp_path) -> None:
    """DNS rebinding: what is looked at is what is connected to, and each connection looks anew."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    with neighbour(tls[1]) as held:

        async def steps() -> None:
            hosts = f"files.example.test:{held.port}"
            settings = Settings(media_hosts=hosts, ca_file=str(tls[0]))
            async with outbound_session(settings, 0.3, rebinding) as session:
                codes = []
                for _ in range(2):
                    try:
                        await Fetcher(settings).fetch(
                            session, f"https://{hosts}/x", tmp_path / "x", most=9, field="m"
                        )
                    except Problem as problem:
                        codes.append(problem.code)
                # the first went out to the address that was looked at, and to no other
                assert codes == ["URL_FAILED", "URL_REFUSED"]

        asyncio.run(steps())
        assert asked == ["files.example.test"] * 2
        assert held.came == []


@pytest.mark.parametrize("found", ["10.0.0.7", "169.254.169.254", "::ffff:127.0.0.1", "::1"])
def test_allowed_names_that_lead_inside_are_refused(tls, tmp_path, found) -> None:
    async def inside(_: str, port: int) -> list[str]:
        return [found]

    with neighbour(tls[1]) as held:
        code, _ = refusal(tls, held, tmp_path, lookup=inside, private="")
        assert (code, held.came) == ("URL_REFUSED", [])


def test_a_full_disk_is_said(tls, tmp_path) -> None:
    with neighbour(tls[1]) as held:
        held.answer = lambda _: web.Response(body=b"x" * 10)
        assert refusal(tls, held, tmp_path, min_free_mib=1 << 40)[0] == "DISK_FULL"


def test_settings_are_looked_at_before_anything_starts(tmp_path) -> None:
    (tmp_path / "no.pem").write_text("none")
    for name, value in (("media_hosts", "https://x"), ("private_hosts", "*"), ("quota", "x=1"),
                        ("ca_file", str(tmp_path / "no.pem")),
                        ("deprecations", str(tmp_path / "no.pem"))):  # fmt: skip
        with pytest.raises(InputError):
            check_integrations(Settings(**{name: value}))


def test_without_the_setting_urls_are_refused(tmp_path, store) -> None:
    (tmp_path / "b").mkdir()
    with endpoint(tmp_path, write_tiny_bundle(tmp_path / "b"), Settings()) as held:
        held.add("ann")
        answer = held.post("ann", {"answers": [linked(store)]})
        assert (answer.status_code, answer.json()["code"]) == (403, "URLS_NOT_CONFIGURED")

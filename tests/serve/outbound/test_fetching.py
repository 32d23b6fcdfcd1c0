"""One file from a URL: a real HTTPS server that misbehaves, and names that lead elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from tests.serve.outbound.neighbour_factory import Came, Neighbour, authority, neighbour
from trifold.errors import InputError
from trifold.serve.outbound.fetching import Fetcher
from trifold.serve.outbound.sessions import check_integrations, outbound_session
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings

SECRET = "X-Amz-Signature=zyxomma"  # noqa: S105


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("tls"))


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

    def unsized(_: Came) -> web.StreamResponse:
        answer = web.Response(body=b"x" * 1001)
        answer.enable_chunked_encoding()
        return answer

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
        held.answer = unsized
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
    (tmp_path / "secret").write_text("whsec_no base64 at all")
    for url in ("http://localhost/hook", "https://127.0.0.1/hook", "https://a.test/hook"):
        with pytest.raises(InputError, match="webhook_url: expected webhook_url and webhook_"):
            check_integrations(Settings(webhook_url=url, webhook_secret=str(tmp_path / "secret")))
    for name, value in (("media_hosts", "https://x"), ("private_hosts", "*"), ("quota", "x=1"),
                        ("ca_file", str(tmp_path / "no.pem")),
                        ("deprecations", str(tmp_path / "no.pem"))):  # fmt: skip
        with pytest.raises(InputError):
            check_integrations(Settings(**{name: value}))

"""What comes from elsewhere, is no form, or breaks: refused in our own page, and nothing shown."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.studios import PASSWORD, Browser, TestedStudio
from trifold.errors import InputError
from trifold.studio.accounts.roles import Role
from trifold.studio.settings import StudioSettings
from trifold.studio.web import app
from trifold.studio.web.forms import FORM_BYTES
from trifold.studio.web.guard import Page

LOGIN = {"login": "rater@example.org", "password": PASSWORD}


def test_another_site_can_sign_nobody_in(studio: TestedStudio) -> None:
    client = studio.nobody()
    client.look("/sign-in")
    assert client.post("/sign-in", data=LOGIN, follow_redirects=False).status_code == 403
    token = studio.nobody().get("/sign-in").text.split('value="')[1][:43]  # of another browser
    sent = client.post("/sign-in", data={**LOGIN, "form_token": token}, follow_redirects=False)
    assert sent.status_code == 403


@pytest.mark.parametrize("said", [{"origin": "https://evil.example"}, {"origin": "null"},
                                  {"sec-fetch-site": "cross-site"},
                                  {"sec-fetch-site": "same-site"}])  # fmt: skip
def test_a_form_that_a_browser_says_comes_from_elsewhere_is_refused(
    studio: TestedStudio, said: dict[str, str]
) -> None:
    client = studio.browser(Role.PSYCHOLOGIST)
    values = {"name": "A project", "form_token": client.form_token}
    assert client.post("/projects", data=values, headers=said).status_code == 403
    for ours in ({"origin": "http://127.0.0.1"}, {"sec-fetch-site": "same-origin"}, {}):
        sent = client.post("/projects", data=values, headers=ours, follow_redirects=False)
        assert sent.status_code == 303


@pytest.mark.parametrize(("host", "status"), [
    ("127.0.0.1:8600", 200), ("localhost", 200), ("[::1]:8600", 200),
    ("evil.example", 421), ("", 421), ("[", 421), ("127.0.0.1.evil.example", 421),
])  # fmt: skip
def test_only_our_own_names_are_answered(
    sqlite_studio: TestedStudio, host: str, status: int
) -> None:
    client = sqlite_studio.nobody()
    assert client.get("/sign-in", headers={"host": host}).status_code == status


def test_the_named_address_is_answered_and_needed_where_others_may_come(tmp_path: Path) -> None:
    named = StudioSettings(tmp_path, host="0.0.0.0", address="https://studio.example.org")  # noqa: S104
    assert "studio.example.org" in app.names_of(named)
    with pytest.raises(InputError, match=r"address=https://…, as browsers call host=0\.0\.0\.0"):
        StudioSettings(tmp_path, host="0.0.0.0")  # noqa: S104
    with pytest.raises(InputError, match=r"an address such as https://studio\.example\.org"):
        StudioSettings(tmp_path, address="studio.example.org")


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/nothing", 404), ("GET", "/static/none.css", 404), ("GET", "/static/../app.py", 404),
    ("PUT", "/account", 405), ("DELETE", "/", 405), ("OPTIONS", "/sign-in", 405),
    ("POST", "/nothing", 404), ("TRACE", "/sign-in", 405),
])  # fmt: skip
def test_unknown_addresses_and_methods_get_the_studios_own_page(
    sqlite_studio: TestedStudio, method: str, path: str, status: int
) -> None:
    answer = sqlite_studio.browser(Role.RATER).request(method, path)
    assert answer.status_code == status
    assert "A rater" in answer.text
    assert 'role="alert"' in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "private, no-store"


def test_looking_at_the_head_alone_is_like_looking(sqlite_studio: TestedStudio) -> None:
    client = sqlite_studio.browser(Role.RATER)
    head = client.head("/")
    assert (head.status_code, head.text) == (200, "")
    assert head.headers["content-length"] == client.get("/").headers["content-length"]


def chunks(size: int):
    yield b"name="
    for _ in range(size // 4096 + 1):
        yield b"x" * 4096


def test_a_form_that_is_too_large_is_refused_however_it_comes(studio: TestedStudio) -> None:
    client = studio.browser(Role.PSYCHOLOGIST)
    kind = {"content-type": "application/x-www-form-urlencoded", "x-form-token": client.form_token}
    for content in (b"name=" + b"x" * FORM_BYTES, chunks(FORM_BYTES)):
        assert client.post("/projects", content=content, headers=kind).status_code == 413


FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"
KINDS = [FORM, PARTS, f"{PARTS}; boundary=b", f"{PARTS}; boundary=b; charset=none", "text/plain"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kind=st.sampled_from(KINDS), content=st.binary(max_size=200), data=st.data())
def test_no_bytes_in_a_form_break_anything(
    studio: TestedStudio, kind: str, content: bytes, data: st.DataObject
) -> None:
    client = clients.setdefault(id(studio), studio.browser(Role.ADMINISTRATOR))
    field = data.draw(st.sampled_from([b"", b"name=", b"login=", b"language=%00",
                      b"--b\r\nContent-Disposition: form-data; name=name\r\n\r\n"]))  # fmt: skip
    headers = {"content-type": kind, "x-form-token": client.form_token}
    path = data.draw(st.sampled_from(["/projects", "/accounts", "/account"]))
    sent = client.post(path, content=field + content, headers=headers, follow_redirects=False)
    assert sent.status_code < 500


clients: dict[int, Browser] = {}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(part=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
       language=st.text(st.characters(min_codepoint=32, max_codepoint=126)))  # fmt: skip
def test_no_address_and_no_language_breaks_anything(
    studio: TestedStudio, part: str, language: str
) -> None:
    client = clients.setdefault(id(studio), studio.browser(Role.ADMINISTRATOR))
    answer = client.get(f"/projects/{quote(part, safe='')}", headers={"accept-language": language})
    assert answer.status_code < 500


@pytest.mark.parametrize("asked", ["%00", "a%00b"])
def test_a_question_that_is_no_text_is_answered_by_no_page(
    studio: TestedStudio, asked: str
) -> None:
    client = studio.browser(Role.RECRUITER)
    for page in (f"people?q={asked}", f"duties?text={asked}", f"recordings?{asked}=1"):
        assert client.look(f"/projects/{studio.project}/{page}").status_code == 404


def test_a_field_that_is_no_text_is_refused(studio: TestedStudio) -> None:
    """A character set may make half of a pair, or a NUL, out of what looked harmless."""
    client = studio.browser(Role.PSYCHOLOGIST)
    kind = f"{PARTS}; boundary=b; charset=unicode_escape"
    headers = {"content-type": kind, "x-form-token": client.form_token}
    for said in (rb"\ud800", rb"\x00"):
        content = b"--b\r\nContent-Disposition: form-data; name=name\r\n\r\n" + said + b"\r\n--b--"
        assert client.post("/projects", content=content, headers=headers).status_code == 400
    for name in ("x" * 201, "label-" + "9" * 5000):
        assert client.send_form("/projects", {"name": "A", name: "b"}).status_code == 400


def test_numbers_and_names_that_nothing_can_have_are_no_faults(studio: TestedStudio) -> None:
    client, page = studio.browser(Role.RECRUITER), f"/projects/{studio.project}"
    assert client.look(f"{page}/duties?page={'9' * 5000}").status_code == 404
    assert client.look(f"{page}/duties?page={'9' * 1000}").status_code == 200
    assert client.send_form(f"{page}/recordings/unlink", {"name": "x" * 300}).status_code == 303
    assert (
        client.send_form(f"{page}/recordings/link", {"folder": "/" + "x" * 300}).status_code == 422
    )


def test_people_are_told_no_folders_of_the_server(sqlite_studio: TestedStudio) -> None:
    studio = sqlite_studio.studio
    said = InputError(expected="a table", got="none", where=studio.settings.home / "projects/a.csv")
    assert studio.without_home(said) == "projects/a.csv: expected a table, got none"


@pytest.mark.parametrize("accepts", ["text/html", "application/json"])
def test_a_fault_of_ours_is_a_number_for_people_and_a_file_for_us(
    sqlite_studio: TestedStudio,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    accepts: str,
) -> None:
    def falls(_visit: object) -> None:
        raise ZeroDivisionError("the name of a candidate")

    monkeypatch.setattr(app, "PAGES", (*app.PAGES, Page("/falls", falls, None)))
    answer = sqlite_studio.nobody().get("/falls", headers={"accept": accepts})
    assert answer.status_code == 500
    assert "content-security-policy" in answer.headers
    [number] = [word for word in capsys.readouterr().out.split() if word.endswith(":")]
    assert number[:-1] in answer.text
    assert "candidate" not in answer.text
    [file] = (sqlite_studio.studio.settings.home / "errors").glob(f"{number[:-1]}.txt")
    assert "ZeroDivisionError: the name of a candidate" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_nothing_is_changed_while_the_log_cannot_be_written(sqlite_studio: TestedStudio) -> None:
    client = sqlite_studio.browser(Role.PSYCHOLOGIST)
    log = replace(sqlite_studio.studio, log=type(sqlite_studio.studio.log)(Path("/nowhere/log")))
    locked = Browser(app.application(log), base_url="http://127.0.0.1", cookies=client.cookies)
    locked.form_token = client.form_token
    assert locked.send_form("/projects", {"name": "Not kept"}).status_code == 503
    assert "Not kept" not in client.look("/").text


def test_a_text_that_is_a_page_is_shown_as_text(studio: TestedStudio) -> None:
    client = studio.browser(Role.PSYCHOLOGIST)
    name = "<script>alert(1)</script>\"'%(x)s%d{{ 1 }}"
    page = client.send_form("/projects", {"name": name}).headers["location"]
    for text in (client.look(page).text, client.look("/").text):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_real_server_says_no_more_than_it_must(address: str) -> None:
    answer = httpx2.get(f"{address}/sign-in", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert "server" not in answer.headers
    with suppress(httpx2.TransportError):  # hung up on before it was all said
        long = httpx2.get(f"{address}/sign-in", headers={"x": "y" * 2_000_000})
        assert long.status_code in (400, 431)

"""Sessions of browsers begin anew at sign-in and end when they should."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.factories.studios import PASSWORD, Browser, TestedStudio, token_in
from trifold.errors import InputError
from trifold.studio.accounts.guessing import MOST_BY_ADDRESS, MOST_BY_LOGIN
from trifold.studio.accounts.keeping import change_account
from trifold.studio.accounts.known_browsers import KEPT, is_known
from trifold.studio.accounts.passwords import fits, hashed
from trifold.studio.accounts.roles import Role
from trifold.studio.accounts.setup import setup_token
from trifold.studio.database.base import now
from trifold.studio.database.people import Account, Attempt, KnownBrowser, SignIn
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import open_studio

LOGIN = {"login": "rater@example.org", "password": PASSWORD}


def signed_in(client: Browser) -> bool:
    return client.look("/").status_code == 200


def put_back(tested: TestedStudio, **days: timedelta) -> None:
    with tested.studio.database.writing() as session:
        for one in session.query(SignIn):
            for name, age in days.items():
                setattr(one, name, now() - age)


@pytest.mark.parametrize("column", ["seen_at", "created_at"])
def test_sessions_end_when_they_are_old_or_idle(studio: TestedStudio, column: str) -> None:
    client = studio.browser(Role.RATER)
    settings = studio.studio.settings
    limit = settings.idle_h if column == "seen_at" else settings.session_h
    put_back(studio, **{column: timedelta(hours=limit) - timedelta(minutes=1)})
    assert signed_in(client)
    put_back(studio, **{column: timedelta(hours=limit, seconds=1)})
    assert not signed_in(client)


def test_being_used_keeps_a_session_from_being_idle(studio: TestedStudio) -> None:
    client = studio.browser(Role.RATER)
    put_back(studio, seen_at=timedelta(hours=1))
    client.look("/")
    with studio.studio.database.reading() as session:
        newest = max(one.seen_at for one in session.query(SignIn))
    assert now() - newest < timedelta(minutes=1)


def test_signing_out_ends_the_session_and_not_only_the_cookie(studio: TestedStudio) -> None:
    client = studio.browser(Role.RATER)
    kept = dict(client.cookies)
    assert client.send_form("/sign-out").headers["location"] == "/sign-in"
    client.cookies.update(kept)
    assert not signed_in(client)


def test_signing_out_everywhere_ends_every_browsers_session(studio: TestedStudio) -> None:
    one, other, neighbour = (studio.browser(r) for r in (Role.RATER, Role.RATER, Role.RECRUITER))
    one.send_form("/sign-out-everywhere")
    assert [signed_in(client) for client in (one, other, neighbour)] == [False, False, True]


@pytest.mark.parametrize("change", [{"role": "recruiter"}, {"active": False},
                                    {"password": "another long password"}])  # fmt: skip
def test_a_changed_account_is_signed_out(studio: TestedStudio, change: dict[str, object]) -> None:
    client, own = studio.browser(Role.RATER), studio.accounts["rater"]
    with studio.studio.database.writing() as session:
        change_account(session, own, **change)
    assert not signed_in(client)
    with studio.studio.database.writing() as session:
        change_account(session, own, role="rater", active=True, password=PASSWORD)


def test_signing_in_begins_a_new_session_and_ends_the_one_before(studio: TestedStudio) -> None:
    client = studio.browser(Role.RATER)
    before = client.cookies["studio"]
    sent = client.send_form("/sign-in", LOGIN)
    after = sent.cookies["studio"]
    assert after != before
    for token, works in ((before, False), (after, True)):
        other = studio.nobody()
        other.cookies.set("studio", token)
        assert signed_in(other) is works


def test_a_cookie_of_somebody_elses_choosing_is_no_session(studio: TestedStudio) -> None:
    client = studio.nobody()
    client.cookies.set("studio", "chosen")
    assert not signed_in(client)
    assert client.send_form("/sign-in", LOGIN).cookies["studio"] != "chosen"


def test_cookies_are_for_this_host_alone_where_there_is_https(studio: TestedStudio) -> None:
    settings = replace(studio.studio.settings, address="https://studio.example.org")
    tested = replace(studio, studio=replace(studio.studio, settings=settings))
    client = tested.nobody()
    cookies = client.look("/sign-in").headers.get_list("set-cookie")
    cookies += client.send_form("/sign-in", LOGIN).headers.get_list("set-cookie")
    names = ["__Host-studio-form", "__Host-studio", "__Host-studio-known"]
    assert [one.split("=")[0] for one in cookies] == names
    for one in cookies:
        parts = {part.strip().lower() for part in one.split(";")}
        site = "strict" if "-known" in one.split("=")[0] else "lax"
        assert {"httponly", "secure", f"samesite={site}", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)


def test_who_guesses_waits_and_who_knows_is_not_counted(studio: TestedStudio) -> None:
    client = studio.nobody()
    for n in range(MOST_BY_LOGIN):
        assert client.send_form("/sign-in", LOGIN | {"password": f"wrong {n}"}).status_code == 401
    slow = client.send_form("/sign-in", LOGIN)
    assert (slow.status_code, slow.headers["retry-after"]) == (429, "900")
    assert client.send_form("/sign-in", LOGIN | {"login": "RATER@example.org "}).status_code == 429
    with studio.studio.database.writing() as session:
        for one in session.query(Attempt):
            one.created_at = now() - timedelta(minutes=16)
    assert client.send_form("/sign-in", LOGIN).status_code == 303


def test_who_signed_in_in_a_browser_is_not_kept_out_of_it_by_guessing_elsewhere(
    studio: TestedStudio,
) -> None:
    own, thief = studio.nobody(), studio.nobody()
    cookie = own.send_form("/sign-in", LOGIN).cookies["studio-known"]
    own.send_form("/sign-out")
    for n in range(MOST_BY_LOGIN + 1):
        last = thief.send_form("/sign-in", LOGIN | {"password": f"wrong {n}"})
    assert last.status_code == 429
    assert studio.nobody().send_form("/sign-in", LOGIN).status_code == 429
    thief.cookies.set("studio-known", "x" * 43)  # of somebody's choosing
    assert thief.send_form("/sign-in", LOGIN).status_code == 429
    other = LOGIN | {"login": "recruiter@example.org"}
    for n in range(MOST_BY_LOGIN):  # who has the cookie guesses no longer than without
        own.send_form("/sign-in", LOGIN | {"password": f"wrong {n}"})
    assert own.send_form("/sign-in", LOGIN).status_code == 429
    assert own.send_form("/sign-in", other).status_code == 303  # another login counts by itself
    forget_attempts(studio)
    fresh = studio.nobody()
    fresh.cookies.set("studio-known", cookie)
    assert fresh.send_form("/sign-in", LOGIN).status_code == 303


def test_a_browser_is_known_for_half_a_year_and_until_the_password_changes(
    studio: TestedStudio,
) -> None:
    client = studio.nobody()
    cookie = client.send_form("/sign-in", LOGIN).cookies["studio-known"]
    with studio.studio.database.writing() as session:
        assert is_known(session, cookie, LOGIN["login"])
        assert not is_known(session, cookie, "recruiter@example.org")
        for one in session.query(KnownBrowser):
            one.created_at = now() - KEPT - timedelta(minutes=1)
        session.flush()
        assert not is_known(session, cookie, LOGIN["login"])
        for one in session.query(KnownBrowser):
            one.created_at = now()
        session.flush()
        change_account(session, studio.accounts["rater"], password=PASSWORD[::-1])
        assert not is_known(session, cookie, LOGIN["login"])
        change_account(session, studio.accounts["rater"], password=PASSWORD)


def forget_attempts(studio: TestedStudio) -> None:
    with studio.studio.database.writing() as session:
        session.query(Attempt).delete()


def test_many_logins_from_one_address_are_slow_too(studio: TestedStudio) -> None:
    from trifold.studio.accounts.guessing import TooManyAttemptsError, counted

    database = studio.studio.database
    for n in range(MOST_BY_ADDRESS):
        with counted(database, f"login {n}", "2001:db8::1"):
            pass
    for address in ("2001:db8::1", "2001:db8::2:7"):  # the same network of 64 bits
        with pytest.raises(TooManyAttemptsError), counted(database, "another", address):
            pass
    with counted(database, "another", "2001:db8:0:1::1") as right:
        right.append(True)


def test_passwords_are_one_text_however_it_is_composed_and_never_cut() -> None:
    kept = hashed("Grüße aus Köln")
    assert fits("Grüße aus Köln", kept)
    assert not fits("Grüße aus Köln ", kept)
    assert not fits("no account has this password", None)
    longest = hashed("x" * 1024)
    assert not fits("x" * 1025, longest)
    with pytest.raises(InputError, match=r"a password of 12 to 1024 characters, got 11 characters"):
        hashed("x" * 11)


def test_the_link_of_the_first_account_works_once(database_url: str | None, tmp_path: Path) -> None:
    home = tmp_path / "home"
    opened = open_studio(StudioSettings(home))
    link = f"/set-up/{setup_token(home, opened.database)}"
    tested = TestedStudio(opened)
    assert tested.nobody().look("/set-up/guessed").status_code == 303
    values = {"login": "first@example.org", "name": "First", "password": PASSWORD}
    first, second = tested.nobody(), tested.nobody()
    second.form_token = token_in(second.look(link).text)
    assert first.send_form(link, values | {"password": "short"}).status_code == 422
    assert first.send_form(link, values).headers["location"] == "/"
    assert signed_in(first)
    assert second.send_form(link, values | {"login": "second"}).headers["location"] == "/sign-in"
    with opened.database.reading() as session:
        assert [one.role for one in session.query(Account)] == ["administrator"]
    assert setup_token(home, opened.database) is None
    opened.database.close()


def test_there_is_always_an_administrator(studio: TestedStudio) -> None:
    client, own = studio.browser(Role.ADMINISTRATOR), studio.accounts["administrator"]
    for values in ({"role": "rater", "active": "on"}, {"role": "administrator"}):
        answer = client.send_form(f"/accounts/{own}", values)
        assert answer.status_code == 422
        assert "expected an active administrator" in answer.text
    assert signed_in(client)


def test_an_administrator_gives_a_new_password_to_who_forgot_theirs(
    sqlite_studio: TestedStudio,
) -> None:
    rater, admin = sqlite_studio.browser("rater"), sqlite_studio.browser("administrator")
    address, new = f"/accounts/{sqlite_studio.accounts['rater']}", "another long password"
    for password, status, stays in (("", 303, True), ("short", 422, True), (new, 303, False)):
        values = {"role": "rater", "active": "on", "password": password}
        assert admin.send_form(address, values).status_code == status
        assert (rater.look("/").status_code == 200) is stays
    for password, status in ((PASSWORD, 401), (new, 303)):
        values = {"login": "rater@example.org", "password": password}
        assert sqlite_studio.nobody().send_form("/sign-in", values).status_code == status

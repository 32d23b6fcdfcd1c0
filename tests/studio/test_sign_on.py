"""Single sign-on with a real provider: who comes back wrongly is nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import yaml
from joserfc.jwk import OctKey, RSAKey

from tests.factories.sign_on_provider import CLIENT, SECRET, TestedProvider, provider
from tests.factories.studios import Browser, TestedStudio
from trifold.errors import InputError
from trifold.studio.accounts.keeping import make_account
from trifold.studio.accounts.sign_on_settings import read_sign_on
from trifold.studio.database.people import Account

ANN = {"sub": "ann", "email": "ann@example.org", "email_verified": True, "name": "Ann"}
ROLES = {"role_claim": "groups", "roles": {"hr": "recruiter", "raters": "rater"}}


@pytest.fixture(scope="module")
def running() -> Iterator[TestedProvider]:
    with provider() as tested:
        yield tested


@pytest.fixture
def told(running: TestedProvider) -> TestedProvider:
    fresh = TestedProvider(running.issuer, claims={**ANN, "groups": ["hr"]}, key=running.key)
    for name, value in vars(fresh).items():
        setattr(running, name, value)
    return running


def with_sign_on(tested: TestedStudio, told: TestedProvider, **more: object) -> TestedStudio:
    home = tested.studio.settings.home
    (home / "secret").write_text(f"{SECRET}\n")
    path = home / f"sign-on-{len(list(home.glob('sign-on-*')))}.yaml"
    facts = {"issuer": told.issuer, "client_id": CLIENT, "secret_file": "secret", **more}
    path.write_text(yaml.safe_dump(facts))
    settings = replace(tested.studio.settings, sign_on=path)
    return replace(tested, studio=replace(tested.studio, settings=settings))


def went(client: Browser) -> str:
    """The address at which the provider sends the browser back."""
    sent = client.look("/sign-on")
    assert sent.status_code == 303
    back = httpx2.get(sent.headers["location"]).headers["location"]
    return back.removeprefix("http://127.0.0.1:8600")


def status(client: Browser) -> int:
    return client.look(went(client)).status_code


def account(tested: TestedStudio, login: str) -> Account | None:
    with tested.studio.database.reading() as session:
        return session.query(Account).filter_by(login=login).one_or_none()


def test_a_claim_makes_the_account_and_its_role_and_later_changes_it(
    studio: TestedStudio, told: TestedProvider
) -> None:
    tested = with_sign_on(studio, told, **ROLES)
    client = tested.nobody()
    assert client.look(went(client)).headers["location"] == "/"
    assert "Ann" in client.look("/").text
    assert account(studio, "ann@example.org").role == "recruiter"
    told.claims["groups"] = ["raters", "others"]
    assert status(tested.nobody()) == 303
    assert account(studio, "ann@example.org").role == "rater"
    assert client.look("/").status_code == 303  # a session of the earlier role ends
    told.claims["groups"] = ["others"]
    assert status(tested.nobody()) == 403
    asked = told.asked
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    assert {len(asked[name]) for name in ("state", "nonce", "code_challenge")} == {43}


def test_without_a_claim_an_account_waits_for_a_verified_address(
    studio: TestedStudio, told: TestedProvider
) -> None:
    tested = with_sign_on(studio, told)
    told.claims |= {"sub": "bob", "email": "Bob@example.org"}
    assert status(tested.nobody()) == 403
    with studio.studio.database.writing() as session:
        make_account(session, login="bob@example.org", name="", role="rater", password=None)
    told.claims["email_verified"] = False
    assert status(tested.nobody()) == 403
    told.claims["email_verified"] = True
    assert status(tested.nobody()) == 303
    told.claims |= {"sub": "another bob"}
    assert status(tested.nobody()) == 403
    told.claims |= {"sub": "bob", "email": "elsewhere@example.org"}
    assert status(tested.nobody()) == 303


def test_an_account_with_a_password_is_never_taken_over(
    studio: TestedStudio, told: TestedProvider
) -> None:
    told.claims |= {"sub": "eve", "email": "administrator@example.org"}
    for more in ({}, ROLES):
        assert status(with_sign_on(studio, told, **more).nobody()) == 403


WRONG = {
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "another client"},
    "of two audiences another's": {"aud": [CLIENT, "another"], "azp": "another"},
    "expired": {"exp": int(time.time()) - 3600},
    "no expiry": {"exp": None},
    "not yet valid": {"nbf": int(time.time()) + 3600},
    "nobody": {"sub": None},
    "another access token": {"at_hash": "x"},
}


@pytest.mark.parametrize("spoiled", WRONG.values(), ids=WRONG)
def test_a_token_that_is_not_as_it_was_asked_for_is_refused(
    sqlite_studio: TestedStudio, told: TestedProvider, spoiled: dict[str, object]
) -> None:
    told.spoiled = spoiled
    client = with_sign_on(sqlite_studio, told, **ROLES).nobody()
    assert status(client) == 403
    assert told.issued == 1
    assert client.look("/").status_code == 303


@pytest.mark.filterwarnings("ignore:JWS algorithm")  # of the provider, which signs badly here
@pytest.mark.parametrize(("algorithm", "key"), [
    ("RS256", RSAKey.generate_key(2048)), ("none", OctKey.import_key(SECRET)),
    ("HS256", OctKey.import_key(SECRET)),
], ids=["another key", "no signature", "a shared secret"])  # fmt: skip
def test_a_token_that_the_provider_did_not_sign_is_refused(
    sqlite_studio: TestedStudio, told: TestedProvider, algorithm: str, key: object
) -> None:
    told.signing, told.algorithm = key, algorithm
    assert status(with_sign_on(sqlite_studio, told, **ROLES).nobody()) == 403
    assert told.issued == 1


def test_coming_back_counts_once_and_only_in_the_browser_that_began(
    sqlite_studio: TestedStudio, told: TestedProvider
) -> None:
    tested = with_sign_on(sqlite_studio, told, **ROLES)
    client, other = tested.nobody(), tested.nobody()
    back = went(client)
    other.look("/sign-on")
    assert other.look(back).status_code == 403
    assert tested.nobody().look(back).status_code == 403
    cookie = client.cookies["studio-on"]
    assert client.look(back).status_code == 303
    replayed = tested.nobody()
    replayed.cookies.set("studio-on", cookie)
    assert replayed.look(back).status_code == 403


@pytest.mark.parametrize("change", [
    lambda back: back.replace("state=", "state=x"), lambda back: back.replace("code=", "code=x"),
    lambda back: back.split("?")[0], lambda back: back.split("?")[0] + "?error=access_denied",
    lambda back: back.replace("iss=http", "iss=https"),
])  # fmt: skip
def test_an_answer_that_was_changed_on_the_way_is_refused(
    sqlite_studio: TestedStudio, told: TestedProvider, change
) -> None:
    client = with_sign_on(sqlite_studio, told, **ROLES).nobody()
    back = change(went(client))
    assert client.look(back).status_code == 403


@pytest.mark.parametrize("said", [{"issuer": "https://evil.example"},
                                  {"authorization_endpoint": "http://evil.example/a"},
                                  {"authorization_endpoint": None}])  # fmt: skip
def test_a_provider_that_describes_another_is_not_gone_to(
    sqlite_studio: TestedStudio, told: TestedProvider, said: dict[str, object]
) -> None:
    told.described = said
    assert with_sign_on(sqlite_studio, told).nobody().look("/sign-on").status_code == 502


def test_a_provider_that_does_not_answer_leaves_passwords(
    sqlite_studio: TestedStudio, told: TestedProvider
) -> None:
    gone = replace(told, issuer="http://127.0.0.1:9")
    client = with_sign_on(sqlite_studio, gone).nobody()
    assert client.look("/sign-on").status_code == 502
    assert 'href="/sign-on"' in client.look("/sign-in").text
    assert sqlite_studio.nobody().look("/sign-on").status_code == 404


def test_signing_out_ends_the_session_here_and_offers_to_end_it_there(
    sqlite_studio: TestedStudio, told: TestedProvider
) -> None:
    tested = with_sign_on(sqlite_studio, told, **ROLES)
    client = tested.nobody()
    assert client.look(went(client)).status_code == 303
    kept = client.cookies["studio"]
    assert client.send_form("/sign-out").headers["location"] == "/sign-in"
    assert 'href="/sign-on/out"' in client.look("/sign-in").text
    again = tested.nobody()
    again.cookies.set("studio", kept)
    assert again.look("/").status_code == 303  # to the form of signing in
    to = urlsplit(client.look("/sign-on/out").headers["location"])
    assert f"{to.scheme}://{to.netloc}{to.path}" == f"{told.issuer}/leave"
    assert parse_qs(to.query) == {
        "client_id": [CLIENT], "post_logout_redirect_uri": ["http://127.0.0.1:8600/sign-in"]
    }  # fmt: skip


@pytest.mark.parametrize("place", [None, "http://evil.example/out", 5])
def test_no_browser_is_sent_out_to_where_a_provider_is_not(
    sqlite_studio: TestedStudio, told: TestedProvider, place: object
) -> None:
    told.described = {"end_session_endpoint": place}
    client = with_sign_on(sqlite_studio, told, **ROLES).nobody()
    assert client.look("/sign-on/out").status_code == 502
    assert sqlite_studio.nobody().look("/sign-on/out").status_code == 404


@pytest.mark.parametrize(("facts", "message"), [
    ({"issuer": "http://login.example"}, "expected an issuer with https, got http://login.example"),
    ({"client_id": ""}, "expected text at client_id, got ''"),
    ({"isuer": "x"}, "isuer"),
    ({"role_claim": "groups"}, "expected role_claim and roles, or neither"),
    ({"roles": {"hr": "boss"}}, "expected roles: value of the claim to one of rater, recruiter"),
    ({"secret_file": "none"}, "expected a file with the client secret, got none"),
    ({"secret_file": "empty"}, "expected a client secret, got an empty file"),
])  # fmt: skip
def test_a_wrong_file_is_told_what_it_should_hold(
    tmp_path: Path, facts: dict[str, object], message: str
) -> None:
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "empty").write_text("")
    whole = {"issuer": "https://login.example", "client_id": "a", "secret_file": "secret"}
    path = tmp_path / "sign-on.yaml"
    path.write_text(yaml.safe_dump(whole | facts))
    with pytest.raises(InputError, match=message):
        read_sign_on(path)

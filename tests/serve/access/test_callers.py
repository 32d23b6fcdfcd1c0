"""The file of callers: whose a key is, what it may do, and every way in which the file is wrong."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

import trifold.serve.access.api_keys
from tests.serve.serve_factory import free_ports, write_tiny_bundle
from trifold.database.engine import Database
from trifold.errors import InputError
from trifold.serve.access.api_keys import Callers, hash_of
from trifold.serve.access.caller_table import callers_database, changed_callers, read_callers
from trifold.serve.access.callers import (
    Wish,
    add_caller,
    change_caller,
    first_key,
    main,
    remove_caller,
)
from trifold.serve.access.identity import SCOPES, Caller, caller_of
from trifold.serve.database.job_place import JobPlace
from trifold.serve.database.opened import open_database
from trifold.serve.gateway.app import main as gateway
from trifold.serve.gateway.upstream import UpstreamRequest
from trifold.serve.operations.admission import admit
from trifold.serve.operations.archive import archive
from trifold.serve.operations.server import Server, ServerError
from trifold.serve.operations.staging import Serving
from trifold.serve.operations.start import start
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings

BOTH = ("score", "forget")
HASH, OTHER = "a" * 64, "b" * 64
SERVING = Serving(1)


def of(folder: Path, key: str) -> Caller | None:
    return Callers(callers_database(folder)).of(f"Bearer {key}")


def write(folder: Path, facts: object) -> None:
    """As an earlier release left it."""
    (folder / "callers.json").write_text(json.dumps(facts), encoding="utf-8")


def one(**key: object) -> dict:
    """A file with one caller whose key differs from a good one."""
    good = {"name": "main", "sha256": HASH, "scopes": ["score"]}
    held = {name: value for name, value in (good | key).items() if value is not None}
    return {"callers": {"bob": {"media": "bob", "keys": [held]}}}


def test_keys_are_hashed_follow_the_file_and_can_end(tmp_path: Path) -> None:
    key = first_key(tmp_path)
    assert first_key(tmp_path) == key
    callers = Callers(callers_database(tmp_path))
    default = Caller("default", frozenset(SCOPES), "default")
    assert callers.of(f"Bearer {key}") == callers.of(f"bearer {key} ") == default
    second = add_caller(tmp_path, "hr-7")
    callers.refresh()
    assert callers.of(f"Bearer {second}") == Caller("hr-7", frozenset(BOTH), "hr-7")
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.name == "key" or key.encode() not in path.read_bytes()
    renewed = add_caller(tmp_path, "hr-7")
    callers.refresh()
    assert callers.of(f"Bearer {second}") is None
    assert callers.of(f"Bearer {renewed}").name == "hr-7"
    remove_caller(tmp_path, "hr-7")
    callers.refresh()
    assert callers.of(f"Bearer {renewed}") is None
    assert list(read_callers(tmp_path)) == ["default"]


def test_what_a_slow_database_says_is_as_old_as_the_question(tmp_path: Path, monkeypatch) -> None:
    """Who lost a key meanwhile is let in no longer for it."""
    callers = Callers(callers_database(tmp_path))
    asked = trifold.serve.access.api_keys.version_of

    def slow(database: Database) -> int:
        found = asked(database)
        time.sleep(0.1)
        return found

    monkeypatch.setattr(trifold.serve.access.api_keys, "version_of", slow)
    with pytest.raises(TimeoutError):  # from now on it looks again and again
        asyncio.run(asyncio.wait_for(callers.keep_fresh(), 0.01))
    callers.refresh()
    assert callers.current() == {}
    monkeypatch.setattr(trifold.serve.access.api_keys, "PATIENCE_S", 0.05)
    callers.refresh()
    with pytest.raises(Problem, match="cannot tell who may call"):
        callers.current()


def test_a_server_that_stood_still_looks_before_it_refuses(tmp_path: Path, monkeypatch) -> None:
    """As where a machine slept: what it knew is too old, and its database is as it was."""
    callers, looks = Callers(callers_database(tmp_path)), []
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(callers.keep_fresh(), 0.01))
    callers.refresh()
    known = trifold.serve.access.api_keys.version_of

    def counted(database: Database) -> int:
        looks.append(database)
        return known(database)

    monkeypatch.setattr(trifold.serve.access.api_keys, "version_of", counted)

    async def many() -> None:
        await asyncio.gather(*[callers.catch_up() for _ in range(60)])

    asyncio.run(many())
    assert looks == []  # what is known is new enough
    callers._seen_s -= trifold.serve.access.api_keys.PATIENCE_S + 1
    with pytest.raises(Problem, match="cannot tell who may call"):
        callers.current()
    asyncio.run(many())
    assert len(looks) == 1
    assert callers.current() == {}


def test_nobody_waits_for_a_database_that_is_known_to_be_away(tmp_path: Path, monkeypatch) -> None:
    callers = Callers(callers_database(tmp_path))
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(callers.keep_fresh(), 0.01))

    def away(_: Database) -> int:
        time.sleep(0.2)
        raise InputError(expected="a database", got="none")

    monkeypatch.setattr(trifold.serve.access.api_keys, "version_of", away)
    callers.refresh()
    callers._seen_s -= trifold.serve.access.api_keys.PATIENCE_S + 1
    begun_s = time.monotonic()
    asyncio.run(callers.catch_up())
    assert time.monotonic() - begun_s < 0.1
    with pytest.raises(Problem, match="cannot tell who may call"):
        callers.current()


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic x", "\udcff", "Bearer é"])
def test_other_headers_are_of_nobody(tmp_path: Path, header) -> None:
    first_key(tmp_path)
    assert Callers(callers_database(tmp_path)).of(header) is None


def test_a_key_is_compared_with_all_of_them_in_the_same_time(tmp_path, monkeypatch) -> None:
    keys = [add_caller(tmp_path, name) for name in ("ann", "bob", "eve")]
    compared: list[tuple[str, str]] = []
    compare = hmac.compare_digest

    def noted(came: str, held: str) -> bool:
        compared.append((came, held))
        return compare(came, held)

    monkeypatch.setattr(trifold.serve.access.api_keys.hmac, "compare_digest", noted)
    for key in (*keys, "wrong"):
        compared.clear()
        assert (of(tmp_path, key) is None) == (key == "wrong")
        assert [came for came, _ in compared] == [hash_of(key)] * 3


def test_who_was_removed_stays_away_and_leaves_no_key(tmp_path: Path) -> None:
    key = first_key(tmp_path)
    remove_caller(tmp_path, "default")
    assert not (tmp_path / "key").exists()
    assert first_key(tmp_path) is None  # the next start
    assert of(tmp_path, key) is None
    with pytest.raises(ServerError, match=r"got none: trifold serve callers add=NAME"):
        Server(tmp_path, 1, ()).key()
    again = add_caller(tmp_path, "default")
    assert first_key(tmp_path) is None  # printed, and kept nowhere
    assert of(tmp_path, again).scopes == set(BOTH)


def test_a_renewed_default_has_its_new_key_in_the_file(tmp_path: Path) -> None:
    first_key(tmp_path)
    renewed = add_caller(tmp_path, "default")
    assert (tmp_path / "key").read_text().strip() == first_key(tmp_path) == renewed
    assert of(tmp_path, renewed).scopes == set(SCOPES)
    (tmp_path / "key").write_text("dead\n")  # as a release before this one left it
    assert first_key(tmp_path) is None
    assert not (tmp_path / "key").exists()
    assert of(tmp_path, renewed).name == "default"


def test_keys_end_in_time_and_old_ones_may_overlap(tmp_path: Path) -> None:
    first = add_caller(tmp_path, "bob", Wish(days=1))
    second = add_caller(tmp_path, "bob", Wish(overlap_h=1))
    assert of(tmp_path, first).name == of(tmp_path, second).name == "bob"
    old = read_callers(tmp_path)["bob"].keys[0]
    left = old.until - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    with changed_callers(tmp_path) as entries:
        ended = replace(old, until=datetime.now(UTC) + timedelta(seconds=0.5))
        entries["bob"] = replace(entries["bob"], keys=(ended, entries["bob"].keys[1]))
    time.sleep(0.6)
    assert of(tmp_path, first) is None
    add_caller(tmp_path, "ann")
    assert [key.sha256 for key in read_callers(tmp_path)["bob"].keys] == [hash_of(second)]


def test_a_caller_may_have_keys_for_different_purposes(tmp_path: Path) -> None:
    scores = add_caller(tmp_path, "bob", Wish(scopes=("score",)))
    forgets = add_caller(tmp_path, "bob", Wish(key="dpo", scopes=("forget",), media="b"))
    assert of(tmp_path, scores) == Caller("bob", frozenset({"score"}), "b")
    assert of(tmp_path, forgets) == Caller("bob", frozenset({"forget"}), "b")
    renewed = add_caller(tmp_path, "bob", Wish(key="dpo"))
    assert of(tmp_path, forgets) is None
    assert of(tmp_path, renewed).scopes == {"forget"}
    change_caller(tmp_path, "bob", Wish(key="dpo", scopes=("forget", "audit")))
    assert of(tmp_path, renewed).scopes == {"forget", "audit"}
    remove_caller(tmp_path, "bob", "dpo")
    assert of(tmp_path, renewed) is None
    assert of(tmp_path, scores).scopes == {"score"}


def test_a_file_of_before_gives_the_rights_of_before(tmp_path: Path) -> None:
    write(tmp_path, {"default": hash_of("d"), "hr.tool": hash_of("h"), "callers": hash_of("c")})
    assert of(tmp_path, "d") == Caller("default", frozenset(SCOPES), "default")
    assert of(tmp_path, "h") == Caller("hr.tool", frozenset(BOTH), "hr.tool")
    assert of(tmp_path, "c").scopes == set(BOTH)
    add_caller(tmp_path, "bob")
    assert of(tmp_path, "d").scopes == set(SCOPES)
    assert of(tmp_path, "h").name == "hr.tool"
    write(tmp_path, {"bob": hash_of("b"), "eve": hash_of("e")})  # put back: nothing is lost by it
    assert of(tmp_path, "b").name == "bob"
    assert of(tmp_path, "d").scopes == set(SCOPES)
    assert len(read_callers(tmp_path)["bob"].keys) == 2
    other = tmp_path / "other"
    other.mkdir()
    write(other, {})
    assert first_key(other) is None  # who removed everybody in a release before this one
    assert not (other / "callers.json").exists()


HOSTILE = [
    "../x",
    "a/b",
    "..",
    ".",
    ".key",
    "a\0b",
    "",
    " ",
    "x" * 61,
    "a b",
    "é",
    "\uff41nn",
    "a\n",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_are_no_folder_are_refused(tmp_path: Path, name) -> None:
    expected = "expected a name of up to 60 letters, digits, dots and dashes, no dot in front, got "
    with pytest.raises(InputError, match=expected):
        add_caller(tmp_path, name)
    with pytest.raises(InputError, match=expected):
        add_caller(tmp_path, "bob", Wish(key=name))
    for facts in ({name: HASH}, {"callers": {name: {"media": "x", "keys": []}}}, one(name=name)):
        write(tmp_path, facts)
        with pytest.raises(InputError, match=f"callers.json.*: {expected}"):
            read_callers(tmp_path)


def test_names_that_a_disk_may_take_for_one_are_refused(tmp_path: Path) -> None:
    add_caller(tmp_path, "bob")
    before = read_callers(tmp_path)
    with pytest.raises(
        InputError, match="expected names that differ in more than capitals, got bob"
    ):
        add_caller(tmp_path, "Bob")
    assert read_callers(tmp_path) == before
    write(tmp_path, {"bob": HASH, "BOB": OTHER})
    with pytest.raises(InputError, match="capitals, got bob and BOB"):
        read_callers(tmp_path)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            one(scopes=None),
            "bob: expected a list of scopes among score, forget, admin, audit, got N",
        ),
        (one(scopes="score"), "bob: expected a list of scopes among .*, got 'score'"),
        (one(scopes=["scroe"]), "bob: expected scopes among .*, got 'scroe'; did you mean score?"),
        (one(scopes=["*"]), r"bob: expected scopes among .*, got '\*'"),
        (one(scopes=["Score"]), "bob: expected scopes among .*, got 'Score'; did you mean score?"),
        (one(scopes=[["score"]]), "bob: expected scopes among"),
        (one(scopes={"score": True}), "bob: expected a list of scopes among"),
        (one(scope=["admin"]), "bob: expected fields among .*, got 'scope'; did you mean scopes?"),
        (one(sha256="secret-key"), "bob: expected 64 hex digits at 'sha256', got another text$"),
        (one(until="soon"), "bob: expected until: a time such as .*, got 'soon'"),
        (
            {"callers": {"bob": {"keys": []}}},
            "bob: expected a folder without .. at media, got None",
        ),
        (
            {"callers": {"bob": {"media": "../ann", "keys": []}}},
            "bob: expected a folder without ..",
        ),
        ({"callers": {"bob": {"media": "a\0", "keys": []}}}, "bob: expected a folder without .."),
        (
            {"callers": {"bob": {"media": "b", "keys": {}}}},
            "bob: expected media and a list of keys",
        ),
        ({"callers": {}, "scopes": []}, "expected fields among callers, got 'scopes'"),
        ({"bob": "secret-key"}, "expected 64 hex digits at 'bob', got another text$"),
        ({"bob": {"scopes": ["score"]}}, "expected 64 hex digits at 'bob', got another text$"),
        ({"ann": HASH, "bob": HASH}, "expected a key for each, got one key twice"),
        ([], r"expected an object of callers, got \[\]"),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_never_read_as_more(tmp_path, facts, message) -> None:
    write(tmp_path, facts)
    for read in (read_callers, callers_database, first_key):
        with pytest.raises(
            InputError, match=re.escape(f"{tmp_path}/callers.json") + f": {message}"
        ):
            read(tmp_path)
    before = (tmp_path / "callers.json").read_bytes()
    with pytest.raises(InputError):
        add_caller(tmp_path, "eve")
    assert (tmp_path / "callers.json").read_bytes() == before


def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "callers.json").write_text(f'{{"bob": "{HASH}", "bob": "{OTHER}"}}')
    with pytest.raises(InputError, match="expected every name once, got 'bob' twice"):
        read_callers(tmp_path)


def test_no_scopes_are_no_rights(tmp_path: Path) -> None:
    write(tmp_path, one(sha256=hash_of("k"), scopes=[]))
    with pytest.raises(Problem, match="expected a key with the scope score"):
        of(tmp_path, "k").require("score")


def test_a_damaged_file_is_one_clear_line_before_anything_starts(tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "callers.json").write_text('{"bob": ')
    assert main([f"out={out}", "add=eve"]) == 2
    Settings().write(out / "settings.json")
    assert gateway([f"out={out}", "host=127.0.0.1", "port=1", "upstream=http://127.0.0.1:1"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said == [f"error: {out}/callers.json: expected JSON of callers, got another text"] * 2


def test_the_start_refuses_a_damaged_file(tmp_path: Path) -> None:
    bundle, out = write_tiny_bundle(tmp_path / "b"), tmp_path / "out"
    out.mkdir()
    (out / "callers.json").write_text("{}}")
    with pytest.raises(InputError, match=r"callers\.json: expected JSON of callers"):
        start(bundle, out, port=free_ports(), settings=Settings())
    assert [path.name for path in out.iterdir()] == ["callers.json"]


def test_the_start_refuses_a_wrong_key_of_the_database_and_leaves_the_models(tmp_path) -> None:
    """In words, and before anything of the endpoint that was there is taken away."""
    bundle, out = write_tiny_bundle(tmp_path / "b"), tmp_path / "out"
    (out / "models").mkdir(parents=True)
    (out / "models" / "held").touch()
    database = f"sqlite:///{tmp_path / 'd.sqlite3'}"
    first = JobPlace(tmp_path, Settings(), open_database(tmp_path, Settings(database=database)))
    first.store.submit(UpstreamRequest("/predictions/t", b"{}", "a/b", "bob"), None)
    first.close()
    for wrong, message in (
        ({"database": database}, r"out/database\.key: expected the database\.key that"),
        ({"database": "postgresql://h:none/d"}, r"^database: expected an address such as"),
        ({"database_key": str(out)}, r"out: expected a key file, got Is a directory"),
    ):
        with pytest.raises(InputError, match=message):
            start(bundle, out, port=free_ports(), settings=Settings(**wrong))
        assert (out / "models" / "held").exists()


@pytest.mark.parametrize("max_seconds", [0.5, 240.0, 4000.2])
def test_torchserve_ends_no_worker_within_a_requests_own_limit(tmp_path: Path, max_seconds) -> None:
    path = archive(write_tiny_bundle(tmp_path / "b"), tmp_path, name="t", version="1",
                   serving=SERVING)  # fmt: skip
    served = admit(path, tmp_path / "store", Settings(max_seconds=max_seconds))
    with zipfile.ZipFile(served) as packed:
        limit_s = json.loads(packed.read("model-config.yaml"))["responseTimeout"]
    assert max_seconds + 60 <= limit_s < max_seconds + 62


def _add_some(folder: Path, number: int) -> None:
    for i in range(10):
        add_caller(folder, f"c{number}-{i}")


def test_adds_at_once_lose_nobody(tmp_path: Path) -> None:
    context = get_context("fork")
    writers = [context.Process(target=_add_some, args=(tmp_path, n)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(read_callers(tmp_path)) == 40


def test_what_a_worker_is_told_of_a_caller_is_what_it_understands() -> None:
    caller = Caller("bob", frozenset({"score", "admin"}), "/srv/büro 7,\r\nX: y%")
    headers = caller.to_headers()
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    assert caller_of({name.lower(): value for name, value in headers.items()}) == caller
    stranger = caller_of({})
    assert (stranger.name, stranger.media) == ("unknown", "")
    for scope in SCOPES:
        with pytest.raises(Problem, match=f"expected a key with the scope {scope}"):
            stranger.require(scope)


def test_the_command_for_callers(tmp_path: Path, capsys) -> None:
    out = f"out={tmp_path}"
    assert main([out, "add=hr-7", "scopes=score,audit", "media=hr", "days=9"]) == 0
    key = capsys.readouterr().out.strip()
    assert of(tmp_path, key) == Caller("hr-7", frozenset({"score", "audit"}), "hr")
    assert main([out, "change=hr-7", "scopes=score", "media=hr-new"]) == 0
    assert of(tmp_path, key) == Caller("hr-7", frozenset({"score"}), "hr-new")
    assert main([out]) == 0
    assert re.fullmatch(r"hr-7: media hr-new; keys main \(score; until \d{4}-.* UTC\)\n",
                        capsys.readouterr().out)  # fmt: skip
    wrong = {
        "scopes=scroe": "scopes: expected scopes among score, forget, admin, audit, got 'scroe'",
        "scopes=": "scopes: expected scopes among",
        "days=-1": "days: expected a number from 0 to 36500, got '-1'",
        "days=nan": "days: expected a number",
        "media=../x": "a folder without ..",
        "remove=x": "expected one of add, change and remove, got add and remove",
    }
    for word, message in wrong.items():
        assert main([out, "add=eve", word]) == 2, word
        assert message in capsys.readouterr().err
    assert main([out, "remove=hr-7", "key=x"]) == 2
    assert "expected a key among main, got 'x'" in capsys.readouterr().err
    assert main([out, "remove=hr-7"]) == 0
    for words in (["remove=hr-7"], ["change=hr-7"], ["add=a b"]):
        assert main([out, *words]) == 2
    assert read_callers(tmp_path) == {}

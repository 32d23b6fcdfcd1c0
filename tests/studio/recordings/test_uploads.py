"""Resumable uploads: whatever is cut where, the same bytes arrive, once."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.studios import Browser, TestedStudio
from tests.factories.uploads import CONTENT, Sender
from trifold.studio.database.base import now
from trifold.studio.database.projects import Recording, Upload
from trifold.studio.recordings.files import recordings_folder
from trifold.studio.recordings.uploads import parts

DATA = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def browser(sqlite_studio: TestedStudio) -> Browser:
    return sqlite_studio.browser("psychologist")


@pytest.fixture(scope="module")
def sender(sqlite_studio: TestedStudio, browser: Browser) -> Sender:
    return Sender(browser, sqlite_studio.project, browser.form_token)


@pytest.fixture
def root(sqlite_studio: TestedStudio) -> Path:
    return recordings_folder(sqlite_studio.studio, sqlite_studio.project)


def known(tested: TestedStudio, path: str) -> list[Recording]:
    with tested.studio.database.reading() as session:
        return list(session.query(Recording).filter_by(project_id=tested.project, path=path))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(0, len(DATA) - 1), max_size=6), st.randoms())
def test_any_cutting_gives_the_same_bytes_once(sqlite_studio, sender, root, cuts, random) -> None:
    name = f"cut/{random.getrandbits(40):x}.mp4"
    sender.send(name, DATA, tuple(cuts), sha256=hashlib.sha256(DATA).hexdigest())
    assert (root / name).read_bytes() == DATA
    (recording,) = known(sqlite_studio, name)
    assert (recording.size_bytes, recording.sha256) == (
        len(DATA),
        hashlib.sha256(DATA).hexdigest(),
    )
    assert (root / name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("offset", [0, 99, 101, len(DATA)])
def test_another_offset_than_the_servers_is_refused_and_nothing_is_written(sender, offset) -> None:
    where = sender.begin("offset.mp4", len(DATA)).headers["location"]
    sender.append(where, 0, DATA[:100])
    answer = sender.append(where, offset, DATA[:0] if offset == len(DATA) else DATA[:10])
    assert answer.status_code == 409
    assert answer.json()["error"] == f"expected the offset 100, got {offset}"
    assert sender.offset(where) == 100


def test_the_same_file_again_is_there_once_and_another_of_its_name_is_numbered(
    sqlite_studio, sender, root
) -> None:
    for data in (DATA, DATA, DATA[::-1]):
        sender.send("ann/twice.mp4", data)
    assert sorted(p.name for p in (root / "ann").iterdir()) == ["twice (2).mp4", "twice.mp4"]
    assert (root / "ann/twice (2).mp4").read_bytes() == DATA[::-1]
    assert len(known(sqlite_studio, "ann/twice.mp4")) == 1


def test_a_file_with_another_checksum_than_promised_is_thrown_away(sender, root) -> None:
    where = sender.begin("sum.mp4", len(DATA), sha256="0" * 64).headers["location"]
    answer = sender.append(where, 0, DATA)
    assert answer.status_code == 460
    assert "with the checksum that it was sent with" in answer.json()["error"]
    assert not (root / "sum.mp4").exists()
    assert sender.append(where, 0, DATA).status_code == 404


def test_an_upload_that_is_ended_is_gone(sqlite_studio, sender) -> None:
    where = sender.begin("gone.mp4", len(DATA)).headers["location"]
    assert sender.end(where).status_code == 204
    assert sender.end(where).status_code == 404
    assert sender.append(where, 0, DATA).status_code == 404


@pytest.mark.parametrize(
    ("name", "length", "status", "said"),
    [
        ("big.mp4", 9 * 10**9, 413, "a file of at most 8 GB, got 9.0 GB"),
        ("none.mp4", 0, 400, "an empty file"),
        ("evil.exe", 10, 400, "a recording or a transcript"),
        ("../..", 10, 400, "a recording or a transcript"),
    ],
)
def test_what_is_not_taken_is_said_in_plain_words(sender, name, length, status, said) -> None:
    answer = sender.begin(name, length)
    assert answer.status_code == status
    assert said in answer.json()["error"]


def test_more_than_was_told_is_refused(sender) -> None:
    where = sender.begin("more.mp4", 10).headers["location"]
    assert sender.append(where, 0, DATA[:11]).status_code == 400
    assert sender.offset(where) == 0


def test_a_full_disk_is_said_so(sender, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**9))
    answer = sender.begin("full.mp4", 10**9)
    assert answer.status_code == 507
    assert "room for 1.0 GB on the server's disk" in answer.json()["error"]


def test_requests_without_the_protocols_version_or_kind_are_refused(browser, sender) -> None:
    where = sender.begin("kind.mp4", 10).headers["location"]
    token = {"X-Form-Token": sender.token}
    assert browser.patch(where, content=b"x", headers=token | CONTENT).status_code == 412
    plain = sender.headers(Upload_Offset="0") | {"Content-Type": "text/plain"}
    assert browser.patch(where, content=b"x", headers=plain).status_code == 415
    assert browser.patch(where, content=b"x", headers=sender.headers() | CONTENT).status_code == 400


def test_uploads_of_others_are_not_there(sqlite_studio, sender) -> None:
    where = sender.begin("mine.mp4", len(DATA)).headers["location"]
    other = sqlite_studio.browser("recruiter")
    theirs = Sender(other, sqlite_studio.project, other.form_token)
    assert theirs.append(where, 0, DATA).status_code == 404
    assert Sender(other, sqlite_studio.project, "wrong").begin("x.mp4", 3).status_code == 403
    rater = sqlite_studio.browser("rater")
    assert (
        Sender(rater, sqlite_studio.project, rater.form_token).begin("x.mp4", 3).status_code == 403
    )
    assert replace(theirs, project=sqlite_studio.elsewhere).begin("x.mp4", 3).status_code == 404


def test_a_folder_that_is_a_link_is_not_written_into(sender, root, tmp_path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / "linked").symlink_to(tmp_path)
    where = sender.begin("linked/x.mp4", len(DATA)).headers["location"]
    assert sender.append(where, 0, DATA).status_code == 400
    assert not list(tmp_path.iterdir())
    (root / "linked").unlink()


@pytest.mark.parametrize(
    ("days", "sent", "kept"),
    [(0.9, b"", True), (1.1, b"", False), (1.1, b"x", True), (6.9, b"x", True), (7.1, b"x", False)],
)
def test_idle_uploads_are_forgotten(sqlite_studio, sender, days, sent, kept) -> None:
    """Those of which nothing came after a day, as where nobody heard that they were begun."""
    where = sender.begin(f"idle{days}{len(sent)}.mp4", len(DATA)).headers["location"]
    sender.append(where, 0, sent)
    upload_id, ago = where.rpartition("/")[2], now() - timedelta(days=days)
    with sqlite_studio.studio.database.writing() as session:
        upload = session.get_one(Upload, upload_id)
        upload.created_at = ago
    os.utime(parts.part_file(sqlite_studio.studio, upload), (ago.timestamp(), ago.timestamp()))
    sender.begin("other.mp4", len(DATA))
    with sqlite_studio.studio.database.reading() as session:
        assert (session.get(Upload, upload_id) is not None) is kept


def test_an_upload_whose_beginning_was_never_answered_is_taken_up(sqlite_studio, sender) -> None:
    first = sender.begin("heard.mp4", len(DATA)).headers["location"]
    assert sender.begin("heard.mp4", len(DATA)).headers["location"] == first
    others = {
        sender.begin("heard.mp4", len(DATA) - 1).headers["location"],
        sender.begin("heard2.mp4", len(DATA)).headers["location"],
        sender.begin("heard.mp4", len(DATA), sha256="0" * 64).headers["location"],
    }
    assert first not in others
    assert len(others) == 3
    sender.append(first, 0, DATA[:10])  # of which file, nobody could say
    assert sender.begin("heard.mp4", len(DATA)).headers["location"] != first


def test_an_upload_that_gets_its_first_bytes_is_not_taken_up_by_another_file(
    sqlite_studio, sender
) -> None:
    first = sender.begin("slow.mp4", len(DATA)).headers["location"]
    with sqlite_studio.studio.database.reading() as session:
        file = parts.part_file(
            sqlite_studio.studio, session.get_one(Upload, first.rpartition("/")[2])
        )
    with parts.appending(file):  # its first piece is on the way, and nothing is written yet
        assert sender.begin("slow.mp4", len(DATA)).headers["location"] != first


def test_a_form_leaves_uploads_alone_that_others_have_begun(sqlite_studio, sender, browser) -> None:
    """A form whose files did not all come throws its own away, and those only."""
    page = f"/projects/{sqlite_studio.project}/recordings"
    token = {"form_token": browser.form_token}
    files = [("file", ("both.mp4", DATA)), ("file", ("eve.exe", DATA))]
    form = browser.build_request("POST", page, data=token, files=files)
    begun = sender.begin("both.mp4", int(form.headers["content-length"])).headers["location"]
    assert browser.send(form).status_code == 422
    assert sender.offset(begun) == 0


def test_a_plain_form_works_without_script(sqlite_studio, browser, root) -> None:
    page = f"/projects/{sqlite_studio.project}/recordings"
    files = {"file": ("bob.mp4", DATA, "video/mp4")}
    token = {"form_token": browser.form_token}
    sent = browser.post(page, data=token, files=files, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, page)
    assert (root / "bob.mp4").read_bytes() == DATA
    assert "bob.mp4" in browser.look(page).text


@pytest.mark.parametrize(
    ("token", "name", "data", "said"),
    [
        ("wrong", "eve.mp4", DATA, "a form of this page"),
        ("", "eve.exe", DATA, "a recording or a transcript"),
        ("", "eve.mp4", b"", "an empty file"),
        ("", "", b"", "without a file"),
    ],
)
def test_a_form_that_is_not_ours_or_not_right_leaves_nothing(
    sqlite_studio, browser, root, token, name, data, said
) -> None:
    before = sorted(sqlite_studio.studio.folder_of(sqlite_studio.project).rglob("*"))
    page = f"/projects/{sqlite_studio.project}/recordings"
    fields = {"form_token": token or browser.form_token}
    sent = browser.post(page, data=fields, files={"file": (name, data)}, follow_redirects=False)
    assert sent.status_code == 422
    assert said in sent.text
    assert sorted(sqlite_studio.studio.folder_of(sqlite_studio.project).rglob("*")) == before

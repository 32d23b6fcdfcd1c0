"""Recordings are given out byte by byte as they are, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from tests.studio.results.results_factory import address_of, keys_of
from trifold.studio.database.projects import Recording
from trifold.studio.results.people.media import FOLDER, inside, media_of

CONTENT = np.random.default_rng(0).bytes(5000)


@pytest.fixture(scope="module")
def folder(sqlite_studio, sqlite_run):
    root = sqlite_studio.studio.folder_of(sqlite_run.project_id) / FOLDER
    (root / "person_00002").mkdir(parents=True)
    (root / "person_00002/q1.webm").write_bytes(CONTENT)
    (root / "person_00002/q2.avi").write_bytes(CONTENT)
    (root / "person_00002/q3.html").write_bytes(CONTENT)
    return root


@pytest.fixture(scope="module")
def address(folder, sqlite_studio, sqlite_run) -> str:
    key = keys_of(sqlite_studio.studio, sqlite_run)["person_00002"]
    return address_of(sqlite_run, f"/people/{key}/recordings/1")


RANGES = [(0, 0), (0, 4999), (1, 1), (100, 4098), (4999, 4999), (4000, 9999), (7, None)]


@pytest.mark.parametrize(("first", "last"), RANGES)
def test_a_range_is_that_of_the_file(sqlite_studio, address: str, first: int, last) -> None:
    wanted = {"range": f"bytes={first}-{'' if last is None else last}"}
    answer = sqlite_studio.browser("recruiter").get(address, headers=wanted)
    end = 4999 if last is None else min(last, 4999)
    assert answer.status_code == 206
    assert answer.content == CONTENT[first : end + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{end}/5000"
    assert answer.headers["content-type"] == "video/webm"


def test_the_last_bytes_and_all_of_them(sqlite_studio, address: str) -> None:
    browser = sqlite_studio.browser("psychologist")
    assert browser.get(address, headers={"range": "bytes=-20"}).content == CONTENT[-20:]
    assert browser.get(address).content == CONTENT
    assert browser.head(address).headers["accept-ranges"] == "bytes"
    assert "attachment" in browser.get(f"{address}?save=1").headers["content-disposition"]


@pytest.mark.parametrize("asked", ["bytes=5000-", "bytes=9000-9001"])
def test_a_range_behind_the_end_is_refused(sqlite_studio, address: str, asked: str) -> None:
    answer = sqlite_studio.browser("recruiter").get(address, headers={"range": asked})
    assert answer.status_code == 416


def test_raters_and_answers_that_are_not_there_get_none(sqlite_studio, address: str) -> None:
    assert sqlite_studio.browser("rater").get(address).status_code == 403
    for n in ("0", "4", "99999999999"):
        assert sqlite_studio.browser("recruiter").get(address[:-1] + n).status_code == 404


def test_what_browsers_do_not_play_is_said_and_what_is_no_recording_is_not_given(
    sqlite_studio, address: str
) -> None:
    browser = sqlite_studio.browser("recruiter")
    assert browser.get(address[:-1] + "2").headers["content-type"] == "video/x-msvideo"
    assert browser.get(address[:-1] + "3").status_code == 404
    page = browser.get(address.removesuffix("/recordings/1")).text
    assert "Many browsers do not play this kind of file (.avi)." in page
    assert "The recording is not here any more." in page


@pytest.mark.parametrize(
    "path", ["../log.jsonl", "/etc/passwd", "a/../../x.webm", "link.webm", "\0"]
)
def test_nothing_leads_out_of_the_recordings(folder, path: str) -> None:
    (folder.parent / "x.webm").write_bytes(b"x")
    (folder.parent / "log.jsonl").write_bytes(b"x")
    link = folder / "link.webm"
    if not link.is_symlink():
        link.symlink_to(folder.parent / "x.webm")
    assert inside(folder, path) is None
    assert inside(folder, "person_00002/q1.webm") == folder.resolve() / "person_00002/q1.webm"


def test_recordings_are_found_by_id_and_by_path(sqlite_studio, sqlite_run, folder) -> None:
    (folder / "b%c").mkdir(exist_ok=True)
    (folder / "b%c/x.y.mp4").write_bytes(b"x")
    with sqlite_studio.studio.database.writing() as session:
        made = Recording(project_id=sqlite_run.project_id, path="b%c/x.y.mp4", speaker="S1")
        session.add(made)
        session.flush()
        here = sqlite_studio.studio, sqlite_run.project_id
        for clip in (made.id, "b%c/x.y", "b%c/x.y.mp4"):
            found = media_of(session, *here, {"clip_id": clip})
            assert found is not None
            assert (found.path.name, found.speaker) == ("x.y.mp4", "S1")
        for clip in ("b%c/x", "b", "bac/x.y"):
            assert media_of(session, *here, {"clip_id": clip}) is None
        session.delete(made)


def test_recordings_of_a_folder_of_the_server_are_given_out_where_settings_allow(
    sqlite_studio, sqlite_run, folder, tmp_path
) -> None:
    (tmp_path / "x.mp4").write_bytes(CONTENT)
    (folder / "linked").symlink_to(tmp_path)
    here = sqlite_studio.studio, sqlite_run.project_id
    with sqlite_studio.studio.database.writing() as session:
        made = Recording(project_id=sqlite_run.project_id, path="linked/x.mp4",
                         candidate_id=sqlite_studio.candidate)  # fmt: skip
        session.add(made)
    rater = sqlite_studio.browser("rater")
    address = f"/projects/{sqlite_run.project_id}/rate/media/{made.id}"
    for allowed in ((), (tmp_path,)):
        object.__setattr__(sqlite_studio.studio.settings, "folders", allowed)
        with sqlite_studio.studio.database.reading() as session:
            assert (media_of(session, *here, {"clip_id": "linked/x"}) is not None) is bool(allowed)
        assert rater.get(address).status_code == (200 if allowed else 422)
    assert rater.get(address).content == CONTENT

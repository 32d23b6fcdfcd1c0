"""Copies of what browsers cannot play: made once by a job, on the recording's clock, and played."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import av
import numpy as np
import pytest
from sqlalchemy import select

from tests.factories.media import face_frames, voice
from tests.factories.recordings import Codec, Track, mono, record
from tests.factories.studios import TestedStudio
from trifold.media.picture.frames import read_frames
from trifold.media.sound.channel import read_channel
from trifold.studio.accounts.roles import Role
from trifold.studio.database.projects import Recording
from trifold.studio.database.work import Job
from trifold.studio.jobs.queue import claim
from trifold.studio.jobs.worker import Worker
from trifold.studio.previews.encoding import encode
from trifold.studio.previews.keeping import Standing, preview_of, standing
from trifold.studio.previews.kinds import plays
from trifold.studio.previews.making import missing

SECONDS = 2.0
KINDS = {
    "a.avi": (Codec("mpeg4"), "mp3"),
    "b.mkv": (Codec("libx264"), "ac3"),
    "c.wmv": (Codec("wmv2"), "wmav2"),
    "d.mov": (Codec("mjpeg", "yuvj420p"), "pcm_s16le"),
}


def flashing(at_s: float) -> list[np.ndarray]:
    """A dark picture that is bright from a second on."""
    return [np.full((240, 320, 3), 220 if i / 15 >= at_s else 20, np.uint8) for i in range(30)]


def beeping(at_s: float) -> np.ndarray:
    sound = np.zeros(round(SECONDS * 16000), np.float32)
    first = round(at_s * 16000)
    sound[first:] = 0.4 * np.sin(2 * np.pi * 440 * np.arange(len(sound) - first) / 16000)
    return sound


@pytest.mark.parametrize("name", KINDS)
def test_a_preview_shows_and_sounds_when_the_recording_does(tmp_path: Path, name: str) -> None:
    codec, sound = KINDS[name]
    source = record(
        tmp_path / name, shown=flashing(1.0), codec=codec, tracks=[Track(mono(beeping(1.0)), sound)]
    )
    encode(source, tmp_path / "p.mp4")
    with av.open(str(tmp_path / "p.mp4")) as made:
        assert {s.codec.canonical_name for s in made.streams} == {"h264", "aac"}
    for path in (source, tmp_path / "p.mp4"):
        bright = [f.time_s for f in read_frames(path) if f.image.mean() > 120]
        assert bright[0] == pytest.approx(1.0, abs=0.08)
        heard = np.concatenate([c.samples for c in read_channel(path)])
        assert np.flatnonzero(np.abs(heard) > 0.2)[0] / 16000 == pytest.approx(1.0, abs=0.08)


@pytest.mark.parametrize(("name", "picture", "sound", "does"), [
    ("a.mp4", "h264", "aac", True), ("a.mp4", "hevc", "aac", False),
    ("a.AVI", "h264", "mp3", False), ("a.mp4", "mpeg4", "aac", False),
    ("a.webm", "vp9", "opus", True), ("a.mov", "h264", "ac3", False),
    ("a.wav", None, "pcm_s16le", True), ("a.mkv", "h264", "aac", False),
    ("a.mp4", None, None, True),
])  # fmt: skip
def test_what_browsers_play_is_told_by_container_and_codecs(name, picture, sound, does) -> None:
    assert plays(Path(name), picture, sound) is does


@pytest.fixture(scope="module")
def avi(sqlite_studio: TestedStudio) -> Recording:
    """A recording that no browser plays, and one that nothing can decode."""
    root = sqlite_studio.studio.folder_of(sqlite_studio.project) / "recordings"
    (root / "c001").mkdir(parents=True)
    shown, heard = face_frames(SECONDS), Track(mono(voice(SECONDS)), "mp3")
    record(root / "c001/q1.avi", shown=shown, codec=Codec("mpeg4"), tracks=[heard])
    (root / "c001/q2.avi").write_bytes(b"no recording" * 99)
    with sqlite_studio.studio.database.writing() as session:
        both = [
            Recording(
                project_id=sqlite_studio.project,
                candidate_id=sqlite_studio.candidate,
                path=f"c001/q{n}.avi",
            )
            for n in (1, 2)
        ]
        session.add_all(both)
        session.flush()
        session.expunge_all()
    return both[0]


def do_jobs(studio: TestedStudio) -> list[str]:
    worker = Worker(studio.studio, "w")
    while (job := claim(studio.studio.database, "w")) is not None:
        worker.do(job)
    with studio.studio.database.reading() as session:
        return list(session.scalars(select(Job.state).where(Job.kind == "preview")))


def make_ready(studio: TestedStudio, one: Recording) -> None:
    folder = studio.studio.folder_of(studio.project)
    if standing(folder, one.path, folder / "recordings" / one.path) is not Standing.READY:
        start = f"/projects/{studio.project}/recordings/{one.id}/preview"
        studio.browser(Role.RECRUITER).send_form(start)
        do_jobs(studio)


def test_a_job_makes_them_once_and_pages_say_how_they_stand(
    sqlite_studio: TestedStudio, avi: Recording
) -> None:
    client = sqlite_studio.browser(Role.RECRUITER)
    page = f"/projects/{sqlite_studio.project}/recordings/{avi.id}"
    folder = sqlite_studio.studio.folder_of(sqlite_studio.project)
    source, made = folder / "recordings" / avi.path, preview_of(folder, avi.path)
    assert "There is no copy that browsers play yet." in client.look(page).text
    assert client.get(f"{page}/media").content == source.read_bytes()
    started = client.send_form(page.rpartition("/")[0] + "/previews")
    assert started.status_code == 303
    assert "is being made" in client.look(page).text
    assert do_jobs(sqlite_studio) == ["done"]
    assert made.stat().st_mode & 0o777 == 0o600
    shown = client.look(page).text
    assert "You see a smaller copy, which browsers play." in shown
    played = client.get(f"{page}/media", headers={"range": "bytes=4-7"})
    assert (played.status_code, played.content) == (206, b"ftyp")
    assert played.headers["content-type"] == "video/mp4"
    assert client.get(f"{page}/media?save=1").content == source.read_bytes()
    assert standing(folder, "c001/q2.avi", folder / "recordings/c001/q2.avi") is Standing.FAILED
    assert list(missing(sqlite_studio.studio, sqlite_studio.project)) == []


def test_a_recording_that_changed_has_no_preview_and_a_deleted_one_takes_it_along(
    sqlite_studio: TestedStudio, avi: Recording
) -> None:
    folder = sqlite_studio.studio.folder_of(sqlite_studio.project)
    source = folder / "recordings/c001/q3.avi"
    source.write_bytes(b"x")
    made = preview_of(folder, "c001/q3.avi")
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_bytes(b"y")
    os.utime(made, ns=(source.stat().st_mtime_ns,) * 2)
    assert standing(folder, "c001/q3.avi", source) is Standing.READY
    os.utime(source, (1, 1))
    assert standing(folder, "c001/q3.avi", source) is Standing.NONE
    with sqlite_studio.studio.database.writing() as session:
        one = Recording(project_id=sqlite_studio.project, path="c001/q3.avi")
        session.add(one)
        session.flush()
        address = f"/projects/{sqlite_studio.project}/recordings/{one.id}/delete"
    assert sqlite_studio.browser(Role.RECRUITER).send_form(address).status_code == 303
    assert not made.exists()
    assert not source.exists()


def test_raters_get_the_preview_too_and_are_told_where_there_is_none(
    sqlite_studio: TestedStudio, avi: Recording
) -> None:
    make_ready(sqlite_studio, avi)
    rater, rate = sqlite_studio.browser(Role.RATER), f"/projects/{sqlite_studio.project}/rate"
    played = rater.get(f"{rate}/media/{avi.id}")
    assert (played.headers["content-type"], played.content[4:8]) == ("video/mp4", b"ftyp")
    page = rater.look(f"{rate}/{sqlite_studio.candidate}").text
    assert re.findall(r'class="banner cannot" role="status"( hidden)?>', page) == [" hidden", ""]


def test_chromium_plays_an_avi_by_its_preview(
    chromium, sqlite_studio: TestedStudio, avi: Recording, address: str
) -> None:
    client = sqlite_studio.browser(Role.RECRUITER)
    make_ready(sqlite_studio, avi)
    page = f"/projects/{sqlite_studio.project}/recordings/{avi.id}"
    context = chromium.new_context(base_url=address)
    cookies = client.cookies.items()
    context.add_cookies([{"name": n, "value": v, "url": address} for n, v in cookies])
    shown = context.new_page()
    shown.goto(page)
    shown.wait_for_function("document.querySelector('video').readyState >= 2")
    shown.evaluate("const v = document.querySelector('video'); v.muted = true; v.currentTime = 1")
    shown.evaluate("document.querySelector('video').play()")
    until = time.monotonic() + 20
    while shown.evaluate("document.querySelector('video').currentTime") <= 1.2:
        assert time.monotonic() < until
    assert shown.evaluate("document.querySelector('video').duration") == pytest.approx(2.0, abs=0.2)
    assert shown.locator(".cannot").is_hidden()
    context.close()

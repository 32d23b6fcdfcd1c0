"""Results in a real browser without script."""

from __future__ import annotations

import pytest

from tests.factories.media import VTT, face_frames, voice, write_media
from tests.studio.results.results_factory import address_of, keys_of
from trifold.studio.results.people.media import FOLDER


@pytest.fixture(scope="module")
def person(sqlite_studio, sqlite_run) -> str:
    """Address of a person of whom one recording is there."""
    root = sqlite_studio.studio.folder_of(sqlite_run.project_id) / FOLDER
    clip = root / "person_00002/q1.webm"
    write_media(
        clip, images=face_frames(3.0), audio=voice(3.0),
        video_codec="libvpx", audio_codec="libopus", sample_rate_hz=48_000,
    )  # fmt: skip
    clip.with_suffix(".vtt").write_text(VTT, "utf-8")
    key = keys_of(sqlite_studio.studio, sqlite_run)["person_00002"]
    return address_of(sqlite_run, f"/people/{key}")


def signed_in(chromium, sqlite_studio, address: str, **more):
    """A browser's context of a recruiter."""
    context = chromium.new_context(base_url=address, **more)
    cookies = sqlite_studio.browser("recruiter").cookies
    context.add_cookies(
        [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
    )
    return context


def test_without_script_a_moment_leads_to_that_moment_of_the_file(
    chromium, sqlite_studio, address: str, person: str
) -> None:
    page = signed_in(chromium, sqlite_studio, address, java_script_enabled=False).new_page()
    page.goto(person)
    link = page.get_attribute(".panel[open] .words a[data-t='1.5']", "href")
    assert link == f"{person}/recordings/1#t=1.5"
    assert page.locator("video").is_visible()
    page.context.close()

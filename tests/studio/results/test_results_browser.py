"""Results in a real browser: accessible in light and dark, and of use without script."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.factories.media import VTT, face_frames, voice, write_media
from tests.studio.results.results_factory import address_of, keys_of
from trifold.studio.results.people.media import FOLDER

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine (make browser, or apt install chromium)"
)


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


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    root = os.geteuid() == 0  # chromium's sandbox does not run as root
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if root else []
        )
        yield found
        found.close()


def signed_in(chromium, sqlite_studio, address: str, **more):
    """A browser's context of a recruiter."""
    context = chromium.new_context(base_url=address, **more)
    cookies = sqlite_studio.browser("recruiter").cookies
    context.add_cookies(
        [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
    )
    return context


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    chromium, sqlite_studio, sqlite_run, address: str, person: str, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    keys = list(keys_of(sqlite_studio.studio, sqlite_run).values())
    compare = address_of(sqlite_run, f"/compare?who={keys[0]}&who={keys[1]}")
    width = {"light": 1280, "dark": 390}[scheme]
    view = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = signed_in(chromium, sqlite_studio, address, **view).new_page()
    for path in (address_of(sqlite_run, "?sort=openness"), compare, person):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == [], path
    page.context.close()


def test_without_script_a_moment_leads_to_that_moment_of_the_file(
    chromium, sqlite_studio, address: str, person: str
) -> None:
    page = signed_in(chromium, sqlite_studio, address, java_script_enabled=False).new_page()
    page.goto(person)
    link = page.get_attribute(".panel[open] .words a[data-t='1.5']", "href")
    assert link == f"{person}/recordings/1#t=1.5"
    assert page.locator("video").is_visible()
    page.context.close()

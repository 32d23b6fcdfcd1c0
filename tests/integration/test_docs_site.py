"""The documentation builds without a warning, and the site loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.integration.documented import DOCS, ROOT
from trifold.cli.help import sections
from trifold.cli.table import COMMANDS

pytest.importorskip("mkdocs", reason="needs the extra docs")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def test_every_page_is_in_the_site(site: Path) -> None:
    for page in DOCS:
        assert (site / page.removeprefix("docs/")).with_suffix(".html").is_file(), page


@pytest.mark.parametrize("command", COMMANDS)
def test_every_setting_of_a_command_is_in_the_reference(command: str, site: Path) -> None:
    page = (site / f"reference/settings/{command}.html").read_text(encoding="utf-8")
    own, groups = sections(command)
    told = [one.name for one in own] + [s.name for _, _, more in groups.values() for s in more]
    assert [name for name in told if f"<code>{name}</code>" not in page] == []


class Loaded(HTMLParser):
    """Addresses that a browser would fetch by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source"):
            self.found.append(given.get("src") or "")
        elif tag == "link" and given.get("rel") in ("stylesheet", "preload", "icon", "preconnect"):
            self.found.append(given.get("href") or "")


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = Loaded()
        loaded.feed(page.read_text(encoding="utf-8"))
        assert [a for a in loaded.found if re.match(r"(\w+:)?//", a)] == [], page


def test_the_picture_of_the_imports_has_every_part(site: Path) -> None:
    page = (site / "architecture.html").read_text(encoding="utf-8")
    drawn = set(re.findall(r"<text[^>]*>([^<]*)</text>", page))
    assert {"scoring", "training", "network", "media", "serve", "commands"} <= drawn

"""Debian's Chromium, driven by Playwright; the same steps as ``firefox.Firefox`` takes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.factories.waiting import wait

# the shell draws no windows, whose own pages would keep both cores busy
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def started() -> Iterator[Any]:
    """A browser of Playwright's; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip(
            "no chromium on this machine (make browser, apt install chromium-headless-shell)"
        )
    root = os.geteuid() == 0  # chromium's sandbox does not run as root
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if root else []
        )
        yield found
        found.close()


class Window:
    """A window of a context of its own, with all that it asked for and complained about.

    Args:
        chromium: of ``started``.
        address: of the studio, before all paths.
        more: of the context, such as ``viewport``.
    """

    def __init__(self, chromium: Any, address: str, **more: Any) -> None:
        self.context = chromium.new_context(**more)
        self.address, self.page = address, self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda opened: self.asked.append(opened.url))

    def sign_in(self, client: Any, name: str) -> None:
        """Be who a client is.

        Args:
            client: in which somebody is signed in.
            name: of the session's cookie.
        """
        cookie = {"name": name, "value": client.cookies[name], "url": self.address}
        self.context.add_cookies([cookie])

    def go(self, path: str) -> Any:
        """Open a page of the studio; returns Playwright's page."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    def away(self, url: str) -> None:
        """Open a page of another machine."""
        self.page.goto(url)

    def elsewhere(self) -> list[str]:
        """What was asked of other machines."""
        own = (f"{self.address}/", "data:")
        return [url for url in self.asked if not url.startswith(own)]

    def js(self, expression: str) -> Any:
        """The value of an expression."""
        return self.page.evaluate(expression)

    def until(self, expression: str) -> None:
        """Wait until an expression is true, whatever page comes meanwhile."""
        # ``wait_for_function`` evaluates a text, which the studio's policy forbids
        wait(lambda: self.js(f"Boolean({expression})"), expression, passing=Exception)

    def click(self, selector: str) -> None:
        """With the pointer, in the middle of an element."""
        self.page.click(selector)

    def press(self, *keys: str) -> None:
        """On the keyboard, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

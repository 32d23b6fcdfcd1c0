"""What people do in the studio, step by step, in a window of whichever browser."""

from __future__ import annotations

from typing import Any

from tests.factories.studios import PASSWORD


def sign_in(window: Any, login: str) -> None:
    """By the form, with the keyboard; whoever was signed in before signs out."""
    window.go("/")
    if window.js("Boolean(document.querySelector('form.me'))"):
        window.click("form.me button")
    window.until("document.querySelector('[name=password]')")
    window.click("[name=login]")
    window.press(*login, "Tab", *PASSWORD, "Enter")
    window.until("document.querySelector('form.me')")


def follow(window: Any, words: str) -> None:
    """A link of the content by its words, and wait for the page that it leads to."""
    window.js(
        "[...document.querySelectorAll('main a')]"
        f".find(link => link.textContent.trim() === '{words}').id = 'followed'"
    )
    window.click("#followed")
    window.until("!document.querySelector('#followed') && document.readyState === 'complete'")


def watch_evidence(window: Any, *, project: str, person: str) -> None:
    """From the list of projects to a person of the latest run, and to the second that counts."""
    for words in (project, "Results"):
        follow(window, words)
    window.click("main .cards a")
    window.until("document.querySelector('table.people')")
    follow(window, person)
    assert window.js("document.querySelector('h1').textContent") == person
    window.until("document.querySelector('video').readyState >= 1")
    window.click(".panel[open] .words a[data-t='1.5']")
    window.until("document.querySelector('video').currentTime >= 1.5")
    assert window.js("document.querySelector('video').currentTime") < 3.2


def rate_by_keyboard(window: Any, *, project: str, keys: str) -> None:
    """The next candidate: a digit for every target, and wait until they are kept."""
    for words in (project, "Rate"):
        follow(window, words)
    window.click("main a.button")  # to begin, or to go on
    window.until("document.querySelector('form[data-live]')")
    for key in keys:
        window.press(key, "ArrowDown")
    window.until(
        "document.querySelectorAll('form[data-keep] input:checked').length === "
        f"{len(keys)} && /kept/.test(document.querySelector('[data-state]').textContent)"
    )

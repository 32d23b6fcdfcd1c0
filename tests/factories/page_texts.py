"""What can be read on a page, as texts, and which of it two languages of the page share."""

from __future__ import annotations

import re
from html.parser import HTMLParser

READ = ("aria-label", "alt", "title", "placeholder")  # attributes that people read or hear
UNREAD = ("style", "script")
WORD = re.compile(r"[A-Za-z]{3}")


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._tags: list[tuple[str, str]] = []  # open ones, with their languages

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("br", "hr", "img", "input", "link", "meta", "wbr"):
            inside = self._language
        else:
            inside = str(given.get("lang") or self._language)
            self._tags.append((tag, inside))
        for name in READ:
            self._read(given.get(name) or "", inside)

    def handle_endtag(self, tag: str) -> None:
        while self._tags and self._tags.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._tags or self._tags[-1][0] not in UNREAD:
            self._read(data, self._language)

    @property
    def _language(self) -> str:
        return self._tags[-1][1] if self._tags else ""

    def _read(self, text: str, language: str) -> None:
        own = self._tags[0][1] if self._tags else ""
        if WORD.search(text) and language == own:
            self.found.append(" ".join(text.split()))


def texts(page: str) -> list[str]:
    """Texts of a page, and of its attributes; not what is marked as another language."""
    parser = _Texts()
    parser.feed(page)
    return parser.found

"""What can be read on a page: texts that two languages of it share, numbers with a wrong sign."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

READ = ("aria-label", "alt", "title", "placeholder")  # attributes that people read or hear
UNREAD = ("style", "script")
VERBATIM = (*UNREAD, "code")
WORD = re.compile(r"[A-Za-z]{3}")
# a hyphen that is a sign: within a date, an id, a word or a range something stands in front of it
HYPHENED = re.compile(r"(?<![\w.,/)\]-])-\.?\d[\d.,]*")


class Text(NamedTuple):
    """A text of a page, the language that it is marked as, and the element that it stands in."""

    text: str
    language: str
    tag: str


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Text] = []
        self.language = ""  # of the page
        self._tags: list[tuple[str, str]] = []  # open ones, with their languages

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        inside = str(given.get("lang") or (self._tags[-1][1] if self._tags else ""))
        self.language = self.language or inside
        if tag not in ("br", "hr", "img", "input", "link", "meta", "wbr"):
            self._tags.append((tag, inside))
        self.found += [Text(given[name] or "", inside, tag) for name in READ if name in given]

    def handle_endtag(self, tag: str) -> None:
        while self._tags and self._tags.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag, inside = self._tags[-1] if self._tags else ("", "")
        self.found.append(Text(data, inside, tag))


def _read(page: str) -> _Texts:
    parser = _Texts()
    parser.feed(page)
    return parser


def texts(page: str) -> list[str]:
    """Texts of a page, and of its attributes; not what is marked as another language."""
    read = _read(page)
    return [
        " ".join(one.text.split())
        for one in read.found
        if one.tag not in UNREAD and one.language == read.language and WORD.search(one.text)
    ]


def hyphened(page: str) -> list[str]:
    """Negative numbers that a page writes with a hyphen, which is no minus; not those of code."""
    read = [one.text for one in _read(page).found if one.tag not in VERBATIM]
    return [number for text in read for number in HYPHENED.findall(text)]

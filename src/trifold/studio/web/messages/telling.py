"""What code says, told in a language: by its message, also where only the text is left of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol, get_group_symbol
from babel.support import NullTranslations, Translations
from markupsafe import Markup, escape

from trifold.decimals import with_symbols
from trifold.messages import translated
from trifold.templates import sentence

MESSAGES = Path(__file__).parent
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
SOURCE = "en"  # that templates and code are written in
PARTS = ("expected", "got", "what", "low", "high", "reach", "shown", "kind", "way")  # messages, too
LIKE = {"count": r"\d+", "kind": r"[a-z+]+"}  # values that are told from other text
NUMBER = re.compile(r"[+\N{MINUS SIGN}-]?(\d{1,3}(,\d{3})+|\d*)(\.\d+)?( %)?")
OF_TARGETS = re.compile(r"('[^']+'(?:, '[^']+')*): (.+)", re.DOTALL)  # a sentence about some
LONGEST = 500  # characters of what may have been made of a message
COUNTED = re.compile(r"\d+/\d+")  # in a line about progress
TELLING = re.compile(r"[A-Za-z]{4}")  # a word by which a message is told; "of" is in any text
BARE = re.compile(r"(?<![\w.])\.(?=\d)")  # a decimal point with nothing in front
WORDS = re.compile(r"[a-z]+(?: [a-z]+)*")


@lru_cache(maxsize=16)
def translations(language: str) -> NullTranslations:
    """Of the message file of a language; those of English say messages as they are."""
    path = MESSAGES / f"{language}.po"
    if language == SOURCE or not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalog(language))
    compiled.seek(0)
    return Translations(compiled)


def catalog(language: str) -> Catalog:
    """The message file of a language."""
    with (MESSAGES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def marked(language: str, text: str) -> str:
    """A text that code made, in the language; where it stays English, that is said to readers.

    What is said already, as by ``tell``, stays as it is.
    """
    if isinstance(text, Markup):
        return text
    said = told(language, text)
    stays = said == text and language != SOURCE and TELLING.search(text)
    return _english(said) if stays else said


@lru_cache(maxsize=4096)
def told(language: str, text: str) -> str:
    """A text that code made, by the message that it was made of; else as it is."""
    said = _found(language, text)
    if said != text or language == SOURCE or len(text) > LONGEST:
        return said
    about = OF_TARGETS.fullmatch(text)
    if about:
        return f"{about[1]}: {told(language, about[2])}"
    small = text[:1].lower() + text[1:]  # as in the middle of a sentence
    said = _found(language, small)
    return text if said == small else sentence(said)


def _found(language: str, text: str) -> str:
    exact = translations(language).gettext(text) if text else ""
    if exact != text or language == SOURCE or len(text) > LONGEST:
        return exact
    for pattern, said in _templates(language):
        found = pattern.fullmatch(text)
        if found:
            return said % {k: _part(language, k, v) for k, v in found.groupdict().items()}
    if COUNTED.search(text):
        return WORDS.sub(lambda part: translations(language).gettext(part[0]), text)
    return text


def _part(language: str, name: str, value: str) -> str:
    """A value in a message: one that is a message itself, a number, or as it is."""
    said = value
    if name in PARTS:
        said = "+".join(told(language, one) for one in value.split("+"))  # as ``text+audio``
    return local(language, said) if NUMBER.fullmatch(said) else said


@lru_cache(maxsize=16)
def _templates(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of messages with values, to their translations; those with most words first.

    Errors are made long before anybody knows who will read them, and where: in a command, a job or
    a page. So their messages are told from what they became.
    """
    found = []
    for message in catalog(language):
        if isinstance(message.id, str) and isinstance(message.string, str) and message.string:
            pieces = PLACEHOLDER.split(message.id.replace("%%", "%"))
            says = any(TELLING.search(piece) for piece in pieces[::2])
            if says and len(pieces) > 1 and len(set(pieces[1::2])) == len(pieces[1::2]):
                groups = (f"(?P<{name}>{LIKE.get(name, '.+?')})" for name in pieces[1::2])
                texts = [re.escape(piece) for piece in pieces[::2]]
                pattern = "".join(one for pair in zip_longest(texts, groups) for one in pair if one)
                found.append((len("".join(pieces[::2])), pattern, message.string))
    found.sort(key=lambda one: -one[0])
    return [(re.compile(pattern, re.DOTALL), said) for _, pattern, said in found]


def local(language: str, text: str | None) -> str:
    """Numbers that reports wrote, such as ``2.27 to 3.87`` or ``.80``, as the language does."""
    whole = text or "" if language == SOURCE else BARE.sub("0.", text or "")
    point, group = get_decimal_symbol(language), get_group_symbol(language)
    written = with_symbols(whole, point=point, group=group)
    low_to_high = re.fullmatch(r"(.*\S) to (\S.*)", written)
    if low_to_high is None:
        return written
    between = translations(language).gettext("%(low)s to %(high)s")
    return between % {"low": low_to_high[1], "high": low_to_high[2]}


def said_anew(language: str, found: Any) -> Any:
    """What ``messages.serialized`` gave, in the language; see ``tell``."""
    return translated(found, partial(tell, language), partial(local, language))


def tell(language: str, message: str, values: Mapping[str, Any]) -> Markup:
    """A message with its values; where it stays English, that is said to readers."""
    said = translations(language).gettext(message)
    if said == message and not values:
        return escape(marked(language, message % values))
    text = escape(said) % values
    stays = said == message and language != SOURCE and TELLING.search(PLACEHOLDER.sub("", message))
    return _english(text) if stays else text


def _english(text: str) -> Markup:
    return Markup('<span lang="{}">{}</span>').format(SOURCE, text)

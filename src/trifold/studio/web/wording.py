"""Templates, and what they say in each language."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from trifold.errors import TrifoldError
from trifold.studio.web.forms import ONCE_FIELD, TOKEN_FIELD
from trifold.templates import environment, fragment, sentence

HERE = Path(__file__).parent
MESSAGES = HERE / "messages"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
SOURCE = "en"  # that templates and code are written in


def mark(message: str) -> str:
    """A message as it is, which is to be translated where it is said."""
    return message


class Wording:
    """Renders templates in the languages of ``messages/``.

    Args:
        default: of who asks for none that there is.
    """

    def __init__(self, default: str = SOURCE) -> None:
        self.languages = (SOURCE, *sorted(path.stem for path in MESSAGES.glob("*.po")))
        self.default = default if default in self.languages else SOURCE

    def chosen(self, wishes: Iterable[str | None], accepted: str) -> str:
        """The first of an address and an account, else of a browser's header, that there is."""
        for wish in wishes:
            if wish in self.languages:
                return str(wish)
        asked = [part.split(";")[0].strip().replace("-", "_") for part in accepted.split(",")]
        found = negotiate_locale([one for one in asked if one], list(self.languages))
        return found or self.default

    def name_of(self, language: str) -> str:
        """A language in its own words."""
        return str(Locale.parse(language).display_name)

    def render(self, template: str, language: str, values: Mapping[str, Any]) -> str:
        """A template as text."""
        kept = Markup('<input type="hidden" name="{}" value="{}">')
        token = kept.format(TOKEN_FIELD, values["visit"].form_token)
        token += kept.format(ONCE_FIELD, secrets.token_urlsafe(9))
        own = {"token": lambda: token, "role": _roles(language).get}
        return _environment(language).get_template(template).render(**own, **values)

    def report(self, template: str, language: str, values: Mapping[str, Any]) -> str:
        """A template of reports as text; what has no translation is English."""
        return fragment(template, _reports(language), **values)

    def say(self, message: str, language: str, **values: object) -> str:
        """A message of the code in a language."""
        return _translations(language).gettext(message) % values

    def told(self, text: str, language: str) -> str:
        """A text that code made, by the message that it was made of; else as it is."""
        return _told(language, text)

    def error(self, error: TrifoldError, language: str) -> str:
        """An error in a language, as far as its messages are known."""
        parts = {name: self.told(getattr(error, name), language) for name in ("expected", "got")}
        said = self.say(EXPECTED, language, **parts)
        return said if error.where is None else f"{error.where}: {said}"


EXPECTED = mark("expected %(expected)s, got %(got)s")
WHERE = mark("%(where)s: expected %(expected)s, got %(got)s")  # as commands say an error
UNKNOWN = mark("%(what)s among %(known)s"), mark("%(got)s; did you mean %(near)s?")
PARTS = ("expected", "got", "what", "low", "high", "reach", "shown", "kind", "way")  # messages, too
LIKE = {"count": r"\d+", "kind": r"[a-z+]+"}  # values that are told from other text
NUMBER = re.compile(r"[+\N{MINUS SIGN}-]?\d*\.\d+( %)?")
OF_TARGETS = re.compile(r"('[^']+'(?:, '[^']+')*): (.+)", re.DOTALL)  # a sentence about some
LONGEST = 500  # characters of what may have been made of a message
COUNTED = re.compile(r"\d+/\d+")  # in a line about progress
TELLING = re.compile(r"[A-Za-z]{4}")  # a word by which a message is told; "of" is in any text
BARE = re.compile(r"(?<![\w.])\.(?=\d)")  # a decimal point with nothing in front
WORDS = re.compile(r"[a-z]+(?: [a-z]+)*")


@lru_cache(maxsize=16)
def _translations(language: str) -> NullTranslations:
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


@lru_cache(maxsize=16)
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(_translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        **_filters(language),
        "sentence": sentence,
        "moment": partial(format_datetime, format="short", locale=language),
        # lists hold the same days over and over
        "day": lru_cache(4096)(partial(format_date, format="medium", locale=language)),
    }
    made.globals["language"] = language
    return made


@lru_cache(maxsize=16)
def _reports(language: str) -> Environment:
    return environment(language, _translations(language), _filters(language))


def _filters(language: str) -> dict[str, Callable[..., str]]:
    """What templates of the studio and of reports write in a language."""
    return {
        "told": partial(_told, language),
        "marked": partial(_marked, language),
        "number": partial(_number, point=get_decimal_symbol(language)),
        "local": partial(local, language),
    }


def _marked(language: str, text: str) -> str:
    """A text that code made, in the language; where it stays English, that is said to readers."""
    said = _told(language, text)
    stays = said == text and language != SOURCE and TELLING.search(text)
    return Markup('<span lang="{}">{}</span>').format(SOURCE, said) if stays else said


@lru_cache(maxsize=4096)
def _told(language: str, text: str) -> str:
    said = _found(language, text)
    if said != text or language == SOURCE or len(text) > LONGEST:
        return said
    about = OF_TARGETS.fullmatch(text)
    if about:
        return f"{about[1]}: {_told(language, about[2])}"
    small = text[:1].lower() + text[1:]  # as in the middle of a sentence
    said = _found(language, small)
    return text if said == small else sentence(said)


def _found(language: str, text: str) -> str:
    exact = _translations(language).gettext(text) if text else ""
    if exact != text or language == SOURCE or len(text) > LONGEST:
        return exact
    for pattern, said in _templates(language):
        found = pattern.fullmatch(text)
        if found:
            return said % {k: _part(language, k, v) for k, v in found.groupdict().items()}
    if COUNTED.search(text):
        return WORDS.sub(lambda part: _translations(language).gettext(part[0]), text)
    return text


def _part(language: str, name: str, value: str) -> str:
    """A value in a message: one that is a message itself, a number, or as it is."""
    told = value
    if name in PARTS:
        told = "+".join(_told(language, one) for one in value.split("+"))  # as ``text+audio``
    return local(language, told) if NUMBER.fullmatch(told) else told


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


def _number(value: float, places: int = 1, *, point: str = ".") -> str:
    """As Babel's ``format_decimal`` without groups, which takes most of a long list's time."""
    return f"{value:.{places}f}".replace(".", point)


def local(language: str, text: str | None) -> str:
    """Numbers that reports wrote, such as ``2.27 to 3.87`` or ``.80``, as the language does."""
    point = get_decimal_symbol(language)
    whole = text or "" if language == SOURCE else BARE.sub("0.", text or "")
    written = re.sub(r"(?<=\d)\.(?=\d)", point, whole)
    low_to_high = re.fullmatch(r"(.*\S) to (\S.*)", written)
    if low_to_high is None:
        return written
    between = _translations(language).gettext("%(low)s to %(high)s")
    return between % {"low": low_to_high[1], "high": low_to_high[2]}


def _roles(language: str) -> dict[str, str]:
    """Roles in a language."""
    _ = _translations(language).gettext
    return {
        "rater": _("rater"),
        "recruiter": _("recruiter"),
        "psychologist": _("psychologist"),
        "administrator": _("administrator"),
    }

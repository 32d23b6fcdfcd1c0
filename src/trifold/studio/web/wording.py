"""Templates, and what they say in each language."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_datetime
from babel.numbers import get_decimal_symbol
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from trifold.decimals import decimal, general
from trifold.errors import TrifoldError
from trifold.studio.web.forms import ONCE_FIELD, TOKEN_FIELD
from trifold.studio.web.messages.telling import (
    MESSAGES,
    SOURCE,
    local,
    marked,
    said_anew,
    told,
    translations,
)
from trifold.templates import environment, fragment, sentence

HERE = Path(__file__).parent


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
        return translations(language).gettext(message) % values

    def told(self, text: str, language: str) -> str:
        """A text that code made, by the message that it was made of; else as it is."""
        return told(language, text)

    def said_anew(self, kept: Any, language: str) -> Any:
        """What ``messages.kept`` gave, in a language."""
        return said_anew(language, kept)

    def point(self, language: str) -> str:
        """What a language writes in front of decimals."""
        return get_decimal_symbol(language)

    def error(self, error: TrifoldError, language: str) -> str:
        """An error in a language, as far as its messages are known."""
        parts = {name: self.told(getattr(error, name), language) for name in ("expected", "got")}
        said = self.say(EXPECTED, language, **parts)
        return said if error.where is None else f"{error.where}: {said}"


EXPECTED = mark("expected %(expected)s, got %(got)s")
WHERE = mark("%(where)s: expected %(expected)s, got %(got)s")  # as commands say an error
UNKNOWN = mark("%(what)s among %(known)s"), mark("%(got)s; did you mean %(near)s?")


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
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
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
    return environment(language, translations(language), _filters(language))


def _filters(language: str) -> dict[str, Callable[..., str]]:
    """What templates of the studio and of reports write in a language."""
    point = get_decimal_symbol(language)
    return {
        "told": partial(told, language),
        "marked": partial(marked, language),
        # Babel's format_decimal takes most of a long list's time
        "number": lambda value, places=1: decimal(value, places).replace(".", point),
        "general": lambda value, digits=6: general(value, digits).replace(".", point),
        "local": partial(local, language),
    }


def _roles(language: str) -> dict[str, str]:
    """Roles in a language."""
    _ = translations(language).gettext
    return {
        "rater": _("rater"),
        "recruiter": _("recruiter"),
        "psychologist": _("psychologist"),
        "administrator": _("administrator"),
    }

"""English texts that keep their message and its values, so that pages can translate them later.

``say("%(n)s people", n=12)`` is the text ``12 people``; its message is looked up in the ``.po``
file of a language and filled in again. Values that are ``TranslatableText`` or ``FormattedNumber``
are translated too; other texts (names of targets, groups, files) stay as their authors wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trifold.decimals import FormattedNumber

Translate = Callable[[str, Mapping[str, Any]], str]  # message and translated values to text


class TranslatableText(str):
    """A text in English, with what it was made of.

    Attributes:
        message: with ``%(name)s`` for each value, and ``%%`` for a per cent sign.
        values: name to text, number or ``TranslatableText``.
        capital: it begins with a capital letter, whatever its message does.
    """

    __slots__ = ("capital", "message", "values")
    message: str
    values: Mapping[str, object]
    capital: bool


def say(message: str, /, **values: object) -> TranslatableText:
    """The text of a message; a literal, since the ``.po`` files are extracted from the code."""
    return _said(message, values)


def raw(text: str) -> TranslatableText:
    """A text made without ``say``, such as an error's; its message is searched when it is shown."""
    return text if isinstance(text, TranslatableText) else _said(text.replace("%", "%%"), {})


def sentence(text: str) -> TranslatableText:
    """The text with its first letter in upper case."""
    begun = raw(text)
    return _said(begun.message, begun.values, capital=True)


def joined(parts: Sequence[str], between: str) -> str:
    """Texts with ``between`` between them, as one message; empty for none."""
    if len(parts) < 2:
        return parts[0] if parts else ""
    values = {f"part{n}": part for n, part in enumerate(parts)}
    return _said(between.join(f"%({name})s" for name in values), values)


def serialized(value: Any) -> Any:
    """The value as JSON, with messages and values in place of texts; see ``translated``."""
    if isinstance(value, TranslatableText):
        values = {  # whole numbers get the symbols of the language as well
            name: FormattedNumber(one) if isinstance(one, int) else one
            for name, one in value.values.items()
        }
        return {"message": value.message, "values": serialized(values), "capital": value.capital}
    if isinstance(value, FormattedNumber):
        return {"number": str(value)}
    if isinstance(value, Mapping):
        return {str(name): serialized(one) for name, one in value.items()}
    return [serialized(one) for one in value] if isinstance(value, list | tuple) else value


def translated(stored: Any, translate: Translate, localize: Callable[[str], str]) -> Any:
    """What ``serialized`` gave, in a language.

    Args:
        stored: its content.
        translate: a message and its values, already translated, to text.
        localize: a number as in English to the symbols of the language.
    """
    if isinstance(stored, list):
        return [translated(one, translate, localize) for one in stored]
    if not isinstance(stored, Mapping):
        return stored
    if stored.keys() == {"number"}:
        return localize(stored["number"])
    if "message" not in stored:
        return {name: translated(one, translate, localize) for name, one in stored.items()}
    values = {name: translated(one, translate, localize) for name, one in stored["values"].items()}
    text = translate(stored["message"], values)
    return text[:1].upper() + text[1:] if stored["capital"] else text


def _said(message: str, values: Mapping[str, object], *, capital: bool = False) -> TranslatableText:
    text = message % values
    told = TranslatableText(text[:1].upper() + text[1:] if capital else text)
    told.message, told.values, told.capital = message, values, capital
    return told

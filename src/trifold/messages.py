"""Texts that keep what they were made of, so that a page can say them in another language.

``say("%(n)s people", n=12)`` is the text ``12 people``, which knows its message and its values.
Values that are texts of their own (names of targets, groups, files) belong to whoever wrote them;
those that are ``Said`` or ``Figure`` are said and written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trifold.decimals import Figure

Tell = Callable[[str, Mapping[str, Any]], str]


class Said(str):
    """A text in English.

    Attributes:
        message: with ``%(name)s`` for each value, and ``%%`` for a per cent sign.
        values: name to text, number or ``Said``.
        capital: it begins with a capital letter, whatever its message does.
    """

    __slots__ = ("capital", "message", "values")
    message: str
    values: Mapping[str, object]
    capital: bool


def say(message: str, /, **values: object) -> Said:
    """The text of a message, which is to be a literal: message files are made of these."""
    return _said(message, values)


def raw(text: str) -> Said:
    """A text that code made elsewhere, such as an error: whoever shows it looks for its message."""
    return text if isinstance(text, Said) else _said(text.replace("%", "%%"), {})


def sentence(text: str) -> Said:
    """A text with a capital letter in front."""
    begun = raw(text)
    return _said(begun.message, begun.values, capital=True)


def joined(parts: Sequence[str], between: str) -> str:
    """Texts one after the other; empty for none."""
    if len(parts) < 2:
        return parts[0] if parts else ""
    values = {f"part{n}": part for n, part in enumerate(parts)}
    return _said(between.join(f"%({name})s" for name in values), values)


def kept(value: Any) -> Any:
    """JSON-ready, with messages and values in the place of what is said; see ``retold``."""
    if isinstance(value, Said):
        values = {  # a whole number is written as people write it
            name: Figure(one) if isinstance(one, int) else one for name, one in value.values.items()
        }
        return {"message": value.message, "values": kept(values), "capital": value.capital}
    if isinstance(value, Figure):
        return {"number": str(value)}
    if isinstance(value, Mapping):
        return {str(name): kept(one) for name, one in value.items()}
    return [kept(one) for one in value] if isinstance(value, list | tuple) else value


def retold(found: Any, tell: Tell, write: Callable[[str], str]) -> Any:
    """What ``kept`` gave, said by others.

    Args:
        found: its content.
        tell: a message and its values, which are said already.
        write: a number, which is written as in English.
    """
    if isinstance(found, list):
        return [retold(one, tell, write) for one in found]
    if not isinstance(found, Mapping):
        return found
    if found.keys() == {"number"}:
        return write(found["number"])
    if "message" not in found:
        return {name: retold(one, tell, write) for name, one in found.items()}
    values = {name: retold(one, tell, write) for name, one in found["values"].items()}
    said = tell(found["message"], values)
    return said[:1].upper() + said[1:] if found["capital"] else said


def _said(message: str, values: Mapping[str, object], *, capital: bool = False) -> Said:
    text = message % values
    told = Said(text[:1].upper() + text[1:] if capital else text)
    told.message, told.values, told.capital = message, values, capital
    return told

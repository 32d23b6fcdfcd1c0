"""Settings from text: a JSON file, or the words of a command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from trifold.errors import InputError, unknown
from trifold.serve.settings import OPTIONAL, Settings


def read_settings(path: Path | None) -> Settings:
    """Settings from a JSON file; the defaults where there is none.

    Raises:
        InputError: when the file is not what ``Settings.write`` writes.
    """
    if path is None:
        return Settings()
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(expected="a JSON file of settings", got=str(error), where=path) from error
    if not isinstance(facts, dict):
        raise InputError(expected="a JSON object", got=type(facts).__name__, where=path)
    return settings_of({key: str(value) for key, value in facts.items()})


def settings_of(given: Mapping[str, str]) -> Settings:
    """Settings from text values, each turned into its field's kind.

    Raises:
        InputError: when a name is unknown, or a number is not one or is too small.
    """
    kinds = {field.name: type(field.default) for field in fields(Settings)}
    for name in sorted(set(given) - set(kinds)):
        raise unknown(name, kinds, what="settings")
    values = {name: _value(name, kinds[name], text) for name, text in given.items()}
    return replace(Settings(), **values)  # type: ignore[arg-type]


def is_on(name: str, text: str) -> bool:
    """A switch.

    Raises:
        InputError: when the text is neither ``true`` nor ``false``.
    """
    if text.lower() not in ("true", "false"):
        raise InputError(expected="true or false", got=repr(text), where=name)
    return text.lower() == "true"


def _value(name: str, kind: type, text: str) -> str | int | float:
    if kind is str:
        return text
    try:
        number = kind(text)
    except ValueError as error:
        raise InputError(expected=f"a number ({kind.__name__})", got=repr(text), where=name) from (
            error
        )
    lowest = 0 if name in OPTIONAL else 1
    if not lowest <= number < float("inf"):
        raise InputError(expected=f"at least {lowest}", got=text, where=name)
    return number

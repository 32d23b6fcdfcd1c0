"""Refuses values of settings that cannot be right, before anything loads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from trifold.cli.settings import Setting, setting_of
from trifold.errors import InputError, unknown
from trifold.plugins import require_python
from trifold.shipped import names_of, shipped


def check(values: Mapping[str, object], command: str) -> None:
    """Refuse the first setting that cannot be right.

    Args:
        values: dotted name to resolved value; ``???`` is one that must be given.
        command: such as ``score``.

    Raises:
        InputError: naming the setting, what it may be, and what came.
    """
    missing = [name for name, value in values.items() if value == "???"]
    if missing:
        settings = (setting_of(name, command) for name in missing)
        told = (f"{n}=… ({s.what})" if s else f"{n}=…" for n, s in zip(missing, settings))  # noqa: B905
        raise InputError(expected=" and ".join(told), got="nothing")
    for name, value in values.items():
        setting = setting_of(name, command)
        if setting is not None and not (value is None and setting.optional):
            _CHECKS[setting.kind](name, value, setting)


def _there(name: str, value: object, setting: Setting) -> None:
    if not str(value):
        raise InputError(expected=setting.what, got="no name", where=name)
    path = shipped(str(value), setting.shipped) if setting.shipped else Path(str(value))
    try:
        found = path.exists()
    except OSError as error:  # a name that is too long, a folder that cannot be looked into
        raise InputError(expected=setting.what, got=str(error.strerror), where=value) from error
    if not found and setting.shipped and path.name == path.stem == str(path):
        known = names_of(setting.shipped)
        raise unknown(value, known, what=f"{setting.what}, or one", where=name)
    if not found:
        raise InputError(expected=setting.what, got="nothing there", where=value)


def _output(name: str, value: object, setting: Setting) -> None:
    """The path, or the nearest folder above it that is there, takes files."""
    if not str(value):
        raise InputError(expected=setting.what, got="no name", where=name)
    path = Path(str(value))
    try:
        nearest = next(p for p in (path, *path.absolute().parents) if p.exists())
    except OSError as error:
        raise InputError(expected=setting.what, got=str(error.strerror), where=path) from error
    if nearest == path and path.is_file() and "folder" not in setting.what:
        nearest = path.absolute().parent
    if not nearest.is_dir():
        raise InputError(expected=setting.what, got=f"{nearest} is a file", where=path)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(expected=setting.what, got=f"no right to write to {nearest}", where=path)


def _text(name: str, value: object, setting: Setting) -> None:
    if not isinstance(value, str | int | float):
        raise InputError(expected=setting.what, got=repr(value), where=name)


def _flag(name: str, value: object, setting: Setting) -> None:
    if not isinstance(value, bool):
        raise InputError(expected=setting.what, got=repr(value), where=name)


def _number(name: str, value: object, setting: Setting) -> None:
    kinds = int if setting.kind == "whole" else (int, float)
    right = isinstance(value, kinds) and not isinstance(value, bool) and isfinite(value)
    within = right and (
        setting.low < value < setting.high  # type: ignore[operator]
        if setting.inside
        else setting.low <= value <= setting.high  # type: ignore[operator]
    )
    if not within:
        raise InputError(expected=setting.what, got=repr(value), where=name)


def _choice_of(name: str, value: object, setting: Setting) -> None:
    if value not in setting.choices:
        raise unknown(value, setting.choices, what=name)


def _list(name: str, value: object, setting: Setting) -> None:
    if not isinstance(value, list):
        raise InputError(expected=setting.what, got=repr(value), where=name)
    choices = setting.choices
    if name == "withhold":
        from trifold.features.quality import MEDIA_CODES

        choices = MEDIA_CODES
    for item in value:
        if name == "plugins":
            require_python(Path(str(item)))
        if choices and item not in choices:
            raise unknown(item, choices, what="codes" if name == "withhold" else name)
        if name == "seeds" and (not isinstance(item, int) or isinstance(item, bool)):
            raise InputError(expected=setting.what, got=repr(value), where=name)


_CHECKS = {
    "there": _there,
    "output": _output,
    "text": _text,
    "flag": _flag,
    "whole": _number,
    "number": _number,
    "choice": _choice_of,
    "list": _list,
}

"""Objects from plain specifications, as configs and bundles carry them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from src.errors import InputError

Spec = Mapping[str, Any]


def build(spec: Spec, *, below: str, **extra: object) -> Any:  # noqa: ANN401
    """Build ``{"_target_": "package.module.Class", **settings}``.

    Only what lies below the named package is built, so a bundle cannot name arbitrary code.

    Args:
        spec: target and settings.
        below: the allowed package, e.g. ``src.encoders``.
        extra: further keyword arguments.

    Raises:
        InputError: when the target is missing, lies elsewhere or does not take the settings.
    """
    made = resolve(spec, below=below)
    settings = {key: value for key, value in spec.items() if key != "_target_"}
    try:
        return made(**settings, **extra)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise _wrong(error, spec) from error


def resolve(spec: Spec, *, below: str) -> Any:  # noqa: ANN401
    """The class that a specification names.

    Raises:
        InputError: when the target is missing or lies elsewhere.
    """
    target = str(spec.get("_target_", ""))
    module_name, _, name = target.rpartition(".")
    if not target.startswith(f"{below}."):
        raise InputError(expected=f"a _target_ below {below}", got=repr(target))
    try:
        return getattr(import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise _wrong(error, spec) from error


def _wrong(error: Exception, spec: Spec) -> InputError:
    return InputError(
        expected="a class that exists and takes these settings",
        got=str(error),
        where=spec.get("_target_"),
    )

"""Objects from plain specifications, as configs and bundles carry them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from reprlib import repr as short
from typing import Any

from trifold.errors import InputError, TrifoldError
from trifold.former_names import present
from trifold.plugins import find, is_plugin

Spec = Mapping[str, Any]
PLUGINS = {"trifold.encoders": "encoder", "trifold.network": "network"}
Kind = type | tuple[type, ...]
_TARGET = re.compile(r"[A-Za-z]\w*(\.[A-Za-z_]\w*)+", re.ASCII)


def build(spec: Spec, *, below: str, kind: Kind = object, **extra: object) -> Any:
    """Build ``{"_target_": "package.module.Class", **settings}``.

    Args:
        spec: target and settings.
        below: the allowed package, e.g. ``trifold.encoders``.
        kind: what the class must be a subclass of.
        extra: further keyword arguments, which the settings may not name.

    Raises:
        InputError: when the target is missing, is no class of the package and kind, or does not
            take the settings; other errors of ours come through as they are.
    """
    made = resolve(spec, below=below, kind=kind)
    settings = {key: value for key, value in spec.items() if key != "_target_"}
    try:
        return made(**settings, **extra)
    except TrifoldError:
        raise
    except Exception as error:  # settings come from strangers, and a class may choke on any
        raise _wrong(error, spec) from error


def resolve(spec: Spec, *, below: str, kind: Kind = object) -> type:
    """The class that a specification names.

    A module also holds what it imports, such as functions that build anything, so a name counts
    only where it is written: it must be a class that this very module defines. Names of older
    bundles stand for what they are called today.

    Raises:
        InputError: when the target is missing, lies elsewhere or is no class of that kind.
    """
    target = spec.get("_target_", "") if isinstance(spec, Mapping) else spec
    if is_plugin(target) and below in PLUGINS:
        return _checked(find(target, PLUGINS[below]), kind, target)
    target = present(target) if isinstance(target, str) else target
    if not (isinstance(target, str) and target.startswith(f"{below}.")):
        raise InputError(expected=f"a _target_ below {below}", got=short(target))
    if not _TARGET.fullmatch(target):
        raise InputError(expected=f"a _target_ below {below} in plain names", got=short(target))
    module_name, _, name = target.rpartition(".")
    try:
        found = vars(import_module(module_name))[name]
    except (ImportError, KeyError) as error:
        raise _wrong(error, spec) from error
    if not _is_own(found, module_name, name):
        raise InputError(expected=f"a class that {module_name} defines", got=short(target))
    return _checked(found, kind, target)


def _checked(found: Any, kind: Kind, target: str) -> type:
    """The class, if it is one of the kind."""
    if not isinstance(found, type) or not issubclass(found, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        names = " or ".join(one.__name__ for one in kinds)
        raise InputError(expected=f"a class of kind {names}", got=short(target))
    return found


def _is_own(found: object, module_name: str, name: str) -> bool:
    """Whether it is a class that the module defines under this name, and no mere protocol."""
    return (
        isinstance(found, type)
        and (found.__module__, found.__qualname__) == (module_name, name)
        and not getattr(found, "_is_protocol", False)
    )


def _wrong(error: Exception, spec: Spec) -> InputError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return InputError(
        expected="a class that exists and takes these settings",
        got=reason,
        where=str(spec.get("_target_"))[:200],
    )

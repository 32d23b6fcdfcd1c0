"""Blocks and networks from nested specifications: every part is built by its own ``_target_``.

The types of a class's arguments say which of them are parts and of what kind: a module, a mapping
of modules by name, or a callable that makes modules. Sizes that parts must agree on are handed down
to those that have an argument of that name, and no specification of a part may set them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from inspect import signature
from reprlib import repr as short
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from torch import nn

from trifold.errors import InputError
from trifold.specs import Spec, build, resolve

BELOW = "trifold.network"
DATA = ("stream_dims", "stream_modality", "num_targets")  # what every network takes
Sizes = Mapping[str, object]


def assemble(spec: Spec, *, kind: type, sizes: Sizes) -> Any:
    """Build ``{"_target_": "trifold.network.….Class", "part": {"_target_": …}, **settings}``.

    Parts are built first, in the order of the class's arguments, so that random starts do not
    depend on the order of a file. A mapping of parts adds its length to the sizes of those that
    come later: ``experts`` tells ``num_experts``. A class may have ``handed_down``, sizes of its
    parts with what they are where the specification says nothing.

    Args:
        spec: target, parts and settings.
        kind: what the class must be a subclass of.
        sizes: by the name of the argument that takes them.

    Raises:
        InputError: see ``trifold.specs.build``; at every depth.
    """
    if not isinstance(spec, Mapping):
        raise InputError(expected="a specification with a _target_", got=short(spec))
    made = resolve(spec, below=BELOW, kind=kind)
    defaults: Sizes = getattr(made, "handed_down", {})
    known = {**sizes, **{name: spec.get(name, size) for name, size in defaults.items()}}
    settings = {name: value for name, value in spec.items() if name not in defaults}
    given: dict[str, object] = {}
    for name, hint in _arguments(made):
        if name in settings and _holds_parts(hint):
            given[name] = _filled(settings.pop(name), hint, known, name)
            if _is_mapping(hint):
                known[f"num_{name}"] = len(given[name] or ())  # type: ignore[arg-type]
        elif name in known:
            given[name] = known[name]
    return build(settings, below=BELOW, kind=kind, **given)


def _arguments(made: type) -> Iterator[tuple[str, Any]]:
    """Names and types of what a class takes, in order."""
    try:
        hints = get_type_hints(made.__init__)  # type: ignore[misc]
    except NameError:  # a plug-in may name types that only checkers import; it has no parts then
        hints = {}
    for name, parameter in signature(made).parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD:
            yield name, hints.get(name)
        elif made.__init__ is not nn.Module.__init__:  # type: ignore[misc]
            yield from ((data, None) for data in DATA)  # handed on to the class that it extends


def _filled(value: Any, hint: Any, sizes: Sizes, name: str) -> Any:
    """The part or parts that a value specifies, as the type of the argument asks for."""
    inner = _inner(hint)
    if value is None and get_origin(hint) is UnionType:
        return None
    if get_origin(hint) is UnionType:
        return _filled(value, inner, sizes, name)
    if not isinstance(value, Mapping):
        raise InputError(expected=f"a specification as {name}", got=short(value))
    if _is_mapping(hint):
        return {key: _filled(one, inner, sizes, f"{name}.{key}") for key, one in value.items()}
    if get_origin(hint) is Callable:
        resolve(value, below=BELOW, kind=inner)
        return partial(_made, value, inner, sizes)
    return assemble(value, kind=hint, sizes=sizes)


def _made(spec: Spec, kind: type, sizes: Sizes, **more: object) -> Any:
    """One of the many modules that a specification makes, of sizes of its own."""
    return assemble(spec, kind=kind, sizes={**sizes, **more})


def _holds_parts(hint: Any) -> bool:
    """Whether a type is of modules, or of what holds or makes them."""
    if isinstance(hint, type) and not get_args(hint):
        return issubclass(hint, nn.Module)
    inner = _inner(hint)
    return inner is not None and _holds_parts(inner)


def _inner(hint: Any) -> Any:
    """X of ``X | None``, ``Mapping[str, X]`` and ``Callable[…, X]``; None of all else."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        others = [one for one in arguments if one is not type(None)]
        return others[0] if len(others) == 1 else None
    return arguments[-1] if origin in (Mapping, Callable) else None


def _is_mapping(hint: Any) -> bool:
    """Whether a type is a mapping, or one that may be missing."""
    return Mapping in (get_origin(hint), get_origin(_inner(hint)))

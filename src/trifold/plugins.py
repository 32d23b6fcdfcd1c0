"""Encoders, corpus readers and networks of a user's own, without a fork.

A plug-in has a name, and specifications name it as ``_target_: plugin.NAME``. It comes from an
installed package with an entry point (groups ``trifold.encoders``, ``trifold.corpora``,
``trifold.networks``), or from a file of Python named by the setting ``plugins`` in which it stands
below ``@trifold.plugin(kind, name)``. A bundle may name plug-ins; it never brings any.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Literal, TypeVar

from trifold.errors import InputError, unknown

Kind = Literal["encoder", "corpus", "network"]
PREFIX = "plugin."
GROUPS: dict[str, str] = {
    "encoder": "trifold.encoders",
    "corpus": "trifold.corpora",
    "network": "trifold.networks",
}
VARIABLE = "TRIFOLD_PLUGINS"  # files, for worker processes too; separated as paths are
MODULE = "trifold_plugin_"
T = TypeVar("T", bound=Callable[..., Any])

_found: dict[tuple[str, str], Any] = {}


def plugin(kind: Kind, name: str) -> Callable[[T], T]:
    """Register a class (or for a corpus a function) under a name; to be used as a decorator.

    Args:
        kind: ``encoder``, ``corpus`` or ``network``.
        name: the one that specifications use, as ``plugin.NAME``.

    Raises:
        InputError: for another kind, or a name of other signs than letters, digits and ``_``.
    """
    if kind not in GROUPS:
        raise unknown(kind, GROUPS, what="kinds of plug-ins")
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
        raise InputError(expected="a plain name for a plug-in", got=repr(name))

    def registered(made: T) -> T:
        _found[kind, name] = made
        return made

    return registered


def announce(paths: Iterable[str]) -> None:
    """Let this process and those that it starts take plug-ins from files.

    Raises:
        InputError: when a file is not there, or is no Python.
    """
    files = [Path(path).absolute() for path in paths]
    for file in files:
        require_python(file)
    os.environ[VARIABLE] = os.pathsep.join(map(str, files))


def require_python(file: Path) -> None:
    """Refuse what cannot hold plug-ins.

    Raises:
        InputError: when the file is not there, or is no Python.
    """
    if file.suffix != ".py" or not file.is_file():
        got = "nothing there" if not file.exists() else "another kind of file"
        raise InputError(expected="a file of Python with plug-ins", got=got, where=file)


def is_plugin(target: object) -> bool:
    """Whether a ``_target_`` names a plug-in."""
    return isinstance(target, str) and target.startswith(PREFIX)


def find(target: str, kind: str) -> Any:
    """The class or function that ``plugin.NAME`` stands for.

    Raises:
        InputError: when no plug-in has this name, saying how it is had.
    """
    name = target.removeprefix(PREFIX)
    if (kind, name) not in _found:
        for path in _files():
            _load(path)
    if (kind, name) not in _found:
        for point in entry_points(group=GROUPS[kind]):
            if point.name == name:
                _found[kind, name] = point.load()
    if (kind, name) not in _found:
        installed = {point.name for point in entry_points(group=GROUPS[kind])}
        known = sorted({one for group, one in _found if group == kind} | installed)
        raise InputError(
            expected=f"the plug-in '{name}' ({kind}): install the package that has it, or name its "
            "file with plugins=[FILE.py]",
            got=f"plug-ins {', '.join(known)}" if known else "no plug-ins",
            where=target,
        )
    return _found[kind, name]


def _files() -> list[Path]:
    return [Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]


def _module_of(path: Path) -> str:
    """A module name of its own for every file, also for files of one name."""
    stem = re.sub(r"\W", "_", path.stem)
    return f"{MODULE}{stem}_{sha256(str(path).encode()).hexdigest()[:8]}"


def _load(path: Path) -> None:
    name = _module_of(path)
    if name in sys.modules:
        return
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(expected="a file of Python with plug-ins", got="another", where=path)
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if not isinstance(error, Exception):
            raise
        line = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(expected="a plug-in that loads", got=line, where=path) from error


class _Finder(MetaPathFinder):
    """Finds modules of plug-in files, so that worker processes can take over their objects."""

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """The module of a file that is announced; None for all others."""
        if not fullname.startswith(MODULE):
            return None
        for file in _files():
            if _module_of(file) == fullname:
                return spec_from_file_location(fullname, file)
        return None


sys.meta_path.append(_Finder())

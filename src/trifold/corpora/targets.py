"""Target schemas: which quantities are regressed, on which scale, rated by whom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from trifold.contracts import Target, TargetSchema
from trifold.errors import CorpusError
from trifold.shipped import SCHEMAS, shipped

SOURCES = ("observer", "self_report", "synthetic")
FIELDS = {"name", "low", "high", "source", "polarity"}


def read_schema(path: str | Path) -> TargetSchema:
    """Read a YAML file with ``name`` and a list of ``targets``.

    Args:
        path: of the file, or the name of a schema that comes with Trifold, such as ``big_five``.

    Raises:
        CorpusError: when it cannot be read or is no schema.
    """
    path = shipped(path, SCHEMAS)
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise CorpusError(expected="a target schema in YAML", got=reason, where=path) from error
    if not isinstance(content, Mapping):
        raise CorpusError(expected="'name' and 'targets'", got=type(content).__name__, where=path)
    return make_schema(content, where=path)


def make_schema(content: Mapping[str, Any], *, where: object = None) -> TargetSchema:
    """Check and build a schema.

    Raises:
        CorpusError: for a missing or unknown field, repeated names, an empty scale, an unknown
            source, or observer ratings and self-reports of one name.
    """
    targets = tuple(_target(entry, where) for entry in content.get("targets") or [])
    names = [target.name for target in targets]
    if not targets:
        raise CorpusError(expected="at least one target", got="none", where=where)
    if len(set(names)) != len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise CorpusError(expected="each target once", got=f"'{repeated}' twice", where=where)
    return TargetSchema(str(content.get("name", "unnamed")), targets)


def _target(entry: Any, where: object) -> Target:
    if not isinstance(entry, Mapping) or not {"name", "low", "high"} <= set(entry):
        raise CorpusError(expected="targets with name, low and high", got=repr(entry), where=where)
    unknown = sorted(set(entry) - FIELDS)
    if unknown:
        fields = ", ".join(sorted(FIELDS))
        raise CorpusError(expected=f"fields among {fields}", got=repr(unknown[0]), where=where)
    if not isinstance(entry["low"], int | float) or not isinstance(entry["high"], int | float):
        raise CorpusError(
            expected=f"numbers as the scale of '{entry['name']}'",
            got=f"{entry['low']!r} to {entry['high']!r}",
            where=where,
        )
    target = Target(**{str(key): value for key, value in entry.items()})
    if not target.low < target.high:
        scale = f"{target.low} to {target.high}"
        raise CorpusError(expected=f"low below high for '{target.name}'", got=scale, where=where)
    if target.source not in SOURCES or target.polarity not in (1, -1):
        raise CorpusError(
            expected=f"source among {', '.join(SOURCES)} and polarity 1 or -1",
            got=f"{target.source!r} and {target.polarity!r}",
            where=where,
        )
    return target
